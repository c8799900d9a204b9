"""The API of the monthly statistics: a month's table as JSON, as CSV and as a picture."""

import re

from aiohttp import web

from chatsvc.domain.permissions import Action
from chatsvc.domain.statistics import FEW_WAITS, MonthTable, Row, Waits, local_hour
from chatsvc.domain.suppression import FEW
from chatsvc.services.statistics import ServiceCounts, is_over, month_of
from chatsvc.services.statistics_csv import as_csv
from chatsvc.services.statistics_picture import picture
from chatsvc.services.statistics_words import WORDS
from chatsvc.web import statistics_bodies as bodies
from chatsvc.web.operations import Answer, BadBody, Call, Operation, Parameter, json_answer

COUNTS = web.AppKey("counts", ServiceCounts)
CSV, SVG = "text/csv", "image/svg+xml"
_MONTH = "^20[0-9]{2}-(0[1-9]|1[0-2])$"


async def get_statistics(call: Call) -> web.Response:
    """A month's table."""
    table, now = await _table(call), call.planning.now
    names = {str(queue.key): queue.names for queue in call.site.queues}
    return json_answer(
        bodies.Statistics(
            call.site.id, table.month, now, is_over(table.month, now), FEW, FEW_WAITS,
            [_row(row, names) for row in table.rows],
            [bodies.StatisticsDay(day.day.isoformat(), **day.cells) for day in table.days],
        )
    )  # fmt: skip


async def get_csv(call: Call) -> web.Response:
    """The table as a file."""
    lang, table = _lang(call), await _table(call)
    name = f"{call.site.id}-{table.month}-{lang}.csv"
    headers = {"Cache-Control": "no-store", "Content-Disposition": f'attachment; filename="{name}"'}
    text = as_csv(table, call.site, lang)
    return web.Response(text=text, content_type=CSV, charset="utf-8", headers=headers)


async def get_picture(call: Call) -> web.Response:
    """The days as a picture."""
    lang, table = _lang(call), await _table(call)
    name = call.site.names.get(lang) or call.site.id
    drawn = picture(table, name, lang, over=is_over(table.month, call.planning.now))
    headers = {"Cache-Control": "no-store", "Content-Security-Policy": "default-src 'none'"}
    return web.Response(text=drawn, content_type=SVG, charset="utf-8", headers=headers)


async def _table(call: Call) -> MonthTable:
    given = call.request.query.get("month", local_hour(call.planning.now)[:7])
    if not re.fullmatch(_MONTH, given, re.ASCII):
        raise BadBody("`month` is a month such as 2026-11.", "month")
    return await month_of(call.request.app[COUNTS], call.site, given)


def _lang(call: Call) -> str:
    given = call.request.query.get("lang", "fi")
    if given not in WORDS:
        raise BadBody("`lang` is `fi`, `sv` or `en`.", "lang")
    return given


def _row(row: Row, names: dict[str, dict[str, str]]) -> bodies.StatisticsRow:
    return bodies.StatisticsRow(
        row.queue.partition("/")[2] if row.queue else None,
        names.get(row.queue or "", {}),
        row.language,
        **row.cells,
        prompt_share=row.prompt_share,
        answered_waits=_waits(row.answered),
        gave_up_waits=_waits(row.gave_up),
        handling_s=row.handling_s,
    )


def _waits(waits: Waits | None) -> bodies.WaitFigures | None:
    if waits is None:
        return None
    return bodies.WaitFigures(waits.people, waits.median_s, waits.ninety_s, waits.mean_s)


_PATH = "/api/v1/sites/{site}/statistics"
_OF_MONTH = Parameter("month", "The present month if left out.", {"type": "string", "pattern": _MONTH})
_IN_LANGUAGE = Parameter("lang", "The language of its words; Finnish if left out.", {"enum": list(WORDS)})
OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "getStatistics", "GET", _PATH, "A site's month by queue and language, small numbers left out.", get_statistics,
        {200: Answer("The month's table.", bodies.Statistics)}, Action.READ_STATISTICS, parameters=(_OF_MONTH,),
        tag="statistics",
    ),
    Operation(
        "getStatisticsCsv", "GET", _PATH + ".csv", "The same table as a CSV file.", get_csv,
        {200: Answer("UTF-8 with a header row; `–` is left out.", {"type": "string"}, CSV)}, Action.READ_STATISTICS,
        parameters=(_OF_MONTH, _IN_LANGUAGE), tag="statistics",
    ),
    Operation(
        "getStatisticsPicture", "GET", _PATH + ".svg", "The days of the month as a picture.", get_picture,
        {200: Answer("An SVG picture that is described in words, too.", {"type": "string"}, SVG)},
        Action.READ_STATISTICS, parameters=(_OF_MONTH, _IN_LANGUAGE), tag="statistics",
    ),
)  # fmt: skip
