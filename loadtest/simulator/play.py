"""Plays a scenario event by event over the scripts of a real store, and writes down what became of everybody.

The store decides who gets whom. Here it is only known when people come, tire and are done; what a script has changed
is read from its answer. Seconds from the scenario's start, but for what the store is told.
"""

import heapq
import math
from collections import defaultdict
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from chatsvc.domain.errors import NoEntry, NotFound
from chatsvc.domain.estimate import Estimate
from chatsvc.domain.records import Conversation, Outcome
from chatsvc.domain.sites import Queue, QueueName, SiteId
from chatsvc.services import door
from chatsvc.services.estimates import Waits
from chatsvc.services.opening import Opening
from chatsvc.store.chats import PoolChats
from chatsvc.store.clock import ManualClock
from loadtest.simulator.naive import Naive
from loadtest.simulator.oracle import Desk, Oracle, Talk, Waiter
from loadtest.simulator.scenario import ANSWER, CLOSES, DAY, HOUR, MINUTE, START, Arrival, Person, Scenario

LATE_S = 4 * MINUTE  # a shift is clocked in up to so long after its start
BREAK_S = 15 * MINUTE  # in the middle of each shift, on no plan
WRITTEN_UP_S = 15 * MINUTE  # at the latest
NODE = "simulator"


@dataclass(slots=True)
class Visit:
    """What became of one visitor, and what was estimated when they joined, if they had to wait."""

    arrival: Arrival
    refused: str = ""  # why they could not join
    waited: float | None = None  # until taken, or until the end of waiting
    would: float | None = None  # until taken, had they stayed; None if the queue closed before that
    end: str = ""  # answered, gave_up, queue_closed
    ahead: int = 0
    told: Estimate | None = None
    oracle: Estimate | None = None
    naive: dict[str, float] = field(default_factory=dict)
    counsellor: str = ""
    seeing: Estimate | None = None


@dataclass(slots=True)
class Work:
    """A counsellor's week: conversations taken, seconds on duty and, of those, with nobody at hand."""

    taken: int = 0
    on_duty: float = 0.0
    idle: float = 0.0
    since: float | None = None
    idle_since: float | None = None
    until: float = 0.0
    back: float = 0.0  # from a break
    holds: int = 0


def queue_of(name: str, mode: Any) -> Queue:
    """A queue with the times that are usual, but for a longer limit of wrapping up."""
    return Queue(
        SiteId("s"), QueueName(name), {}, mode=mode, waiting_limit=200, linger_ms=0, offer_ms=120_000,
        wrap_up_ms=int(WRITTEN_UP_S * 1000),
    )  # fmt: skip


class Play:
    """One run. `await run()` once, then read `visits` and `work`."""

    def __init__(self, scenario: Scenario, store: PoolChats, clock: ManualClock, oracle_times: int) -> None:
        """`store` is a pool that nobody has used, on `clock`, which stands at the scenario's start."""
        self.scenario = scenario
        self.store = store
        self.clock = clock
        self.queues = {f"s/{topic.name}": queue_of(topic.name, topic.mode) for topic in scenario.topics}
        self.visits: dict[str, Visit] = {}
        self.work: defaultdict[str, Work] = defaultdict(Work)
        self._oracle = Oracle(scenario, oracle_times, ages=False)
        self._seeing = Oracle(scenario, oracle_times, ages=True)
        self._naive = Naive()
        self._events: list[tuple[float, int, Callable[[], Coroutine[Any, Any, None]]]] = []
        self._count = 0
        self._now = 0.0
        self._waiting: dict[str, Conversation] = {}
        self._talks: dict[str, tuple[str, Talk]] = {}  # conversation -> who, and what of it
        self._offered: dict[str, str] = {}
        self._gone: dict[str, Conversation] = {}  # who gave up and would not have been taken yet

    # Events

    def _at(self, when: float, step: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._count += 1
        heapq.heappush(self._events, (when, self._count, step))

    async def run(self) -> None:
        """All days, one after the other."""
        await self.store.set_queues(self.queues.values())
        for person in self.scenario.staff:
            await self._attach(person)
            for number, (begin, end) in enumerate(person.shifts):
                self._plan_shift(person, number, begin, end)
        for arrival in self.scenario.arrivals:
            self._at(arrival.at, lambda arrival=arrival: self._join(arrival))  # type: ignore[misc]
        for day in range(self.scenario.days):
            self._at(day * DAY + CLOSES, self._close)
        for hour in range(24 * self.scenario.days):
            self._at(hour * HOUR, self._meet_deadlines)
        while self._events:
            when, _, step = heapq.heappop(self._events)
            self.clock.advance(round((START + when) * 1000) - self.clock.now())
            self._now = when
            await step()

    def _plan_shift(self, person: Person, number: int, begin: float, end: float) -> None:
        chance = self.scenario.random("shift", person.name, number)
        self._at(begin + chance.uniform(0, LATE_S), lambda: self._clock(person, "available", end))
        pause = begin + (end - begin) * chance.uniform(0.4, 0.6)
        self._at(pause, lambda: self._clock(person, "paused", end))
        self._at(pause + BREAK_S, lambda: self._clock(person, "available", end))
        self._at(end, lambda: self._clock(person, "off", end))

    async def _attach(self, person: Person) -> None:
        await self.store.run(
            "staff_attach", id=person.name, alias=person.name.title(), capacity=person.capacity,
            queues=[f"s/{topic}" for topic in person.topics], languages=list(person.languages),
            grace_ms=120_000, node=NODE, conn=person.name,
        )  # fmt: skip

    async def _clock(self, person: Person, state: str, end: float) -> None:
        work = self.work[person.name]
        if state == "available" and work.since is None:
            work.since, work.idle_since, work.until = self._now, self._now, end
        elif state == "paused":
            work.back = self._now + BREAK_S
        elif state == "off" and work.since is not None:
            work.on_duty += self._now - work.since
            work.since = None
            if not work.holds:
                self._busy(work)
        self._follow(await self.store.run("duty", id=person.name, state=state, reason=None))
        await self._take_the_gone(person.name)

    async def _close(self) -> None:
        self._gone.clear()
        for ident in list(self._waiting):
            self._stop(ident, "queue_closed")
            self._follow(await self.store.run("finish", id=ident, reason="queue_closed", forget=True))

    async def _meet_deadlines(self) -> None:
        while overdue := await self.store.due():
            for kind, ident in overdue:
                self._follow(await self.store.run("expire", kind=kind, id=ident, last=self.clock.now()))

    async def _join(self, arrival: Arrival) -> None:
        ident, key = f"v{arrival.number}", f"s/{arrival.topic}"
        visit = self.visits[ident] = Visit(arrival)
        score = self.clock.now() - arrival.priority * self.queues[key].priority_step_ms
        waits = await self._look()
        told = waits.of_newcomer(key, [arrival.lang], score)
        opening = Opening(True, None, int((START + self.scenario.closes(self._now)) * 1000))
        entry = door.entry(self.queues[key], opening, waits, [arrival.lang], score)
        ahead = sorted(self._waiting.values(), key=lambda found: (found.score, found.id))
        ahead = [found for found in ahead if found.score < score]
        try:
            outcome = await self.store.run(
                "join", id=ident, visitor=ident, site="s", queue=key, lang=arrival.lang, route=arrival.lang,
                also=[], also_ms=0, priority=arrival.priority, tags=[], entry=entry, node=NODE, conn=ident,
                fresh=False, create=True,
            )  # fmt: skip
        except NoEntry as refusal:
            visit.refused = refusal.reason
            return
        assert outcome.c is not None
        visit.ahead = sum(found.queue == key for found in ahead)
        if outcome.c.state == "waiting":
            self._foresee(visit, key, ahead, told)
        if outcome.c.state in ("waiting", "offered"):
            self._waiting[ident] = outcome.c
            if arrival.patience < math.inf:
                self._at(self._now + arrival.patience, lambda: self._give_up(ident))
        self._follow(outcome)

    async def _look(self) -> Waits:
        people = await self.store.people()
        standing, paces = await self.store.standing(list(self.queues)), await self.store.paces()
        return Waits(self.queues.values(), standing, people, paces, self.scenario.plan, self.clock.now())

    def _foresee(self, visit: Visit, key: str, ahead: list[Conversation], told: Estimate | None) -> None:
        """What everybody says about a wait that begins now."""
        before = [Waiter((found.queue[2:], found.route), self._seconds(found.joined)) for found in ahead]
        own = visit.arrival.topic, visit.arrival.lang
        visit.told = told
        visit.oracle = self._oracle.estimate(self._now, self._desks(), before, own, visit.arrival.number)
        visit.seeing = self._seeing.estimate(self._now, self._desks(), before, own, visit.arrival.number)
        places = sum(
            person.capacity
            for person in self.scenario.staff
            if visit.arrival.topic in person.topics and self.work[person.name].since is not None
        )
        visit.naive = self._naive.estimates(key, visit.ahead, places)

    def _desks(self) -> list[Desk]:
        """Counsellors now and later today, with what they have at hand."""
        found = []
        for person in self.scenario.staff:
            lines = frozenset((topic, lang) for topic in person.topics for lang in person.languages)
            work = self.work[person.name]
            if work.since is not None:
                talks = tuple(talk for who, talk in self._talks.values() if who == person.name)
                found.append(Desk(lines, max(self._now, work.back), work.until, person.capacity, talks))
            found += [
                Desk(lines, begin, end, person.capacity)
                for begin, end in person.shifts
                if self._now < begin < self.scenario.closes(self._now)
            ]
        return found

    async def _give_up(self, ident: str) -> None:
        if ident in self._waiting:
            self._gone[ident] = self._waiting[ident]
            self._stop(ident, "gave_up")
            outcome = await self.store.run(
                "finish", id=ident, visitor=ident, reason="visitor_left", forget=True
            )
            self._follow(outcome)

    async def _accept(self, name: str, ident: str) -> None:
        if self._offered.get(ident) == name:
            with suppress(NotFound):  # taken back while the counsellor had a break
                self._follow(await self.store.run("answer_offer", id=name, conversation=ident, accept=True))

    async def _end_talk(self, name: str, ident: str) -> None:
        topic = self.scenario.topic(self.visits[ident].arrival.topic)
        self._talks[ident] = name, Talk(topic.name, self._now, True)
        outcome = await self.store.run(
            "finish", id=ident, staff=name, reason="counsellor_closed", forget=True
        )
        self._follow(outcome)
        chance = self.scenario.random("wrap", ident)
        written_up = min(topic.wrap_up.draw(chance), WRITTEN_UP_S - 1)
        self._at(self._now + written_up, lambda: self._wrap_up(name, ident))

    async def _wrap_up(self, name: str, ident: str) -> None:
        _, talk = self._talks.pop(ident)
        self._naive.handled(f"s/{talk.topic}", self._now - self._taken_at(ident))
        work = self.work[name]
        work.holds -= 1
        if not work.holds:
            work.idle_since = self._now
        outcome = await self.store.run("wrap_up", id=name, conversation=ident, outcome="talked", tags=[])
        self._follow(outcome)
        await self._take_the_gone(name)

    # What scripts have done

    def _follow(self, outcome: Outcome) -> None:
        for record in sorted(outcome.touched, key=lambda found: found.id):
            if record.state == "active" and record.id not in self._talks and record.owner:
                self._taken(record, record.owner.s)
            elif record.state == "waiting":
                self._offered.pop(record.id, None)
            elif (
                record.state == "offered"
                and record.offered
                and self._offered.get(record.id) != record.offered
            ):
                self._offer(record.id, record.offered)

    async def _take_the_gone(self, name: str) -> None:
        """A place that stays free would have been theirs."""
        duty = await self.store.person(name) if self._gone else None
        if duty is not None and duty.state == "available" and duty.load < duty.capacity:
            self._would_have_been_taken(name, math.inf)

    def _would_have_been_taken(self, name: str, behind: float) -> None:
        """`name` takes nobody before `behind` (a score): whoever gave up and stood before it would have come first."""
        person = next(found for found in self.scenario.staff if found.name == name)
        for ident, record in list(self._gone.items()):
            if (
                record.score < behind
                and record.queue[2:] in person.topics
                and record.route in person.languages
            ):
                self.visits[ident].would = self._now - self.visits[ident].arrival.at
                del self._gone[ident]

    def _offer(self, ident: str, name: str) -> None:
        self._offered[ident] = name
        after = ANSWER.draw(self.scenario.random("answer", ident))
        self._at(self._now + after, lambda: self._accept(name, ident))

    def _taken(self, record: Conversation, name: str) -> None:
        visit, ident = self.visits[record.id], record.id
        self._stop(ident, "answered")
        visit.would = visit.waited
        self._would_have_been_taken(name, record.score)
        visit.counsellor = name
        topic = self.scenario.topic(visit.arrival.topic)
        self._naive.waited(record.queue, visit.waited or 0.0)
        self._talks[ident] = name, Talk(topic.name, self._now, False)
        work = self.work[name]
        work.taken += 1
        if not work.holds:
            self._busy(work)
        work.holds += 1
        length = topic.talk.draw(self.scenario.random("talk", ident))
        self._at(self._now + length, lambda: self._end_talk(name, ident))

    def _busy(self, work: Work) -> None:
        if work.idle_since is not None:
            work.idle += self._now - work.idle_since
            work.idle_since = None

    def _stop(self, ident: str, end: str) -> None:
        visit = self.visits[ident]
        visit.waited, visit.end = self._now - visit.arrival.at, end
        self._waiting.pop(ident, None)
        self._offered.pop(ident, None)

    def _taken_at(self, ident: str) -> float:
        visit = self.visits[ident]
        return visit.arrival.at + (visit.waited or 0.0)

    @staticmethod
    def _seconds(ms: int) -> float:
        return ms / 1000 - START
