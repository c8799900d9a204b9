"""`chatsvc retention …`: the rules in force, and what they would erase, when and why."""

import csv
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Literal, cast
from zoneinfo import ZoneInfo

import click

from chatsvc.cli.audit_over import over_lines
from chatsvc.cli.context import Context, pass_settings, with_directory
from chatsvc.cli.trouble import Refused
from chatsvc.domain.declaration import parse_declaration
from chatsvc.domain.declaration_retention import (
    ExistingNotSaid,
    parse_retention,
    period,
    period_text,
    rule_text,
    with_retention,
)
from chatsvc.domain.declaration_text import did_you_mean, duration_text
from chatsvc.domain.declaration_values import Refusal
from chatsvc.domain.ports import Keyring
from chatsvc.domain.retention import Period, RuleSet
from chatsvc.domain.sites import Site, SiteId
from chatsvc.services.pool import Pool
from chatsvc.services.retention import Retention
from chatsvc.services.retention_report import WHY, Planned, planned, planned_statistics
from chatsvc.services.statistics import ServiceCounts
from chatsvc.store.chats import PoolChats
from chatsvc.store.clock import StoreClock
from chatsvc.store.directory import Directory, wall_clock_ms
from chatsvc.store.directory_snapshot import DirectorySnapshot
from chatsvc.store.link import Link

Form = Literal["table", "json", "csv"]
_FINLAND = ZoneInfo("Europe/Helsinki")
_HEADS = ("when", "site/queue", "conversation", "what", "rule", "version", "why")


def _period(_: click.Context, option: click.Parameter, value: str) -> Period:
    """A length of time as in the file for `chatsvc apply`. Raises BadParameter with what is accepted."""
    try:
        return period(value)
    except Refusal as refusal:
        raise click.BadParameter(str(refusal), param=option) from None


@click.group(short_help="The retention rules, and what they would erase.")
def retention() -> None:
    """How long what is said is kept: the rules stand in the file for `chatsvc apply` (deploy/retention.md)."""


@retention.command("rules")
@click.option("--site", help="Of this site only.")
@click.option("--versions", is_flag=True, help="Earlier versions too.")
@pass_settings
def rules_command(context: Context, site: str | None, versions: bool) -> None:
    """Print the rules in force, with their version and since when."""

    async def work(directory: Directory, _: Link) -> list[Site]:
        return _chosen(await directory.load(), site)

    for found in with_directory(context.settings(), work):
        if not found.retention:
            click.echo(f"{found.id}: no rules; everything goes when the wrap-up ends.")
        for version in found.retention if versions else found.retention[-1:]:
            click.echo("\n".join(_version_lines(found, version)))


@retention.command("check")
@click.option("--site", help="Of this site only.")
@click.option(
    "--within",
    callback=_period,
    default="7 d",
    metavar="TIME",
    show_default=True,
    help="What happens until then.",
)
@click.option(
    "--file", type=click.Path(path_type=Path, dir_okay=False), help="As if this file were applied now."
)
@click.option("--json", "form", flag_value="json", help="As JSON, times in ms.")
@click.option("--csv", "form", flag_value="csv", help="As CSV, times in UTC.")
@click.option("--table", "form", flag_value="table", default=True, help="As a table; this is the default.")
@pass_settings
def check_command(context: Context, site: str | None, within: Period, file: Path | None, form: Form) -> None:
    """List what would be erased or redacted, when and why; nothing is changed."""
    settings, now = context.settings(), wall_clock_ms()
    until = within.after(now)

    async def work(directory: Directory, link: Link) -> tuple[list[Planned], list[str]]:
        snapshot = await directory.load()
        sites = {found.id: _as_declared(found, file, now) for found in _chosen(snapshot, site)}
        pools = sorted(snapshot.pools)
        found = [row for pool in pools for row in await _planned(link, pool, sites)]
        if form != "table":
            return found, []
        return found, await over_lines(settings, link, sites.values(), pools, until, service=site is None)

    found, audit = with_directory(settings, work)
    rows = [row for row in found if row.held or row.at <= until]
    rows.sort(key=lambda row: (row.held, row.at, row.conversation))
    click.echo(_FORMS[form](rows), nl=False)
    if form == "table":
        click.echo("\n".join([*audit, _summary(rows, within, now)]))


def _chosen(snapshot: DirectorySnapshot, site: str | None) -> list[Site]:
    if site is None:
        return sorted(snapshot.all_sites(), key=lambda found: found.id)
    found = snapshot.site(site)
    if found is None:
        raise Refused(f"There is no site {site}.{did_you_mean(site, snapshot.sites)}")
    return [found]


def _as_declared(site: Site, file: Path | None, now: int) -> Site:
    """The site with the versions that it would have, were the file applied."""
    if file is None:
        return site
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeError:
        raise Refused(f"{file} is not UTF-8 text.") from None
    for declared_site in parse_declaration(text, str(file)):
        if declared_site.id == site.id:
            site = replace(site, audit_months=declared_site.audit_months)
    wanted = {declared.site: declared for declared in parse_retention(text, str(file))}
    try:
        return with_retention(site, site, wanted.get(site.id), now)
    except ExistingNotSaid:
        raise Refused(
            f"The rules of {site.id} in {file} differ from those in force; say there whether they are also for what "
            "exists: retention_existing = true or false."
        ) from None


async def _planned(link: Link, name: str, sites: Mapping[SiteId, Site]) -> list[Planned]:
    chats = PoolChats(link, name, "", StoreClock(), list)

    def versions(site: str) -> Sequence[RuleSet]:
        return sites[SiteId(site)].retention

    pool = Pool(name, chats, cast("Keyring", None), StoreClock())  # nothing is opened here
    counts = ServiceCounts(lambda _: chats.tallies, lambda: [name], versions)
    return [
        *[row async for row in planned(Retention(pool, chats.retention, versions), sites)],
        *[row async for row in planned_statistics(counts, chats.tallies, sites)],
    ]


def _version_lines(site: Site, version: RuleSet) -> Iterable[str]:
    within = duration_text(version.at_latest_ms)
    reach = "also for what had ended before" if version.existing else "for what ends from then on"
    since = _local(version.since)
    yield f"{site.id}: version {version.number}, since {since}, {reach}; no time at all means {within} at most"
    for rule in version.rules:
        yield f"  {rule.name}: {rule_text(rule)}"


def _local(at: int) -> str:
    return f"{datetime.fromtimestamp(at / 1000, UTC).astimezone(_FINLAND):%Y-%m-%d %H:%M}"


def _cells(row: Planned) -> tuple[str, ...]:
    when = "held" if row.held else _local(row.at)
    return (
        when, row.queue, row.conversation or row.month, f"{row.step} {', '.join(row.kinds)}", row.rule or "-",
        str(row.version or "-"), WHY[row.reason],
    )  # fmt: skip


def _table(rows: Sequence[Planned]) -> str:
    lines = [_HEADS, *map(_cells, rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(_HEADS))]
    padded = (
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines
    )
    return "".join(f"{line.rstrip()}\n" for line in padded)


def _json(rows: Sequence[Planned]) -> str:
    return json.dumps([asdict(row) for row in rows], indent=1) + "\n"


def _csv(rows: Sequence[Planned]) -> str:
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(
        [
            "at",
            "held",
            "site",
            "queue",
            "conversation",
            "ended",
            "kinds",
            "rule",
            "version",
            "reason",
            "step",
            "month",
        ]
    )
    for row in rows:
        writer.writerow(
            [
                _utc(row.at), int(row.held), row.site, row.queue, row.conversation, _utc(row.ended),
                " ".join(row.kinds), row.rule, row.version, row.reason, row.step, row.month,
            ]
        )  # fmt: skip
    return out.getvalue()


def _utc(at: int) -> str:
    return f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"


_FORMS: Mapping[Form, Callable[[Sequence[Planned]], str]] = {"table": _table, "json": _json, "csv": _csv}


def _summary(rows: Sequence[Planned], within: Period, now: int) -> str:
    free = [row for row in rows if not row.held]
    overdue = sum(row.at <= now for row in free)
    held = len({row.conversation for row in rows if row.held})
    going = len({row.conversation for row in free if row.conversation})
    lines = sum(not row.conversation for row in free)
    months = f"So do counts of months, in {lines} lines. " if lines else ""
    return (
        f"Of {going} conversations something goes or is redacted within {period_text(within)} "
        f"({overdue} lines are due now); {held} are held. {months}This was a dry run: nothing is changed."
    )
