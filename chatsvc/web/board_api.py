"""The API of the live board."""

from typing import Literal, cast

import msgspec
from aiohttp import web

from chatsvc.domain.permissions import Action
from chatsvc.domain.records import Duty
from chatsvc.domain.sites import Site
from chatsvc.domain.statistics import local_hour
from chatsvc.services.board import Board, look_at_board
from chatsvc.services.cover import Late
from chatsvc.services.queues import QueueReport
from chatsvc.web import statistics_bodies as bodies
from chatsvc.web import views
from chatsvc.web.operations import Answer, Call, Operation, json_answer, queue_names
from chatsvc.web.statistics_api import COUNTS


async def get_board(call: Call) -> web.Response:
    """The site as it is now."""
    pool = call.node.hub(call.site.pool_id).pool
    board = await look_at_board(pool, call.planning, call.request.app[COUNTS], call.site)
    aliases = {staff.id: staff.alias for staff in call.planning.declared.people.values()}
    return json_answer(
        bodies.BoardNow(
            board.now,
            local_hour(board.now)[:10],
            [_queue(report, board) for report in board.queues],
            [_person(duty, call.site) for duty in board.people],
            [_late(late, aliases[late.staff]) for late in board.late],
        )
    )


def _queue(report: QueueReport, board: Board) -> bodies.BoardQueue:
    queue, opening = report.queue, report.opening
    return bodies.BoardQueue(
        queue.name, queue.names, report.state, report.waiting, report.away, report.oldest, report.first,
        report.estimate_s, report.on_duty, report.free, report.staffed, report.opens_at, opening.closes_at,
        msgspec.convert(board.today[queue.key], bodies.TodayCounts),
    )  # fmt: skip


def _person(duty: Duty, site: Site) -> bodies.BoardPerson:
    own = {queue.key for queue in site.queues}
    return bodies.BoardPerson(
        duty.id, duty.alias, cast(Literal["available", "paused", "draining"], duty.state), views.duty_reason(duty),
        duty.since, duty.clocked, [key.partition("/")[2] for key in duty.queues if key in own], duty.load,
        duty.capacity, len(duty.convs), len(duty.wraps), len(duty.consults), duty.offer is not None, duty.away,
    )  # fmt: skip


def _late(late: Late, alias: str) -> bodies.BoardLate:
    return bodies.BoardLate(late.staff, alias, queue_names(late.queues), late.since, late.until)


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "getBoard", "GET", "/api/v1/sites/{site}/board", "How a site stands now: queues, people, today's attempts.",
        get_board, {200: Answer("The site at this instant.", bodies.BoardNow)}, Action.READ_BOARD, tag="statistics",
    ),
)  # fmt: skip
