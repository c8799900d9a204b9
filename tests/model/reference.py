"""One pool in plain Python: slow, obvious, without indexes. What the store does is compared with it."""

from collections.abc import Iterator

from tests.model.people import (
    ALSO,
    FOREVER,
    FRONT,
    GRACE_STAFF,
    GRACE_TALKING,
    GRACE_WAITING,
    IDLE,
    LINGER,
    OFFER,
    TO_QUEUE,
    TO_STAFF,
    WARNING,
    WRAP_UP,
    Person,
    Refused,
    Visitor,
)
from tests.model.view import View


class Reference(View):
    """The same commands as the store's scripts, and the same clock."""

    # Pairing

    def pair(self) -> None:
        """As long as somebody waits for whom somebody is free: the longest wait, the least loaded, the longest idle."""
        while pairs := self._all_pairs():
            _, _, v, s, queue = min(pairs, key=lambda pair: (pair[0], pair[2].id, pair[1], pair[3].id))
            if self.modes[queue] == "auto":
                self._assign(v, s)
            else:
                self._offer(v, s, OFFER)
        for s in self.people.values():
            if s.state == "draining" and not (self.convs(s.id) | self.wraps(s.id) | self.consults(s.id)):
                s.state = "off"

    def _all_pairs(self) -> list[tuple[float, tuple[int, int], Visitor, Person, str]]:
        """Once what has no owner has been seen to."""
        for v in sorted(self.visitors.values(), key=lambda v: (v.score, v.id)):
            if v.adrift:
                self._carry_on(v)
        return list(self._pairs())

    def _pairs(self) -> Iterator[tuple[float, tuple[int, int], Visitor, Person, str]]:
        """Both ranks, the two, and the queue in which they meet."""
        for queue, mode in [item for item in self.modes.items() if item[1] != "take"]:
            for v in self.standing(queue):
                for s in self.people.values():
                    barred = f"{v.id}|{s.id}" in self.spared or self.inside(v, s.id)
                    barred = barred or not self.fits(s, v) or not self.speaks(s, v) or self.overtakes(s, v)
                    busy = mode == "offer" and self.offer(s.id) is not None
                    if queue in s.queues and self.has_place(s) and not barred and not busy:
                        yield v.score, (self.load(s.id), s.idle), v, s, queue

    def _assign(self, v: Visitor, s: Person) -> None:
        if v.state == "active":
            if v.owner:
                self.people[v.owner].idle = self.now
            if v.to_queue:
                v.queue, v.weight = v.to_queue, self.weights[v.to_queue]
        v.to_queue = v.to_staff = v.offered = v.from_queue = None
        v.adrift = False
        v.guests = [name for name in v.guests if name != s.id]
        v.state, v.owner, v.assigned = "active", s.id, self.now
        s.idle, s.missed = self.now, 0
        for kind in "otva":
            self._undue(kind, v.id)
        if v.away:
            self._due("v", v.id, GRACE_TALKING)
        self._due("i", v.id, WARNING)

    def _offer(self, v: Visitor, s: Person, ms: int) -> None:
        if v.state == "waiting":
            v.state = "offered"
        v.offered, v.offer_until = s.id, self.now + ms
        self._due("o", v.id, ms)

    def _drop(self, v: Visitor, reason: str) -> None:
        if reason in ("declined", "expired"):
            self._spare(v, v.offered or "")
        v.offered = None
        self._undue("o", v.id)
        if v.state == "offered":
            v.state, v.to_staff = "waiting", None
            if v.from_queue and self.now >= v.to_till:
                self._settle(v)
        elif not v.to_queue or self.now >= v.to_till:
            v.to_queue = v.to_staff = None

    def _miss(self, v: Visitor) -> None:
        s = self.people[v.offered or ""]
        s.missed += 1
        if s.missed >= 2 and s.state == "available":
            s.state, s.missed = "paused", 0
        self._drop(v, "expired")

    # Visitors

    def join(self, ident: str, queue: str, lang: str, also: tuple[str, ...]) -> None:
        if not any({lang, *also} & set(s.languages) for s in self.at_hand(queue)):
            raise Refused("no_staff")
        line = [v for v in self.visitors.values() if v.queue == queue and v.state in ("waiting", "offered")]
        if len(line) >= self.limit:
            raise Refused("full")
        made = Visitor(
            ident, queue, self.now, float(self.now), lang=lang, also=also, weight=self.weights[queue]
        )
        made.also_at = self.now + ALSO if also else 0
        if also:
            self._due("a", ident, ALSO)
        self.visitors[ident] = made

    def back(self, ident: str) -> None:
        v = self.visitors[ident]
        v.away = False
        self._undue("v", ident)

    def visitor_gone(self, ident: str) -> None:
        v = self.visitors[ident]
        if v.state in ("waiting", "offered", "active") and not v.away:
            v.away = True
            self._due("v", ident, GRACE_TALKING if v.state == "active" else GRACE_WAITING)

    def finish(self, ident: str) -> None:
        v = self.visitors[ident]
        if v.state in ("wrap_up", "closed"):
            raise Refused("bad_state")
        v.offered = v.to_queue = v.to_staff = v.from_queue = None
        v.adrift = False
        for kind in "oivta":
            self._undue(kind, ident)
        self._due("l", ident, LINGER)
        v.state = "wrap_up" if v.owner else "closed"
        if v.owner:
            time = WRAP_UP * (2 if v.heavy else 1)
            v.wrap_until = self.now + time
            self._due("w", ident, time)

    # Staff

    def attach(self, name: str, capacity: int, queues: tuple[str, ...], languages: tuple[str, ...]) -> None:
        s = self.people.setdefault(name, Person(name, capacity, queues, self.now, languages))
        s.away = False
        self._undue("s", name)
        for v in [self.visitors[ident] for ident in self.convs(name)]:
            self._come_back(v)

    def staff_gone(self, name: str) -> None:
        self.people[name].away, self.people[name].away_at = True, self.now
        self._due("s", name, GRACE_STAFF)
        held = self.offer(name)
        if held:
            self._drop(self.visitors[held], "withdrawn")

    def duty(self, name: str, state: str) -> None:
        s = self.people[name]
        if s.away and state != "off" and s.state not in ("available", "paused"):
            raise Refused("off_duty")
        if state == "available" and s.state != "available":
            s.idle, s.missed = self.now, 0
        busy = self.convs(name) | self.wraps(name) | self.consults(name)
        s.state = "draining" if state == "off" and busy else state
        held = self.offer(name)
        if state != "available" and held:
            self._drop(self.visitors[held], "withdrawn")

    def take(self, name: str, ident: str | None) -> str:
        s = self.people[name]
        if s.state != "available" or s.away:
            raise Refused("off_duty")
        v = self.visitors.get(ident) if ident else None
        if ident:
            if v is None or v.state == "gone":
                raise Refused("already_taken")
            queue = v.to_queue or v.queue
            if queue not in s.queues:
                raise Refused("already_taken")
            if v not in self.standing(queue) or self.inside(v, name):
                raise Refused("already_taken")
            if not self.speaks(s, v):
                raise Refused("no_language")
        if self.load(name) >= s.capacity or (v and not self.fits(s, v)):
            raise Refused("at_capacity")
        if v is None:
            standing = [v for queue in s.queues for v in self.standing(queue) if not self.inside(v, name)]
            found = [v for v in standing if self.fits(s, v) and self.speaks(s, v)]
            if not found:
                raise Refused("nothing_waiting")
            v = min(found, key=lambda v: v.score)
        self._assign(v, s)
        return v.id

    def answer(self, name: str, ident: str, accept: bool) -> None:
        v = self.visitors[ident]
        if v.offered != name:
            raise Refused("not_found")
        if accept and v.offer_until > self.now:
            self._assign(v, self.people[name])
        elif accept:
            self._miss(v)
        else:
            self.people[name].missed = 0
            self._drop(v, "declined")

    def close(self, name: str, ident: str) -> None:
        v = self.visitors[ident]
        if not self.inside(v, name):
            raise Refused("not_found")
        if name in v.guests:
            self._send_away(v, name)
        else:
            self.finish(ident)

    def _send_away(self, v: Visitor, name: str) -> None:
        v.guests.remove(name)
        self.people[name].idle = self.now

    def wrap_up(self, name: str, ident: str) -> None:
        v = self.visitors[ident]
        if v.owner != name:
            raise Refused("not_allowed" if name in v.guests else "not_found")
        if v.state != "wrap_up":
            raise Refused("bad_state")
        self._end_wrap_up(v)

    def _end_wrap_up(self, v: Visitor) -> None:
        v.state = "closed"
        self.people[v.owner or ""].idle = self.now
        self._undue("w", v.id)

    def give_back(self, name: str, ident: str) -> None:
        v = self.visitors[ident]
        if v.owner != name:
            raise Refused("not_allowed" if name in v.guests else "not_found")
        if v.state != "active":
            raise Refused("bad_state")
        self._spare(v, name)
        self._return(v)

    def _return(self, v: Visitor, *, lost: bool = False) -> None:
        """To the front; a transfer goes on when the owner is lost."""
        for name in [v.owner or "", *v.guests]:
            self.people[name].idle = self.now
        if not lost:
            v.to_queue = v.to_staff = v.offered = None
            self._undue("o", v.id)
        if v.to_queue and v.to_queue != v.queue:
            v.from_queue, v.queue, v.weight = v.queue, v.to_queue, self.weights[v.to_queue]
        else:
            self._undue("t", v.id)
        v.to_queue = v.owner = None
        v.guests, v.adrift = [], False
        self._undue("i", v.id)
        v.state, v.score = "offered" if v.offered else "waiting", min(v.score, v.joined - FRONT)
        if v.also and self.now < v.also_at:
            self.deadlines[f"a:{v.id}"] = v.also_at
        if v.away:
            self._due("v", v.id, GRACE_WAITING)

    # Owners who are lost

    def _carry_on(self, v: Visitor) -> None:
        """A conversation without an owner goes to its first guest who can have it, or waits with them or alone."""
        owner = self.people[v.owner or ""]
        if heirs := [name for name in v.guests if self.can_inherit(self.people[name], v)]:
            self._inherit(v, heirs[0])
        elif not v.guests:
            self._return(v, lost=True)
        else:
            if not v.to_queue and not v.to_staff:
                v.to_queue, v.to_till, v.score = v.queue, FOREVER, min(v.score, v.joined - FRONT)
            owner.state = "draining" if owner.state == "off" else owner.state

    def _inherit(self, v: Visitor, name: str) -> None:
        self.people[v.owner or ""].idle = self.people[name].idle = self.now
        v.guests.remove(name)
        v.owner, v.assigned, v.adrift = name, self.now, False
        self._stand_no_more(v)

    def _come_back(self, v: Visitor) -> None:
        v.adrift = False
        self._stand_no_more(v)

    def _stand_no_more(self, v: Visitor) -> None:
        if v.stands_unled and v.offered:
            self._drop(v, "withdrawn")
        v.to_queue = None if v.stands_unled else v.to_queue

    def _settle(self, v: Visitor) -> None:
        """The time is over: it stays where somebody is there for it, else it goes to where it came from."""
        if any(self.speaks(s, v) for s in self.at_hand(v.queue)):
            v.from_queue = None
        else:
            self.fall_back(v)

    def transfer(self, name: str, ident: str, staff: str | None, queue: str | None) -> None:
        v = self.visitors[ident]
        if v.owner != name:
            raise Refused("not_allowed" if name in v.guests else "not_found")
        if v.state != "active" or v.to_queue or v.to_staff:
            raise Refused("bad_state")
        if queue:
            v.to_queue, v.to_till, v.score = queue, self.now + TO_QUEUE, min(v.score, v.joined - FRONT)
            self._due("t", ident, TO_QUEUE)
            return
        other = self.people.get(staff or "")
        if other is None or staff == name:
            raise Refused("not_found")
        if other.state != "available" or other.away:
            raise Refused("off_duty")
        if not self.speaks(other, v):
            raise Refused("no_language")
        if self.offer(other.id) or self.load(other.id) >= other.capacity or not self.fits(other, v):
            raise Refused("at_capacity")
        v.to_staff = other.id
        self._offer(v, other, TO_STAFF)

    def mark_heavy(self, name: str, ident: str, on: bool) -> None:
        v = self.visitors[ident]
        if v.owner != name:
            raise Refused("not_allowed" if name in v.guests else "not_found")
        if v.state != "active":
            raise Refused("bad_state")
        v.heavy = on

    def consult(self, name: str, ident: str, colleague: str) -> None:
        v = self.visitors[ident]
        if v.owner != name or colleague not in self.people:
            raise Refused("not_found")
        if v.state != "active" or self.inside(v, colleague):
            raise Refused("bad_state")
        other = self.people[colleague]
        if other.state not in ("available", "paused") or other.away:
            raise Refused("off_duty")
        v.guests.append(colleague)

    # Time

    def meet(self) -> None:
        """Everything that is overdue, the earliest first; what that makes overdue, afterwards."""
        while overdue := sorted((at, key) for key, at in self.deadlines.items() if at <= self.now):
            for _, key in overdue[:100]:
                if self.deadlines.get(key, self.now + 1) <= self.now:
                    del self.deadlines[key]
                    self.spared.pop(key.removeprefix("p:"), None)
                    self._expire(*key.split(":", 1))
                    self.pair()

    def _expire(self, kind: str, ident: str) -> None:
        if kind == "s":
            self._grace_over(self.people[ident])
            return
        if (v := self.visitors.get(ident)) is None:  # of `p`; pairing follows every deadline
            return
        if kind == "v":
            self.finish(ident)
        elif kind == "o":
            self._miss(v)
        elif kind == "i":
            self._idle(v)
        elif kind == "w":
            self._end_wrap_up(v)
        elif kind == "t" and not v.offered:
            v.to_queue = None
            if v.from_queue:
                self._settle(v)
        elif kind == "l":
            self._lingered(v)

    def _lingered(self, v: Visitor) -> None:
        if v.state == "closed":
            del self.visitors[v.id]
        else:
            self.deadlines[f"l:{v.id}"] = v.wrap_until

    def _idle(self, v: Visitor) -> None:
        if self.now - v.assigned >= IDLE:
            self.finish(v.id)
        elif self.now - v.assigned >= WARNING:
            self.deadlines[f"i:{v.id}"] = v.assigned + IDLE
        else:
            self.deadlines[f"i:{v.id}"] = v.assigned + WARNING

    def _grace_over(self, s: Person) -> None:
        if not s.away:
            return
        if held := self.offer(s.id):
            self._drop(self.visitors[held], "withdrawn")
        s.state = "off"
        for ident in self.convs(s.id):
            self.visitors[ident].adrift = True
        for v in [self.visitors[ident] for ident in self.consults(s.id)]:
            self._send_away(v, s.id)
