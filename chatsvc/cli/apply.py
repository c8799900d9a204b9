"""`chatsvc apply`: makes the directory say what a file declares."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click

from chatsvc.cli.apply_plan import plan_steps, refuse_to_strand_shifts
from chatsvc.cli.apply_pools import plan_relocation, refuse_while_present
from chatsvc.cli.auditing import record
from chatsvc.cli.context import Context, pass_settings, with_directory
from chatsvc.cli.trouble import Failed, Refused
from chatsvc.domain.declaration import parse_declaration
from chatsvc.domain.declaration_changes import Change, changes
from chatsvc.domain.declaration_plan import DeclaredPlan, parse_plans
from chatsvc.domain.declaration_retention import (
    DeclaredRetention,
    ExistingNotSaid,
    parse_retention,
    with_retention,
)
from chatsvc.domain.plan import Edit, Plan
from chatsvc.domain.sites import Queue, Site, SiteId
from chatsvc.store.chats import PoolChats
from chatsvc.store.clock import StoreClock
from chatsvc.store.directory import Directory, wall_clock_ms
from chatsvc.store.directory_snapshot import DirectorySnapshot
from chatsvc.store.link import Link
from chatsvc.store.plans import PlanStore

MOST_TRIES = 10  # while others go on changing something


@click.command("apply", short_help="Declare sites and their queues as a file says.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--dry-run", is_flag=True, help="Only print what would change.")
@click.option("--prune", is_flag=True, help="Remove queues of these sites that the file does not name.")
@pass_settings
def apply_command(context: Context, file: Path, dry_run: bool, prune: bool) -> None:
    """Declare sites and their queues as FILE says (see deploy/example-site.toml).

    Prints what changed; a second time nothing does. A file with an error is refused whole, with every problem
    named. Sites that the file does not name stay as they are. A running service knows at once.
    """
    settings = context.settings()
    text = _text(file)
    wanted = Wanted(
        str(file), parse_declaration(text, str(file)), parse_plans(text, str(file)),
        parse_retention(text, str(file)), prune=prune,
    )  # fmt: skip

    async def work(directory: Directory, link: Link) -> list[Change]:
        found = await apply_wanted(directory, link, wanted, dry_run=dry_run)
        for site in wanted.sites if not dry_run else ():
            real = [one for one in found if one.place.partition("/")[0] == site.id and one.kind != "note"]
            if real:
                fields = ", ".join(sorted({one.field or one.kind for one in real}))
                await record(settings, link, [site.id], "apply", site.id, changes=len(real), fields=fields)
        return found

    found = with_directory(settings, work)
    for change in found:
        click.echo(str(change))
    if not found:
        click.echo("Nothing changed.")
    elif dry_run:
        click.echo("This was a dry run: nothing is changed yet.")
    for site in without_retention(wanted, found):
        click.echo(
            f"Note: {site} has no retention rules, so everything goes when a wrap-up ends (deploy/retention.md).",
            err=True,
        )


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a file declares; with `prune`, queues that it does not name go."""

    file: str
    sites: Sequence[Site]
    plans: Sequence[DeclaredPlan]
    retention: Sequence[DeclaredRetention] = ()
    prune: bool = False


async def apply_wanted(
    directory: Directory, link: Link, wanted: Wanted, *, dry_run: bool = False
) -> list[Change]:
    """Write sites, people and plans whole, or nothing; returns what changed.

    Whatever somebody changes between the look and the writing, all is looked at again. Raises `Refused`, and `Failed`
    after ten times.
    """
    for _ in range(MOST_TRIES):
        before, plan = await directory.load(), await PlanStore(link).load()
        declared = with_rules(before, wanted)
        relocation = plan_relocation(before, with_known_hours(before, declared))
        sites = relocation.sites
        refuse_what_does_not_fit(before, sites, prune=wanted.prune)
        await refuse_while_present(link, before, relocation)
        await refuse_to_strand_people(link, before, sites)
        steps = plan_steps(wanted.file, before, plan, sites, wanted.plans)
        edits = [(step.site, step.edits) for step in steps]
        refuse_to_strand_shifts(before, planned_after(plan, edits), sites, wall_clock_ms())
        versions = before.version, plan.version
        if not dry_run:
            if await directory.put_together(sites, relocation.people, edits, versions) is None:
                continue
            await write_pool_queues(link, directory, sites)
        found = [change for site in sites for change in changes(before.site(site.id), site)]
        return [*found, *relocation.changes(before), *(change for step in steps for change in step.changes)]
    raise Failed("Others have changed the sites or the plan each time, so nothing is written; apply again.")


def with_rules(before: DirectorySnapshot, wanted: Wanted) -> tuple[Site, ...]:
    """The sites with all versions of their retention rules. Raises `Refused` if a change leaves out what it is for."""
    said = {declared.site: declared for declared in wanted.retention}
    found, reasons = [], []
    for site in wanted.sites:
        try:
            found.append(with_retention(before.site(site.id), site, said.get(site.id), wall_clock_ms()))
        except ExistingNotSaid:
            reasons.append(
                f"The retention rules of {site.id} differ from those in force. Say in [site.{site.id}] whether they "
                "are also for conversations that have ended already: retention_existing = true (some may go "
                "sooner; nothing stays longer than promised, but for a legal minimum) or false."
            )
    if reasons:
        raise Refused("\n".join(reasons))
    return tuple(found)


def without_retention(wanted: Wanted, found: Iterable[Change]) -> list[str]:
    """New sites for which the file has no rules."""
    ruled = {declared.site for declared in wanted.retention if declared.rules}
    new = {change.place for change in found if change.kind == "new"}
    return [site.id for site in wanted.sites if site.id in new - ruled]


def planned_after(plan: Plan, edits: Iterable[tuple[SiteId, Sequence[Edit]]]) -> Plan:
    """The plan with each site's edits made."""
    for site, some in edits:
        plan = plan.edited(site, some)
    return plan


async def write_pool_queues(link: Link, directory: Directory, sites: Iterable[Site]) -> None:
    """Tell the store's scripts the settings of all queues in the sites' pools, as every running node does too."""
    # Also when nothing changed: an earlier run may have ended between the two steps.
    snapshot = await directory.load()
    for pool in sorted({pool for site in sites for pool in site.pools}):
        queues = [queue for member in snapshot.sites_of_pool(pool) for queue in member.queues]
        chats = PoolChats(link, pool, "", StoreClock(), list)
        await chats.retention.set_rules(snapshot.sites_of_pool(pool))
        await chats.set_queues(queues)


def with_known_hours(before: DirectorySnapshot, sites: Sequence[Site]) -> tuple[Site, ...]:
    """The sites with the hours that are in force where the file gives none: supervisors may have set them."""

    def kept(queue: Queue) -> Queue:
        known = before.queue(queue.key)
        return replace(queue, hours=known.hours) if known and queue.hours is None else queue

    return tuple(replace(site, queues=tuple(kept(queue) for queue in site.queues)) for site in sites)


def refuse_what_does_not_fit(before: DirectorySnapshot, sites: Sequence[Site], *, prune: bool) -> None:
    """Stop what would strand people. Raises `Refused` with every reason."""
    reasons = []
    for site in sites:
        known = before.site(site.id)
        if known is None:
            continue
        kept = {queue.key for queue in site.queues}
        gone = [queue.key for queue in known.queues if queue.key not in kept]
        if gone and not prune:
            reasons.append(
                f"{site.id}: the file does not name {', '.join(gone)}. Name it (open = false closes it), or "
                "remove it with --prune; nobody should be waiting there then."
            )
    if reasons:
        raise Refused("\n".join(reasons))


async def refuse_to_strand_people(link: Link, before: DirectorySnapshot, sites: Sequence[Site]) -> None:
    """Nobody may be waiting or talking in a queue that goes. Raises `Refused`."""
    reasons = []
    for site in sites:
        known = before.site(site.id)
        if known is None:
            continue
        kept = {queue.key for queue in site.queues}
        chats = PoolChats(link, known.pool_id, "", StoreClock(), list)
        live = await chats.live_by_queue()
        reasons += [
            f"The queue {queue.key} has {live[queue.key]} conversations. Close it (open = false), "
            "wait until the last has ended, then apply this."
            for queue in known.queues
            if queue.key not in kept and live[queue.key]
        ]
    if reasons:
        raise Refused("\n".join(reasons))


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeError:
        raise Refused(f"{file} is not UTF-8 text.") from None
