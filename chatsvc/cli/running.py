"""The commands that run something: the demo, a node, a worker."""

from collections.abc import Callable
from pathlib import Path

import click

from chatsvc.cli.context import Context, pass_settings
from chatsvc.cli.trouble import Failed, Refused


@click.command()
@click.option(
    "--port", type=click.IntRange(0, 65_535), default=8080, show_default=True, help="Port of the pages."
)
@click.option(
    "--metrics-port", type=click.IntRange(0, 65_534), default=9464, show_default=True,
    help="Port of the node's metrics; the worker takes the next one.",
)  # fmt: skip
@click.option(
    "--data-dir", type=click.Path(path_type=Path, file_okay=False), default=Path("demo-data"),
    show_default=True, help="Where everything is kept; delete it to begin anew.",
)  # fmt: skip
@click.option(
    "--visitors", type=click.IntRange(0, 200), default=0, show_default=True,
    help="Simulated visitors who come, wait, write and leave, so that you can try the console alone.",
)  # fmt: skip
@click.option("--stop-with", type=int, hidden=True, help="End when this parent process is gone.")
def demo(port: int, metrics_port: int, data_dir: Path, visitors: int, stop_with: int | None) -> None:
    """Try everything on this machine.

    Starts a store, a node and a worker, with a made-up municipality in Finnish, Swedish and English, an
    example page with the chat on it, and four logins that everybody knows. Listens on this machine only, and
    takes no settings. Ctrl-C ends it; what was said is there at the next start.
    """
    if port and port in (metrics_port, metrics_port + 1):
        raise Refused(
            f"Port {port} can't serve both the pages and the metrics, which take {metrics_port} and "
            f"{metrics_port + 1}; choose other ports with --port or --metrics-port (make: PORT= or METRICS_PORT=)."
        )
    from chatsvc.demo import DemoOptions, run_demo

    options = DemoOptions(port, metrics_port, data_dir, visitors, stop_with)
    _run(lambda: run_demo(options))


@click.command()
@click.option("--with-worker", is_flag=True, help="Do the worker's jobs too; enough for a small site.")
@pass_settings
def serve(context: Context, with_worker: bool) -> None:
    """Run a node: everything that browsers connect to.

    One process uses one core; run several on an external store (redis_url), each with a port of its own,
    behind a proxy. With the bundled store there is one node, and it needs --with-worker. SIGTERM ends it
    gently: browsers come back to another node, or to this one when it is up again.
    """
    settings = context.settings()
    if settings.embedded and not with_worker:
        raise Refused(
            "The bundled store belongs to one process, so nobody else could do the worker's jobs. "
            "Add --with-worker, or set redis_url (CHATSVC_REDIS_URL) and run `chatsvc worker` beside it."
        )
    from chatsvc.running import run_serve

    _run(lambda: run_serve(settings, with_worker=with_worker, reread=context.settings))


@click.command(short_help="Run a worker: time limits and absences.")
@pass_settings
def worker(context: Context) -> None:
    """Run a worker: time limits, absent people, ended conversations.

    Any number may run; what one leaves undone another does. Needs an external store (redis_url).
    """
    settings = context.settings()
    if settings.embedded:
        raise Refused(
            "A worker of its own needs an external store: set redis_url (CHATSVC_REDIS_URL). "
            "With the bundled store, run `chatsvc serve --with-worker`."
        )
    from chatsvc.running import run_worker

    _run(lambda: run_worker(settings, reread=context.settings))


def _run(work: Callable[[], None]) -> None:
    from chatsvc.running import CanNotStart

    try:
        work()
    except CanNotStart as error:
        raise Failed(str(error)) from None
