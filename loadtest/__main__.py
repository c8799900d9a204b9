"""`make bench`: what a message and an idle connection cost, beside a bare echo and python-socketio."""

import json
import resource
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import click
from rich.console import Console

from loadtest.idle import idle_bytes
from loadtest.processes import RunFailed
from loadtest.report import Findings, show
from loadtest.rounds import Round, one_round
from loadtest.systems import Chatsvc, start_chatsvc, start_echo, start_socketio


@click.command(help=__doc__)
@click.option("--rounds", type=click.IntRange(0, 100), default=5, show_default=True, help="0: only idle.")
@click.option("--seconds", type=float, default=4.0, show_default=True, help="Each system in each round.")
@click.option("--most", default=200_000, show_default=True, help="Messages of a system in a round at most.")
@click.option("--pairs", type=click.IntRange(1, 64), default=8, show_default=True, help="Conversations.")
@click.option(
    "--window", type=click.IntRange(1, 64), default=16, show_default=True, help="Unanswered, each person."
)
@click.option(
    "--socketio/--no-socketio", default=True, show_default=True, help="Measure python-socketio too."
)
@click.option("--watching", default=10_000, show_default=True, help="Idle visitors who watch; 0: none.")
@click.option("--waiting", default=2_000, show_default=True, help="Idle visitors who wait; 0: none.")
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), default=Path("artifacts/bench.json"),
    show_default=True, help="Where the figures go, as JSON.",
)  # fmt: skip
def main(
    rounds: int, seconds: float, most: int, pairs: int, window: int, socketio: bool, watching: int, waiting: int,
    output: Path,
) -> None:  # fmt: skip
    """Measure, report, and end with 1 if a budget is not kept, with 2 if the run failed."""
    console = Console()
    allow_open_files()
    sizes = {"rounds": rounds, "seconds": seconds, "pairs": pairs, "window": window}
    try:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chatsvc-bench-")))
            measured, service = _talk(stack, folder, console, rounds, seconds, most, pairs, window, socketio)
            idle = _idle(service or Chatsvc(stack, folder), console, {"watch": watching, "hello": waiting})
    except RunFailed as error:
        console.print(f"The run failed. {error}", style="bold red", markup=False)
        sys.exit(2)
    findings = Findings(tuple(measured), idle, sizes | {"watching": watching, "waiting": waiting})
    show(findings, console)
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(findings.as_json(), indent=1) + "\n", encoding="utf-8")
    sys.exit(1 if findings.excesses() else 0)


def _talk(
    stack: ExitStack, folder: Path, console: Console, rounds: int, seconds: float, most: int, pairs: int,
    window: int, with_socketio: bool,
) -> tuple[list[Round], Chatsvc | None]:  # fmt: skip
    """The rounds at full speed; the systems are stopped afterwards, all but the store that idle nodes need."""
    if not rounds:
        return [], None
    console.print(f"Starting the systems: {pairs} pairs, {window} messages of each person on their way …")
    echo = start_echo(stack, folder, pairs, window)
    chatsvc, service = start_chatsvc(stack, folder, pairs, window)
    socketio = start_socketio(stack, folder, pairs, window) if with_socketio else None
    one_round(echo, chatsvc, socketio, min(seconds, 1.0), most)  # warms up, not counted
    measured = []
    for index in range(rounds):
        measured.append(one_round(echo, chatsvc, socketio, seconds, most))
        console.print(f"Round {index + 1}: a message costs {measured[-1].against_yardstick:.2f} bare echoes.")
    for system in (echo, chatsvc, socketio):
        for child in (system.generator, *system.servers) if system else ():
            if child is not service.store:
                child.stop()
    return measured, service


def _idle(service: Chatsvc, console: Console, counts: dict[str, int]) -> dict[str, float]:
    found = {}
    for says, count in counts.items():
        if count:
            console.print(f"Opening {count} idle connections (`{says}`) …")
            found[says] = idle_bytes(service, says, count) / 1024
            console.print(f"Each takes {found[says]:.1f} KiB.")
    return found


def allow_open_files() -> None:
    """Raise the soft limit of open files to the hard one, for us and what we start."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


if __name__ == "__main__":
    main()
