"""`chatsvc hold …`: legal holds, each step by somebody who proves who they are."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import click

from chatsvc.cli.auditing import record
from chatsvc.cli.context import Context, pass_settings, with_directory
from chatsvc.cli.trouble import Refused
from chatsvc.domain import holds
from chatsvc.domain.errors import NotFound
from chatsvc.domain.retained import Held, Look
from chatsvc.domain.retention import TEXTS
from chatsvc.domain.sites import SiteId
from chatsvc.services.holds import Change, change_hold, find
from chatsvc.store.directory import Directory, wall_clock_ms
from chatsvc.store.link import Link
from chatsvc.store.retention import PoolRetention
from chatsvc.web.auth import verify_password

_FINLAND = ZoneInfo("Europe/Helsinki")


class Wanted(NamedTuple):
    """One step: on which conversation, who takes it, and the word for the audit log."""

    conversation: str
    who: str
    action: str


@click.group(short_help="Legal holds, by two people each.")
def hold() -> None:
    """Keep a conversation from being erased while a law or an authority requires it (deploy/retention.md).

    One person asks, with a written reason; it holds once another has confirmed. The release likewise. Both are
    supervisors or administrators of the site, and give their own password.
    """


def _step(command: Callable[..., None]) -> Callable[..., None]:
    """What all steps take: the conversation, who it is, and their password."""
    file = click.option(
        "--password-file", type=click.Path(path_type=Path, allow_dash=True), metavar="FILE",
        help="Read the password from this file; - is standard input. Without it you are asked.",
    )  # fmt: skip
    who = click.option("--by", "who", required=True, metavar="NAME", help="The account of whoever does this.")
    return click.argument("conversation")(who(file(pass_settings(command))))


_reason = click.option(
    "--reason", required=True, help="Why, in 10 to 500 characters; it is kept in the clear."
)


@hold.command("ask")
@_step
@_reason
def ask_command(
    context: Context, conversation: str, who: str, password_file: Path | None, reason: str
) -> None:
    """Ask for a hold on CONVERSATION. Nothing is held until somebody else confirms it."""
    wanted, now = Wanted(conversation, who, "hold ask"), wall_clock_ms()
    _take(context, wanted, password_file, lambda before: holds.ask(before, who, reason, now))
    click.echo("Asked. Somebody else confirms it: chatsvc hold confirm. Until then nothing is held.")


@hold.command("confirm")
@_step
def confirm_command(context: Context, conversation: str, who: str, password_file: Path | None) -> None:
    """Confirm what somebody else has asked for CONVERSATION: the hold, or its release."""
    wanted, now = Wanted(conversation, who, "hold confirm"), wall_clock_ms()
    after, look = _take(context, wanted, password_file, lambda before: holds.confirm(before, who, now))
    if after is None:
        click.echo("Released. What is overdue is erased within seconds.")
        return
    there = [kind for kind in TEXTS if kind not in look.kept.gone]
    click.echo(f"Held. Still there: {', '.join((*there, 'record'))}.")


@hold.command("release")
@_step
@_reason
def release_command(
    context: Context, conversation: str, who: str, password_file: Path | None, reason: str
) -> None:
    """Ask for the release of CONVERSATION, or withdraw a hold that nobody has confirmed."""
    wanted, now = Wanted(conversation, who, "hold release"), wall_clock_ms()
    after, _ = _take(
        context, wanted, password_file, lambda before: holds.ask_release(before, who, reason, now)
    )
    told = "Withdrawn; it had not been confirmed."
    click.echo(told if after is None else "Asked. Somebody else confirms it: chatsvc hold confirm.")


@hold.command("list")
@pass_settings
def list_command(context: Context) -> None:
    """List every hold: by whom, since when and why."""

    async def work(directory: Directory, link: Link) -> dict[str, Held]:
        pools = sorted((await directory.load()).pools)
        return {
            ident: held for pool in pools for ident, held in (await PoolRetention(link, pool).holds()).items()
        }

    found = with_directory(context.settings(), work)
    for conversation, held in sorted(found.items(), key=lambda item: item[1].asked_at):
        click.echo(f"{conversation}  {_standing(held)}: {held.reason}")
    if not found:
        click.echo("Nothing is held.")


def _take(
    context: Context, wanted: Wanted, password_file: Path | None, change: Change
) -> tuple[Held | None, Look]:
    """Take one step as somebody who proves who they are. Raises Refused with the reason against it."""
    settings, password = context.settings(), _password(wanted.who, password_file)

    async def work(directory: Directory, link: Link) -> tuple[Held | None, Look]:
        snapshot = await directory.load()
        staff = snapshot.staff(wanted.who)
        if not await verify_password(staff.password_hash if staff else None, password) or staff is None:
            raise Refused("The name or the password is wrong.")
        stores = [PoolRetention(link, pool) for pool in sorted(snapshot.pools)]
        try:
            store, look = await find(stores, wanted.conversation)
            assert look.record is not None
            site = SiteId(look.record.site)
            if not holds.may_hold(staff, site, look.record.queue):
                raise Refused(f"Holds of {look.record.queue} are for its supervisors and administrators.")
            after = await change_hold(store, look, change, wall_clock_ms())
        except (NotFound, holds.HoldRefused) as refused:
            raise Refused(str(refused)) from None
        await record(settings, link, [site], wanted.action, wanted.conversation, by=staff.id)
        return after, (await store.look([wanted.conversation]))[0]

    return with_directory(settings, work)


def _password(name: str, file: Path | None) -> str:
    if file is not None and str(file) != "-":
        return file.read_text(encoding="utf-8").rstrip("\r\n")
    if file is not None or not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    return str(click.prompt(f"Password of {name}", hide_input=True))


def _standing(held: Held) -> str:
    asked = f"asked by {held.asked_by} {_local(held.asked_at)}"
    if not held.holds or held.confirmed_at is None:
        return f"not confirmed, {asked}"
    found = f"held, {asked}, confirmed by {held.confirmed_by} {_local(held.confirmed_at)}"
    return f"{found}, release asked by {held.release_asked_by}" if held.release_asked_by else found


def _local(at: int) -> str:
    return f"{datetime.fromtimestamp(at / 1000, UTC).astimezone(_FINLAND):%Y-%m-%d %H:%M}"
