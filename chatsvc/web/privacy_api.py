"""The API of the data protection report: what exists, what was erased, holds and openings, as JSON and as CSV."""

from collections.abc import Iterable
from typing import Annotated, Literal

from aiohttp import web
from msgspec import Meta, Struct

from chatsvc.domain.permissions import Action
from chatsvc.domain.privacy_report import AGES, TableRow, Why
from chatsvc.domain.retention import Kind
from chatsvc.domain.sites import Site
from chatsvc.domain.suppression import FEW
from chatsvc.services.privacy_csv import as_csv
from chatsvc.services.privacy_report import PrivacyReport, privacy_report
from chatsvc.services.privacy_words import PRIVACY_WORDS
from chatsvc.web.operations import AUDIT, Answer, BadBody, Call, Operation, Parameter, json_answer
from chatsvc.web.transcripts_api import shelves

CSV = "text/csv"
Shown = Annotated[
    Annotated[int, Meta(ge=0)] | None,
    Meta(description="null: left out, as it is small or would give a small one away."),
]


class ReportRow(Struct, frozen=True):
    """Conversations of which a kind is there, or went: by what decides (`why` null: all), and by column."""

    kind: Kind
    why: Why | None
    rule: str
    cells: dict[str, Shown]
    total: Shown


class OpeningsRow(Struct, frozen=True):
    """Openings of transcripts by role ("" for all) and month."""

    role: str
    cells: dict[str, Shown]
    total: Shown


class RulesInForce(Struct, frozen=True):
    """The version of the rules that is in force since an instant, and their names; `existing`: for what was there."""

    version: int
    since: int
    existing: bool
    rules: list[str]


class PrivacyReportShown(Struct, frozen=True):
    """A site at the instant `now`. Numbers from 1 to `below` - 1 are left out, and what would give them away."""

    site: str
    now: int
    below: int
    in_force: RulesInForce | None
    ages: list[Literal["week", "month", "quarter", "year", "older"]]
    months: list[str]
    exists: list[ReportRow]
    erased: list[ReportRow]
    held: Shown
    asked: Shown
    openings: list[OpeningsRow]


async def get_report(call: Call) -> web.Response:
    """The report."""
    report = await _report(call)
    openings = [
        OpeningsRow(role, {month: cells[month] for month in report.months}, cells[""])
        for role, cells in report.openings.items()
    ]
    return json_answer(
        PrivacyReportShown(
            call.site.id, report.now, FEW, _in_force(call.site), list(AGES), list(report.months), _rows(report.exists),
            _rows(report.erased), report.held, report.asked, openings,
        )
    )  # fmt: skip


async def get_csv(call: Call) -> web.Response:
    """The report as a file."""
    lang = call.request.query.get("lang", "fi")
    if lang not in PRIVACY_WORDS:
        raise BadBody("`lang` is `fi`, `sv` or `en`.", "lang")
    text = as_csv(await _report(call), lang)
    name = f"{call.site.id}-privacy-{lang}.csv"
    headers = {"Cache-Control": "no-store", "Content-Disposition": f'attachment; filename="{name}"'}
    return web.Response(text=text, content_type=CSV, charset="utf-8", headers=headers)


def _in_force(site: Site) -> RulesInForce | None:
    if not site.retention:
        return None
    latest = site.retention[-1]
    return RulesInForce(latest.number, latest.since, latest.existing, [rule.name for rule in latest.rules])


async def _report(call: Call) -> PrivacyReport:
    log = call.request.app[AUDIT].log
    return await privacy_report(shelves(call), log, call.site, call.planning.now)


def _rows(rows: Iterable[TableRow]) -> list[ReportRow]:
    return [
        ReportRow(row.kind, row.by and row.by.why, row.by.rule if row.by else "", dict(row.cells), row.total)
        for row in rows
    ]


_PATH = "/api/v1/sites/{site}/privacy-report"
_IN_LANGUAGE = Parameter(
    "lang", "The language of its words; Finnish if left out.", {"enum": list(PRIVACY_WORDS)}
)
OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "getPrivacyReport", "GET", _PATH,
        "What exists by rule and age, what was erased, holds and openings; small numbers left out.", get_report,
        {200: Answer("The site now.", PrivacyReportShown)}, Action.READ_PRIVACY_REPORT, tag="transcripts",
    ),
    Operation(
        "getPrivacyReportCsv", "GET", _PATH + ".csv", "The same as a CSV file, one number a line.", get_csv,
        {200: Answer("UTF-8 with a header row; `–` is left out.", {"type": "string"}, CSV)},
        Action.READ_PRIVACY_REPORT, parameters=(_IN_LANGUAGE,), tag="transcripts",
    ),
)  # fmt: skip
