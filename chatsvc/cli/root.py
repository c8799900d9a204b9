"""`chatsvc` itself: the options of all commands, and the way from an error to a sentence."""

import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import click

from chatsvc.cli.apply import apply_command
from chatsvc.cli.audit import audit
from chatsvc.cli.context import Context
from chatsvc.cli.doctor import doctor
from chatsvc.cli.hold import hold
from chatsvc.cli.people import counsellor
from chatsvc.cli.plan import plan
from chatsvc.cli.retention import retention
from chatsvc.cli.running import demo, serve, worker
from chatsvc.cli.settings import settings_command
from chatsvc.cli.site import site
from chatsvc.cli.staffing import staffing
from chatsvc.cli.tokens import token
from chatsvc.cli.trouble import place_of, sentence_for
from chatsvc.cli.vault import vault
from chatsvc.core_dumps import forbid_core_dumps

HELP = """Anonymous chat with counsellors: the server, and everything an operator does.

    \b
    chatsvc demo                     try it on this machine, with made-up people
    chatsvc serve --with-worker      run it; settings come from --config and CHATSVC_... variables
    chatsvc apply site.toml          declare a site, its queues, and where it may be embedded
    chatsvc counsellor add anna ...  make an account; the first administrator too
    chatsvc doctor                   see whether everything is in order

`chatsvc settings` lists every setting. Exit codes: 0 all right, 1 it failed, 2 wrong usage or settings.
"""


class _InOrder(click.Group):
    """Lists its commands in the order in which an operator meets them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the commands."""
        del ctx
        return list(self.commands)


def _version() -> str:
    try:
        return version("chatsvc")
    except PackageNotFoundError:
        return "from a source tree"


@click.group(
    cls=_InOrder,
    help=HELP,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.option(
    "--config", type=click.Path(path_type=Path), metavar="FILE",
    help="A TOML file with settings (or set CHATSVC_CONFIG); CHATSVC_... variables win over it.",
)  # fmt: skip
@click.version_option(_version(), prog_name="chatsvc")
@click.pass_context
def root(click_context: click.Context, config: Path | None) -> None:
    click_context.obj = Context(config)


for _command in (
    demo,
    serve,
    worker,
    apply_command,
    plan,
    retention,
    hold,
    counsellor,
    token,
    settings_command,
    doctor,
    vault,
    site,
    staffing,
    audit,
):
    root.add_command(_command)


def main() -> None:
    """The program: runs the command that was given and ends the process; no error shows a traceback."""
    forbid_core_dumps()
    try:
        code = root.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        code = 130
    except BrokenPipeError:
        code = 1
    except Exception as error:  # noqa: BLE001 - this is where every error becomes a sentence
        known = sentence_for(error)
        text, code = known or (f"Something unexpected went wrong: {place_of(error)}. Please report it.", 1)
        click.echo(text, err=True)
    sys.exit(code if isinstance(code, int) else 0)
