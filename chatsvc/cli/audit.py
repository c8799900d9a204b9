"""`chatsvc audit …`: the audit log, read and verified."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click

from chatsvc.cli.audit_over import held_of
from chatsvc.cli.auditing import checkpoints_of
from chatsvc.cli.context import Context, pass_settings, with_directory
from chatsvc.cli.trouble import Failed, Refused
from chatsvc.domain.audit import Cut, Entry
from chatsvc.domain.audit_verification import Fault, Verification
from chatsvc.domain.declaration_text import did_you_mean
from chatsvc.domain.errors import BadField
from chatsvc.domain.transcripts import written_reason
from chatsvc.services.audit import SERVICE
from chatsvc.services.audit_check import check
from chatsvc.services.audit_cuts import AuditCuts, Over
from chatsvc.store.audit import AuditStore
from chatsvc.store.checkpoints import read_statements
from chatsvc.store.directory import Directory, wall_clock_ms
from chatsvc.store.link import Link


@click.group(short_help="The audit log: list it, verify it.")
def audit() -> None:
    """Who did what to which record. Each site has a log of its own; what concerns none is in that of the service."""


@audit.command("list")
@click.option("--site", default=SERVICE, help="Whose log; without it, that of the service.")
@click.option("--after", type=click.IntRange(0), default=0, help="Only entries behind this number.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@pass_settings
def list_entries(context: Context, site: str, after: int, as_json: bool) -> None:
    """List the entries of a log, oldest first."""

    async def read(directory: Directory, link: Link) -> list[Entry]:
        await _known(directory, site)
        return await AuditStore(link).entries(site, after)

    entries = with_directory(context.settings(), read)
    if as_json:
        rows = [{"seq": one.seq, **asdict(one.deed), "digest": one.digest} for one in entries]
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for one in entries:
        deed = one.deed
        details = " ".join(f"{name}={value}" for name, value in sorted(deed.details.items()))
        click.echo(
            f"{one.seq}  {_time(deed.at)}  {deed.actor} ({deed.role})  {deed.action}  {deed.record}  {details}".rstrip()
        )
    if not entries:
        click.echo("There are no entries.")


@audit.command("verify")
@click.option("--site", help="Only this site's log; without it, all of them and that of the service.")
@click.option(
    "--checkpoints", "folders", multiple=True, type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="DIR", help="A folder of checkpoints of another machine, or a copy; may be repeated.",
)  # fmt: skip
@pass_settings
def verify_command(context: Context, site: str | None, folders: tuple[Path, ...]) -> None:
    """Find any entry that was edited, removed, moved or cut off. Ends with 1 if there is one."""
    settings = context.settings()
    places = (settings.checkpoint_dir, *folders)
    genuine = checkpoints_of(settings).genuine

    async def work(directory: Directory, link: Link) -> list[tuple[Verification, list[Fault]]]:
        snapshot = await directory.load()
        if site is not None:
            await _known(directory, site)
        log, now = AuditStore(link), wall_clock_ms()
        names = [site] if site else [*sorted(snapshot.sites), SERVICE]
        return [
            await check(log, name, partial(read_statements, places, name), genuine, now) for name in names
        ]

    wrong = False
    for found, faults in with_directory(settings, work):
        click.echo(f"{found.site}: {found.number} entries, {_covered(found)}, {len(faults)} faults")
        if found.cut is not None:
            click.echo(f"  {_cut(found.cut)}")
        for fault in faults:
            click.echo(f"  entry {fault.seq}: {fault.what}")
        wrong = wrong or bool(faults)
    if wrong:
        raise Failed(
            "The audit log is not as it was written. Keep the store and the checkpoints as they are, and find out why."
        )


@audit.command("cut")
@click.option("--site", default=SERVICE, help="Whose log; without it, that of the service.")
@click.option("--reason", required=True, help="Why, in 10 to 500 characters; it stands in the log.")
@pass_settings
def cut_command(context: Context, site: str, reason: str) -> None:
    """Remove entries whose time is over although something is wrong with them, which the worker leaves alone.

    For a log that was damaged, when somebody has found out how. What is removed, how many faults it had and why stand
    in the log from then on; keep a copy of the store and of the checkpoints if it may have been done on purpose.
    """
    settings, now = context.settings(), wall_clock_ms()
    try:
        why = written_reason(reason)
    except BadField as error:
        raise Refused(str(error)) from None

    async def work(directory: Directory, link: Link) -> Over:
        snapshot = await directory.load()
        await _known(directory, site)
        declared = snapshot.site(site)
        months = declared.audit_months if declared else settings.audit_months
        cuts = AuditCuts(AuditStore(link), checkpoints_of(settings))
        return await cuts.cut(site, months, now, await held_of(link, snapshot.pools), why)

    found = with_directory(settings, work)
    if not found.number:
        click.echo("Nothing is over; nothing was removed.")
        return
    click.echo(
        f"{found.number} entries up to entry {found.last.seq} were removed, with {found.faults} faults."
    )


def _covered(found: Verification) -> str:
    if found.covered:
        return f"checkpoints up to entry {found.covered}"
    return "no checkpoints, so only breaks in the chain would show"


def _cut(cut: Cut) -> str:
    return (
        f"entries up to {cut.seq} were removed on {_time(cut.at)} by the rule that keeps {cut.months} months; "
        f"the last of them was {cut.digest}"
    )


async def _known(directory: Directory, site: str) -> None:
    sites = (await directory.load()).sites
    if site != SERVICE and site not in sites:
        raise Refused(f"There is no site {site}.{did_you_mean(site, sites)}")


def _time(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="seconds")
