"""The worker's loops, put together: the other half of `app`."""

import time
from collections.abc import Mapping

from chatsvc.app import Backend
from chatsvc.domain.audit import USUAL_MONTHS
from chatsvc.domain.sites import Site
from chatsvc.services.audit import SERVICE
from chatsvc.services.audit_cuts import AuditCuts
from chatsvc.services.queues import QueueReport
from chatsvc.services.redacting import Redactor
from chatsvc.services.retention import Retention
from chatsvc.store.directory_keys import ABOUT
from chatsvc.store.log_rewrite import StoreLogs
from chatsvc.telemetry.metrics import Metrics, QueueFigures
from chatsvc.worker import (
    audit_cuts,
    booking,
    census,
    closing,
    deadlines,
    plan_census,
    reaper,
    retention,
    shift_ends,
    store_logs,
)


class WorkerParts:
    """The worker's loops on a backend."""

    def __init__(self, backend: Backend, metrics: Metrics, audit_months: int = USUAL_MONTHS) -> None:
        """`audit_months` is how long the audit log of no site is kept; those of sites say it themselves."""
        self.backend = backend
        self._audit_months = audit_months
        self._cuts = AuditCuts(backend.audit.log, backend.audit.checkpoints)
        self.metrics = metrics
        backend.shown_in.append(metrics)
        self._retention: dict[str, Retention] = {}
        self._daily = store_logs.DailyRewrite(StoreLogs(backend.link))

    def start(self) -> None:
        """Begin."""
        self.backend.loop("deadlines", deadlines.EVERY_S, self._meet)
        self.backend.loop("reaper", reaper.EVERY_S, self._reap)
        self.backend.loop("closing", closing.EVERY_S, self._close)
        self.backend.loop("shift ends", shift_ends.EVERY_S, self._end_shifts)
        self.backend.loop("census", census.EVERY_S, self._count)
        self.backend.loop("booking", booking.EVERY_S, self._book)
        self.backend.loop("plan census", plan_census.EVERY_S, self._count_plan)
        self.backend.loop("retention", retention.EVERY_S, self._erase)
        self.backend.loop("audit cuts", audit_cuts.EVERY_S, self._cut_audit)
        self.backend.loop("store logs", store_logs.EVERY_S, self._rewrite_logs)
        self.backend.loop("replanning", retention.REPLAN_EVERY_S, self._replan)

    def retention(self, pool: str) -> Retention:
        """The rules at work in a pool."""
        if pool not in self._retention:
            backend = self.backend
            store = backend.chats[pool].retention
            redactor = Redactor(backend.pools[pool], store, self._site)
            self._retention[pool] = Retention(backend.pools[pool], store, backend.rules, redactor)
        return self._retention[pool]

    def _site(self, site: str) -> Site | None:
        return self.backend.snapshot.site(site)

    async def _erase(self) -> None:
        overdue = 0.0
        for name in tuple(self.backend.pools):
            overdue = max(
                overdue, await retention.erase_what_is_due(self.retention(name), self.metrics.erased)
            )
        self.metrics.retention_overdue_seconds.set(overdue)
        self.metrics.loop_ran("retention", self.backend.clock.now() / 1000, overdue)

    async def _replan(self) -> None:
        for name in tuple(self.backend.pools):
            sites = [site for site in self.backend.snapshot.all_sites() if name in site.pools]
            await retention.replan(self.retention(name), sites)
        self.metrics.loop_ran("replanning", self.backend.clock.now() / 1000)

    async def _cut_audit(self) -> None:
        # Whoever has the store could set its clock ahead, so that all would be over; this machine's must agree.
        now = min(self.backend.clock.now(), time.time_ns() // 1_000_000)
        held = {
            held for chats in tuple(self.backend.chats.values()) for held in await chats.retention.holds()
        }
        months: dict[str, int] = {site.id: site.audit_months for site in self.backend.snapshot.all_sites()}
        await audit_cuts.cut_logs(
            self._cuts, {**months, SERVICE: self._audit_months}, held, now, self.metrics.audit_failed
        )
        self.metrics.loop_ran("audit cuts", now / 1000)

    async def _rewrite_logs(self) -> None:
        now = self.backend.clock.now()
        homes = [ABOUT, *(chats.keys.meta for chats in tuple(self.backend.chats.values()))]
        await self._daily.look(homes, now)
        self.metrics.loop_ran("store logs", now / 1000)

    async def _meet(self) -> None:
        lag = 0.0
        for name, pool in tuple(self.backend.pools.items()):
            lag = max(lag, await deadlines.meet_deadlines(pool, self.backend.chats[name]))
        self.metrics.loop_ran("deadlines", self.backend.clock.now() / 1000, lag)

    async def _reap(self) -> None:
        for chats in tuple(self.backend.chats.values()):
            await reaper.reap_dead_nodes(chats)
        self.metrics.loop_ran("reaper", self.backend.clock.now() / 1000)

    async def _close(self) -> None:
        for name, pool in tuple(self.backend.pools.items()):
            await closing.tell_the_closed_out(pool, self.backend.queues(name))
        self.metrics.loop_ran("closing", self.backend.clock.now() / 1000)

    async def _end_shifts(self) -> None:
        await shift_ends.meet_shift_ends(tuple(self.backend.pools.values()), self.backend.planning)
        self.metrics.loop_ran("shift ends", self.backend.clock.now() / 1000)

    async def _count(self) -> None:
        for name, pool in tuple(self.backend.pools.items()):
            await census.count(pool, lambda name=name: self.backend.queues(name), self._show)  # type: ignore[misc]  # bound now
        self.metrics.loop_ran("census", self.backend.clock.now() / 1000)

    async def _book(self) -> None:
        counts, now = self.backend.counts, self.backend.clock.now()
        await booking.book_counts(counts, now)
        await booking.show_today(
            counts, self.backend.snapshot.all_sites(), now,
            lambda queue, outcomes: self.metrics.set_attempts(queue.site, queue.name, outcomes),
        )  # fmt: skip
        self.metrics.loop_ran("booking", now / 1000)

    async def _count_plan(self) -> None:
        for name, pool in tuple(self.backend.pools.items()):
            duties = await pool.store.people()
            for site in self.backend.snapshot.sites_of_pool(name):
                await plan_census.count_plan(
                    self.backend.planning, site, duties,
                    lambda queue, hours: self.metrics.set_coverage_gap(queue.site, queue.name, hours),
                    lambda site, late: self.metrics.set_late(site.id, late),
                )  # fmt: skip
        self.metrics.loop_ran("plan census", self.backend.clock.now() / 1000)

    def _show(self, report: QueueReport, oldest_wait_s: float, states: Mapping[str, int]) -> None:
        figures = QueueFigures(
            report.waiting + report.away, oldest_wait_s, report.free, report.staffed, report.on_duty, states
        )
        self.metrics.set_queue(report.queue.site, report.queue.name, figures)
