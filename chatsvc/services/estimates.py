"""How long one would wait now: what the domain needs for it, gathered from the store and the plan."""

import math
from asyncio import gather
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

from chatsvc.domain.estimate import Change, Estimate, estimate
from chatsvc.domain.pace import Seen, mixed, pace_of
from chatsvc.domain.records import Duty
from chatsvc.domain.roster import Roster
from chatsvc.domain.sharing import Presence, Team, line_before
from chatsvc.domain.sites import Queue, Staff, StaffId
from chatsvc.services.pool import Pool

LOOK_AHEAD_MS = 12 * 3_600_000  # shifts that begin later don't matter to anybody who waits now

LAST = chr(0x10FFFF)  # after every id: of two who joined in the same millisecond the id decides
PAUSE_S = 900.0
TALK_S = 1_500.0  # in which conversations begun before a pause end, two of three

LineKey = tuple[str, str]  # queue key and language
Standing = Mapping[LineKey, Sequence[tuple[float, str]]]  # score and conversation, first the next


class Waits:
    """The waits of one pool at one instant."""

    def __init__(
        self,
        queues: Iterable[Queue],
        standing: Standing,
        people: Iterable[Duty],
        paces: Mapping[str, Seen],
        plan: Iterable[Presence],
        now: int,
    ) -> None:
        self._queues: dict[str, Queue] = {queue.key: queue for queue in queues}
        self._paces = {key: pace_of(paces.get(key, Seen()), queue) for key, queue in self._queues.items()}
        self._teams = _teams(people, plan, self._queues, now)
        self._standing = _once(standing, self._teams)
        self._lines: dict[str, list[LineKey]] = {}
        self._scores: dict[str, float] = {}
        for line, found in standing.items():
            for score, conversation in found:
                self._lines.setdefault(conversation, []).append(line)
                self._scores[conversation] = score

    def of_newcomer(
        self, queue: str, languages: Sequence[str], score: float | None = None
    ) -> Estimate | None:
        """The wait of somebody who joins now and may be served in any of these languages.

        None without anybody who could serve them. `score` as joining gives it, for somebody with a priority; else last.
        """
        place = (math.inf if score is None else score, LAST)
        return self._behind(place, queue, languages)

    def _behind(self, place: tuple[float, str], queue: str, languages: Sequence[str]) -> Estimate | None:
        ahead = {_name(line): bisect_left(found, place) for line, found in self._standing.items()}
        found = [self._wait((queue, language), ahead) for language in languages]
        return min((each for each in found if each), key=lambda each: each.median, default=None)

    def lines_of(self, conversation: str) -> tuple[LineKey, ...]:
        """The lines in which somebody stands."""
        return tuple(self._lines.get(conversation, ()))

    def of_waiting(self, conversation: str) -> Estimate | None:
        """What is left of the wait of somebody in line; None for whoever isn't, or whom nobody could serve."""
        lines = self._lines.get(conversation)
        if not lines:
            return None
        place = self._scores[conversation], conversation
        return self._behind(place, lines[0][0], [language for _, language in lines])

    def _wait(self, own: LineKey, ahead: Mapping[str, int]) -> Estimate | None:
        line, serving = line_before(_name(own), ahead, self._teams)
        parts = [
            (team.places / len(queues), self._paces[queue])
            for team in serving
            if (queues := {name.partition(" ")[0] for name in team.lines} & self._paces.keys())
            for queue in sorted(queues)
        ]
        return estimate(line, mixed(parts, self._paces[own[0]]))


async def look_at_waits(
    pool: Pool, queues: Iterable[Queue] = (), people: Iterable[Duty] | None = None
) -> Waits:
    """The waits in a pool now; `queues` are looked at besides those that the pool knows. Raises StoreUnavailable."""
    every = {queue.key: queue for queue in (*pool.queues(), *queues)}
    standing, paces = await gather(pool.store.standing(list(every)), pool.store.paces())
    present = await pool.store.people() if people is None else people
    return Waits(every.values(), standing, present, paces, pool.plan(), pool.clock.now())


def presences(roster: Roster, people: Mapping[StaffId, Staff], pool: str, now: int) -> tuple[Presence, ...]:
    """Who of a pool is planned now and in the next twelve hours; shifts without a break between them are one."""
    found: dict[str, list[Presence]] = {}
    for shift in roster.occurrences:
        person = people.get(shift.staff)
        if person is None or person.pool != pool or shift.end <= now or shift.start >= now + LOOK_AHEAD_MS:
            continue
        its = found.setdefault(shift.staff, [])
        start = its.pop().start if its and its[-1].end == shift.start else shift.start
        its.append(Presence(person.id, shift.queues, person.languages, person.capacity, start, shift.end))
    return tuple(chain(*found.values()))


def _name(line: LineKey) -> str:
    return f"{line[0]} {line[1]}"


def _teams(
    people: Iterable[Duty], plan: Iterable[Presence], queues: Mapping[str, Queue], now: int
) -> list[Team]:
    """Everybody who takes visitors now or is planned to, with the times at which they begin and end."""
    planned: dict[str, list[Presence]] = {}
    for presence in plan:
        if now < presence.end and presence.start < now + LOOK_AHEAD_MS:
            planned.setdefault(presence.staff, []).append(presence)
    teams = []
    for duty in people:
        if duty.state == "available" and duty.away is None:
            teams.append(_present(duty, planned.pop(duty.id, []), queues, now))
        elif duty.state == "paused" and duty.away is None:
            teams.append(_paused(duty, planned.pop(duty.id, []), queues, now))
    return teams + [_to_come(found, queues, now) for found in chain(*planned.values()) if found.start > now]


def _present(duty: Duty, planned: list[Presence], queues: Mapping[str, Queue], now: int) -> Team:
    weight = _weight(duty.queues, queues)
    changes = _ends(planned, duty.capacity / weight, now)
    free = max(0, duty.capacity - duty.load) / weight
    lines = _lines_of(duty.queues, duty.languages)
    return Team(lines, duty.capacity / weight, free, changes, len(duty.wraps))


def _paused(duty: Duty, planned: list[Presence], queues: Mapping[str, Queue], now: int) -> Team:
    """Somebody who will be back, when nobody knows: a pause is taken to last a quarter of an hour, or a third more."""
    weight = _weight(duty.queues, queues)
    gone = (now - duty.since) / 1000
    back = max(PAUSE_S - gone, gone / 3, 60.0)
    busy = min(duty.load, duty.capacity) * math.exp(-back / TALK_S) / weight
    places = duty.capacity / weight
    ends = _ends(planned, places, now)
    if ends and ends[0].after_s <= back:
        return Team(frozenset(), 0.0)
    return Team(_lines_of(duty.queues, duty.languages), 0.0, 0.0, (Change(back, places, busy), *ends))


def _ends(planned: list[Presence], places: float, now: int) -> tuple[Change, ...]:
    """When the present shift ends; nothing when it isn't known."""
    ends = max((found.end for found in planned if found.start <= now), default=None)
    return (Change((ends - now) / 1000, -places),) if ends else ()


def _to_come(found: Presence, queues: Mapping[str, Queue], now: int) -> Team:
    places = found.capacity / _weight(found.queues, queues)
    begin, end = (found.start - now) / 1000, (found.end - now) / 1000
    return Team(
        _lines_of(found.queues, found.languages), 0.0, 0.0, (Change(begin, places), Change(end, -places))
    )


def _lines_of(queues: Sequence[str], languages: Sequence[str]) -> frozenset[str]:
    return frozenset(_name((queue, language)) for queue in queues for language in languages)


def _weight(keys: Sequence[str], queues: Mapping[str, Queue]) -> float:
    """Places that a conversation takes, on average over somebody's queues."""
    weights = [queues[key].weight for key in keys if key in queues]
    return sum(weights) / len(weights) if weights else 1.0


def _once(standing: Standing, teams: Sequence[Team]) -> dict[LineKey, list[tuple[float, str]]]:
    """Everybody in one line only: of those in whose languages they agree to be served, the one with most places."""
    places = {line: sum(team.places for team in teams if _name(line) in team.lines) for line in standing}
    taken: set[str] = set()
    found: dict[LineKey, list[tuple[float, str]]] = {}
    for line in sorted(standing, key=lambda each: (-places[each], each)):
        found[line] = [(score, member) for score, member in standing[line] if member not in taken]
        taken.update(member for _, member in found[line])
    return found
