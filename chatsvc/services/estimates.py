"""How long one would wait now: what the domain needs for it, gathered from the store and the plan."""

import math
from asyncio import gather
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

from chatsvc.domain.estimate import Estimate, estimate, no_sooner, reaction, rounded, still_untaken
from chatsvc.domain.pace import Seen, mixed, pace_of
from chatsvc.domain.records import Duty
from chatsvc.domain.roster import Roster
from chatsvc.domain.sharing import Presence, Team, line_before
from chatsvc.domain.sites import LANGUAGES, Queue, Staff, StaffId
from chatsvc.services.pool import Pool
from chatsvc.services.teams import (
    LOOK_AHEAD_MS,
    LineKey,
    is_at_hand,
    line_name,
    lines_of,
    staffed_until,
    teams_of,
)

LAST = chr(0x10FFFF)  # after every id: of two who joined in the same millisecond the id decides
NEAR = 16  # places for each of which the wait is estimated by itself

Standing = Mapping[LineKey, Sequence[tuple[float, str]]]  # score and conversation, first the next
Spared = Mapping[str, Mapping[str, int]]  # conversation, staff: not offered to them before (ms)
Told = tuple[int, int] | None  # seconds


class Waits:
    """The waits of one pool at one instant. Nobody's is known whom no one at hand could serve."""

    def __init__(
        self,
        queues: Iterable[Queue],
        standing: Standing,
        people: Iterable[Duty],
        paces: Mapping[str, Seen],
        plan: Iterable[Presence],
        now: int,
        spared: Spared | None = None,
    ) -> None:
        self.people, self.now = list(people), now
        self._plan = list(plan)
        self._queues: dict[str, Queue] = {queue.key: queue for queue in queues}
        self._paces = {key: pace_of(paces.get(key, Seen()), queue) for key, queue in self._queues.items()}
        self._teams = teams_of(self.people, self._plan, self._queues, now)
        self._served = frozenset(
            chain(*(lines_of(duty.queues, duty.languages) for duty in self.people if is_at_hand(duty, now)))
        )
        self._standing = _once(standing, self._teams)
        self._spared = spared or {}
        self._known: dict[tuple[LineKey, tuple[int, ...]], Estimate | None] = {}
        self._told: dict[object, Told] = {}
        self._lines: dict[str, list[LineKey]] = {}
        self._scores: dict[str, float] = {}
        for line, found in standing.items():
            for score, conversation in found:
                self._lines.setdefault(conversation, []).append(line)
                self._scores[conversation] = score

    def at_hand(self, queue: str) -> list[Duty]:
        """Those who will answer in a queue, whether their places are taken or not."""
        return [duty for duty in self.people if queue in duty.queues and is_at_hand(duty, self.now)]

    def spoken(self, queue: str) -> tuple[str, ...]:
        """The languages of those at hand for a queue."""
        return tuple(lang for lang in LANGUAGES if line_name((queue, lang)) in self._served)

    def serves(self, queue: str, languages: Iterable[str]) -> bool:
        """Whether somebody is at hand who serves a queue in one of these languages."""
        return any(line_name((queue, lang)) in self._served for lang in languages)

    def staffed_until(self, queue: str, languages: Sequence[str]) -> int | None:
        """When the last of those leaves who serve a queue in one of these languages (ms), if a plan says it."""
        return staffed_until(self.people, self._plan, queue, languages, self.now)

    def of_newcomer(
        self, queue: str, languages: Sequence[str], score: float | None = None
    ) -> Estimate | None:
        """The wait of somebody who joins now and may be served in any of these languages.

        None without anybody at hand who serves them, or when those who are there or planned never get so far. `score`
        as joining gives it, for somebody with a priority; else last.
        """
        place = (math.inf if score is None else score, LAST)
        return self._behind(place, queue, languages)

    def _behind(self, place: tuple[float, str], queue: str, languages: Sequence[str]) -> Estimate | None:
        ahead = {line_name(line): bisect_left(found, place) for line, found in self._standing.items()}
        served = [(queue, language) for language in languages if self.serves(queue, (language,))]
        found = [self._wait(line, ahead) for line in served]
        return min((each for each in found if each), key=lambda each: each.median, default=None)

    def of_waiting(self, conversation: str) -> Estimate | None:
        """What is left of the wait of somebody in line; None for whoever isn't, or whom nobody at hand could serve."""
        lines = self._lines.get(conversation)
        if not lines:
            return None
        place = self._scores[conversation], conversation
        found = self._behind(place, lines[0][0], [language for _, language in lines])
        spared = self._spared.get(conversation)
        if found is None or spared is None:
            return found
        queue = self._queues[lines[0][0]]
        return no_sooner(found, self._spared_s(queue, lines, spared), self._paces[queue.key])

    def once_offered(self, queue: str) -> Told:
        """What is told while somebody is asked to take a visitor."""
        pace = self._paces.get(queue)
        return rounded(reaction(pace)) if pace else None

    def told(self, conversation: str, place: int) -> Told:
        """The same as people are told it. Far behind, neighbours share one: it costs up to a millisecond."""
        alike = (
            conversation
            if conversation in self._spared
            else (tuple(self._lines.get(conversation, ())), stretch(place))
        )
        if alike not in self._told:
            self._told[alike] = rounded(self.of_waiting(conversation))
        return self._told[alike]

    def is_at_once(self, conversation: str) -> bool:
        """Whether only somebody has to take them who has a place."""
        found = self.of_waiting(conversation)
        return found is not None and found.at_once

    def told_untaken(self, conversation: str, joined: int) -> Told:
        """What is told of such a one's wait, who joined at a time (ms): more, the longer nobody does."""
        lines = self._lines[conversation]
        names = frozenset(map(line_name, lines))
        free = [
            max(duty.idle, duty.since)
            for duty in self.people
            if is_at_hand(duty, self.now) and duty.load < duty.capacity and _serves(duty, names)
        ]
        since = max(joined, min(free, default=self.now))
        return rounded(still_untaken(self._paces[lines[0][0]], max(0, self.now - since) / 1000))

    def _spared_s(self, queue: Queue, lines: Iterable[LineKey], spared: Mapping[str, int]) -> float:
        """In how many seconds somebody is there to whom this visitor may be offered, whom others have declined."""
        if queue.mode == "take":
            return 0.0  # whoever takes is not bound by what they once declined
        names = frozenset(map(line_name, lines))
        able = [duty.id for duty in self.people if is_at_hand(duty, self.now) and _serves(duty, names)]
        begins = [
            found.start
            for found in self._plan
            if found.start > self.now and names & lines_of(found.queues, found.languages)
        ]
        sooner = [spared.get(staff, self.now) for staff in able]
        return max(0.0, (min([*sooner, *begins], default=self.now) - self.now) / 1000)

    def _wait(self, own: LineKey, ahead: Mapping[str, int]) -> Estimate | None:
        alike = own, tuple(ahead.values())
        if alike not in self._known:
            line, serving = line_before(line_name(own), ahead, self._teams)
            parts = [
                (team.places / len(queues), self._paces[queue])
                for team in serving
                if (queues := {name.partition(" ")[0] for name in team.lines} & self._paces.keys())
                for queue in sorted(queues)
            ]
            self._known[alike] = estimate(line, mixed(parts, self._paces[own[0]]))
        return self._known[alike]


def stretch(place: int) -> int:
    """Near the front each place by itself; further behind, places within a tenth of each other are one."""
    return place if place <= NEAR else NEAR + int(math.log(place / NEAR) / math.log(1.1)) + 1


async def look_at_waits(pool: Pool, queues: Iterable[Queue] = ()) -> Waits:
    """The waits in a pool now; `queues` are looked at besides those that the pool knows. Raises StoreUnavailable.

    Many who ask at once share a look.
    """
    known: dict[str, Queue] = {queue.key: queue for queue in pool.queues()}
    more: dict[str, Queue] = {queue.key: queue for queue in queues if queue.key not in known}
    if more:
        return await _look(pool, {**known, **more})
    return await pool.waits.ask(lambda: _look(pool, {queue.key: queue for queue in pool.queues()}))


async def _look(pool: Pool, queues: Mapping[str, Queue]) -> Waits:
    standing, paces, people, spared = await gather(
        pool.store.standing(list(queues)), pool.store.paces(), pool.store.people(), pool.store.spared()
    )
    return Waits(queues.values(), standing, people, paces, pool.plan(), pool.clock.now(), spared)


def presences(roster: Roster, people: Mapping[StaffId, Staff], pool: str, now: int) -> tuple[Presence, ...]:
    """Who of a pool is planned now and in the next twelve hours; shifts of the same queues without a break are one."""
    found: dict[str, list[Presence]] = {}
    for shift in roster.occurrences:
        person = people.get(shift.staff)
        if person is None or person.pool != pool or shift.end <= now or shift.start >= now + LOOK_AHEAD_MS:
            continue
        its = found.setdefault(shift.staff, [])
        on = its and its[-1].end == shift.start and set(its[-1].queues) == set(shift.queues)
        start = its.pop().start if on else shift.start
        its.append(Presence(person.id, shift.queues, person.languages, person.capacity, start, shift.end))
    return tuple(chain(*found.values()))


def _serves(duty: Duty, lines: frozenset[str]) -> bool:
    return not lines.isdisjoint(lines_of(duty.queues, duty.languages))


def _once(standing: Standing, teams: Sequence[Team]) -> dict[LineKey, list[tuple[float, str]]]:
    """Everybody in one line only: of those in whose languages they agree to be served, the one with most places."""
    places = {line: sum(team.places for team in teams if line_name(line) in team.lines) for line in standing}
    taken: set[str] = set()
    found: dict[LineKey, list[tuple[float, str]]] = {}
    for line in sorted(standing, key=lambda each: (-places[each], each)):
        found[line] = [(score, member) for score, member in standing[line] if member not in taken]
        taken.update(member for _, member in found[line])
    return found
