"""What can be asked of a pool in plain Python, without indexes."""

from tests.model.people import BLINK, PRIORITY_STEP, REPEAT, Person, Visitor


class View:
    """Who is where, and when something is due."""

    def __init__(self, modes: dict[str, str], weights: dict[str, int], limit: int, now: int) -> None:
        self.modes = modes
        self.weights = weights
        self.limit = limit
        self.now = now
        self.visitors: dict[str, Visitor] = {}
        self.people: dict[str, Person] = {}
        self.spared: dict[str, int] = {}
        self.deadlines: dict[str, int] = {}

    # What can be asked of the state

    def convs(self, name: str) -> set[str]:
        return {v.id for v in self.visitors.values() if v.owner == name and v.state == "active"}

    def wraps(self, name: str) -> set[str]:
        return {v.id for v in self.visitors.values() if v.owner == name and v.state == "wrap_up"}

    def consults(self, name: str) -> set[str]:
        return {v.id for v in self.visitors.values() if name in v.guests and v.state == "active"}

    def offer(self, name: str) -> str | None:
        return next((v.id for v in self.visitors.values() if v.offered == name), None)

    def load(self, name: str) -> int:
        offered = sum(self.units_next(v) for v in self.visitors.values() if v.offered == name)
        return offered + sum(self.visitors[ident].units for ident in self.convs(name) | self.wraps(name))

    def units_next(self, v: Visitor) -> int:
        return self.weights[v.to_queue or v.queue] * (2 if v.heavy else 1)

    def fits(self, s: Person, v: Visitor) -> bool:
        """Whoever carries nothing may take one of any weight."""
        return not self.load(s.id) or self.load(s.id) + self.units_next(v) <= s.capacity

    def speaks(self, s: Person, v: Visitor) -> bool:
        waited = self.now >= v.also_at or v.state == "active"
        return v.lang in s.languages or (waited and bool(set(v.also) & set(s.languages)))

    def overtakes(self, s: Person, v: Visitor) -> bool:
        """Whether somebody before `v` has waited long for more places than are free there."""
        lines = [self.standing(queue) for queue in s.queues if self.modes[queue] != "take"]
        ahead = [u for line in lines for u in line if (u.score, u.id) < (v.score, v.id)]
        long = [u for u in ahead if self.now >= u.joined + PRIORITY_STEP and not self.fits(s, u)]
        mine = [u for u in long if self.speaks(s, u) and not self.inside(u, s.id)]
        return any(f"{u.id}|{s.id}" not in self.spared for u in mine)

    def has_place(self, s: Person) -> bool:
        return s.state == "available" and not s.away and self.load(s.id) < s.capacity

    def can_inherit(self, s: Person, v: Visitor) -> bool:
        """Whether a guest may be the next owner, alone of any weight; whom a lost owner has asked answers first."""
        there = s.state in ("available", "paused") and not s.away and self.speaks(s, v)
        room = not self.load(s.id) or self.load(s.id) + v.units <= s.capacity
        return there and room and (not v.offered or v.stands_unled)

    def at_hand(self, queue: str) -> list[Person]:
        """Who will answer in a queue."""
        here = [s for s in self.people.values() if not s.away or self.now < s.away_at + BLINK]
        return [s for s in here if queue in s.queues and s.state == "available"]

    def standing(self, queue: str) -> list[Visitor]:
        """Who can be taken in a queue, first one first."""
        found = [
            v
            for v in self.visitors.values()
            if (v.state == "waiting" and not v.away and v.queue == queue)
            or (v.state == "active" and v.to_queue == queue and not v.offered)
        ]
        return sorted(found, key=lambda v: (v.score, v.id))

    def inside(self, v: Visitor, name: str) -> bool:
        return name == v.owner or name in v.guests

    def fall_back(self, v: Visitor) -> None:
        """To the queue that it was handed on from."""
        v.queue, v.from_queue = v.from_queue or v.queue, None
        v.weight = self.weights[v.queue]
        self._undue("t", v.id)

    def _due(self, kind: str, ident: str, ms: int) -> None:
        self.deadlines[f"{kind}:{ident}"] = self.now + ms

    def _undue(self, kind: str, ident: str) -> None:
        self.deadlines.pop(f"{kind}:{ident}", None)

    def _spare(self, v: Visitor, name: str) -> None:
        self.spared[f"{v.id}|{name}"] = self.now + REPEAT
        self._due("p", f"{v.id}|{name}", REPEAT)
