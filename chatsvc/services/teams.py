"""Who takes visitors, from which lines and until when: those at hand, those in a pause, those who are planned."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

from chatsvc.domain.estimate import Change
from chatsvc.domain.records import Duty
from chatsvc.domain.sharing import Presence, Team
from chatsvc.domain.sites import Queue

BLINK_MS = 10_000  # as in `store/lua/_pool.lua`: a page loaded anew, a node that starts again, a tunnel
LOOK_AHEAD_MS = 12 * 3_600_000  # shifts that begin later don't matter to anybody who waits now
CHANGE_OF_SHIFT_MS = 15 * 60_000  # a gap between shifts in which nobody speaks of an end
PAUSE_S = 900.0
TALK_S = 1_500.0  # in which conversations begun before a pause end, two of three

LineKey = tuple[str, str]  # queue key and language


def is_at_hand(duty: Duty, now: int) -> bool:
    """Whether somebody will answer: available, and connected, or so until a moment ago."""
    return duty.state == "available" and (duty.away is None or now < duty.away + BLINK_MS)


def staffed_until(
    people: Iterable[Duty], plan: Iterable[Presence], queue: str, languages: Sequence[str], now: int
) -> int | None:
    """When the last of those leaves, as planned, who serve a queue in any of these languages (ms).

    None where no end is known: somebody is there without a plan. Whoever follows within a quarter of an hour goes on.
    """
    times = sorted(_times(people, plan, queue, frozenset(languages), now))
    until = float(now)
    for start, end in times:
        if start > until + CHANGE_OF_SHIFT_MS:
            break
        until = max(until, end)
    return None if math.isinf(until) else int(until)


def _times(
    people: Iterable[Duty], plan: Iterable[Presence], queue: str, languages: frozenset[str], now: int
) -> Iterator[tuple[float, float]]:
    planned = list(plan)
    here = {duty.id: duty for duty in people if duty.state == "paused" or is_at_hand(duty, now)}
    for duty in here.values():
        if queue in duty.queues and not languages.isdisjoint(duty.languages):
            ends = (found.end for found in planned if found.staff == duty.id and now < found.end)
            yield now, min(ends, default=math.inf)  # whoever came early leaves with that shift too
    for found in planned:
        serves = queue in found.queues and not languages.isdisjoint(found.languages)
        if serves and now < found.start:
            yield found.start, found.end


def line_name(line: LineKey) -> str:
    """A line as the domain calls it."""
    return f"{line[0]} {line[1]}"


def teams_of(
    people: Iterable[Duty], plan: Iterable[Presence], queues: Mapping[str, Queue], now: int
) -> list[Team]:
    """Everybody who takes visitors now or is planned to, with the times at which they begin and end."""
    planned: dict[str, list[Presence]] = {}
    for presence in plan:
        if now < presence.end and presence.start < now + LOOK_AHEAD_MS:
            planned.setdefault(presence.staff, []).append(presence)
    teams = []
    for duty in people:
        if is_at_hand(duty, now):
            teams.append(_present(duty, _same_queues(duty, planned), queues, now))
        elif duty.state == "paused" and duty.away is None:
            teams.append(_paused(duty, _same_queues(duty, planned), queues, now))
    return teams + [_to_come(found, queues, now) for found in chain(*planned.values()) if found.start > now]


def _same_queues(duty: Duty, planned: dict[str, list[Presence]]) -> list[Presence]:
    """Take out the shifts in which somebody goes on with the queues of now; in others they are a team of their own."""
    theirs, now_serves = planned.pop(duty.id, []), set(duty.queues)
    planned[duty.id] = [shift for shift in theirs if now_serves.isdisjoint(shift.queues)]
    return [shift for shift in theirs if not now_serves.isdisjoint(shift.queues)]


def _present(duty: Duty, planned: list[Presence], queues: Mapping[str, Queue], now: int) -> Team:
    weight = _weight(duty.queues, queues)
    changes = _ends(planned, duty.capacity / weight, now)
    free = max(0, duty.capacity - duty.load) / weight
    lines = lines_of(duty.queues, duty.languages)
    return Team(lines, duty.capacity / weight, free, changes, len(duty.wraps))


def _paused(duty: Duty, planned: list[Presence], queues: Mapping[str, Queue], now: int) -> Team:
    """Somebody who will be back, when nobody knows: a pause is taken to last a quarter of an hour, or a third more."""
    weight = _weight(duty.queues, queues)
    gone = (now - duty.since) / 1000
    back = max(PAUSE_S - gone, gone / 3, 60.0)
    busy = min(duty.load, duty.capacity) * math.exp(-back / TALK_S) / weight
    places = duty.capacity / weight
    ends = _ends(planned, places, now)
    changes = ends[1:] if ends and ends[0].after_s <= back else (Change(back, places, busy), *ends)
    return Team(lines_of(duty.queues, duty.languages), 0.0, 0.0, changes)


def _ends(planned: list[Presence], places: float, now: int) -> tuple[Change, ...]:
    """When the shift ends that goes on or was begun early, and what follows it; nothing without a plan."""
    found: list[Change] = []
    for shift in sorted(planned, key=lambda each: each.start):
        if found:
            found.append(Change((shift.start - now) / 1000, places))
        found.append(Change((shift.end - now) / 1000, -places))
    return tuple(found)


def _to_come(found: Presence, queues: Mapping[str, Queue], now: int) -> Team:
    places = found.capacity / _weight(found.queues, queues)
    begin, end = (found.start - now) / 1000, (found.end - now) / 1000
    return Team(
        lines_of(found.queues, found.languages), 0.0, 0.0, (Change(begin, places), Change(end, -places))
    )


def lines_of(queues: Sequence[str], languages: Sequence[str]) -> frozenset[str]:
    """The lines from which somebody takes."""
    return frozenset(line_name((queue, language)) for queue in queues for language in languages)


def _weight(keys: Sequence[str], queues: Mapping[str, Queue]) -> float:
    """Places that a conversation takes, on average over somebody's queues."""
    weights = [queues[key].weight for key in keys if key in queues]
    return sum(weights) / len(weights) if weights else 1.0
