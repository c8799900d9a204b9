"""Who stands before a visitor, and who serves them, where counsellors share several lines.

A line here is a queue and a language. A counsellor who takes from several lines takes whoever has waited longest in any
of them, so that the lines with the longest waits draw on whoever can help. Followed as flows this comes down to:
the lines that together have most people for each place that can serve any of them form a bottleneck, and have those
places for themselves; the same holds for what remains. It is the principal partition of lines and
places (Fujishige, "Submodular functions and optimization", 2nd ed. 2005, ch. II).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from chatsvc.domain.estimate import Change, Line

MOST_LINES = 6  # looked at together: the sets of lines double with each; of more, those with most people
SOON_S = 3_600.0  # staff planned within this time counts, in part, where places are compared


@dataclass(frozen=True, slots=True)
class Presence:
    """A planned time of one counsellor, in ms since the epoch; `capacity` in places."""

    staff: str
    queues: Sequence[str]
    languages: Sequence[str]
    capacity: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Team:
    """Places of people who take from the same lines; `changes` are planned, by time."""

    lines: frozenset[str]
    places: float
    free: float = 0.0
    changes: Sequence[Change] = ()
    finishing: float = 0.0  # those of `places` that are in wrap-up

    @property
    def soon(self) -> float:
        """Places on average over the next hour."""
        later = sum(
            change.places * (1.0 - change.after_s / SOON_S)
            for change in self.changes
            if change.after_s < SOON_S
        )
        return max(0.0, self.places + later)


def line_before(own: str, ahead: Mapping[str, int], teams: Iterable[Team]) -> tuple[Line, Sequence[Team]]:
    """What stands before somebody in the line `own`, and who serves it.

    `ahead` counts people by line; `teams` are all who take from any line.

    Lines that share nobody with it, directly or through others, don't count.
    """
    teams = list(teams)
    present = _related(own, ahead, teams)
    names = [own, *sorted((name for name in present if name != own), key=lambda name: (-ahead[name], name))]
    names = names[:MOST_LINES]
    bits = {name: 1 << number for number, name in enumerate(names)}
    people = [ahead.get(name, 0) + (name == own) for name in names]
    masks = [(team, sum(bits.get(line, 0) for line in team.lines)) for team in teams]
    left = (1 << len(names)) - 1
    while True:
        found = _densest(left, people, [(mask, team.soon) for team, mask in masks])
        serving = [team for team, mask in masks if mask & found]
        if found & 1:
            return _joined(sum(_members(found, people)) - 1, serving), serving
        left &= ~found
        masks = [(team, mask) for team, mask in masks if not mask & found]


def _related(own: str, ahead: Mapping[str, int], teams: list[Team]) -> set[str]:
    """`own` and the lines with people in them that it shares counsellors with, directly or through others."""
    found, waiting = {own}, {name for name, count in ahead.items() if count > 0}
    while True:
        more = {
            name for team in teams if not team.lines.isdisjoint(found) for name in team.lines & waiting
        } - found
        if not more:
            return found
        found |= more


def _members(chosen: int, people: Sequence[int]) -> list[int]:
    return [count for number, count in enumerate(people) if chosen >> number & 1]


def _densest(left: int, people: Sequence[int], masks: Sequence[tuple[int, float]]) -> int:
    """The largest set within `left` of those with most people a place."""
    best, most = left, -1.0
    chosen = left
    while chosen:
        places = sum(count for mask, count in masks if mask & chosen)
        waiting = float(sum(_members(chosen, people)))
        density = waiting / places if places > 0.0 else float("inf") if waiting else 0.0
        if density > most + 1e-12 or (density >= most - 1e-12 and chosen.bit_count() > best.bit_count()):
            best, most = chosen, max(most, density)
        chosen = (chosen - 1) & left
    return best


def _joined(ahead: int, teams: Sequence[Team]) -> Line:
    changes = sorted(change for team in teams for change in team.changes)
    places, free = sum(team.places for team in teams), sum(team.free for team in teams)
    return Line(ahead, places, free, tuple(changes), sum(team.finishing for team in teams))
