"""How much may come from one network before it has to work for it, and before it is asked to wait.

Everything is in this node's memory: a node knows nothing of what others have let in, and nothing after a restart. The
figures are for a network that many share, a school's, a library's or a mobile operator's: deploy/abuse.md has the sums.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from aiohttp import web

from chatsvc.domain.buckets import Nested, Rate
from chatsvc.web.neighbours import NOBODY, WORD, Neighbours, Network
from chatsvc.web.puzzles import BITS, Puzzles

WorkKind = Literal["join", "message"]
Kind = Literal["join", "message", "watch"]

MOST_SOURCES = 20_000  # remembered for each bucket: some 5 MB
WIDER_HAS = 4  # times as much as one network: all networks of one /48 in IPv6 together
GROWS_BY_BITS = 2  # four times the work, for the last of what may be had for work


@dataclass(frozen=True, slots=True)
class Figures:
    """What one network may do for nothing, and then for one proof of work each."""

    joins: Rate
    worked_joins: Rate
    messages: Rate
    worked_messages: Rate  # proofs
    messages_for_work: int
    watches: Rate
    bits: int


FIGURES = Figures(
    joins=Rate(20, 1 / 30),  # a class at once; 120 an hour
    worked_joins=Rate(200, 1 / 6),  # a school at once; 600 an hour
    messages=Rate(300, 5.0),  # 150 who write every half minute
    worked_messages=Rate(100, 1 / 6),
    messages_for_work=30,
    watches=Rate(300, 2.0),
    bits=BITS,
)


class Counter(Protocol):
    """Where it is counted, by kind and outcome and by nothing else."""

    def limited(self, kind: str, outcome: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Task:
    """A puzzle to be solved first, and how many zero bits its proof needs."""

    puzzle: str
    bits: int


@dataclass(frozen=True, slots=True)
class Wait:
    """Not now: in `seconds` at the earliest."""

    seconds: float


class Limits:
    """What the sources of one node have left. `clock`: seconds that only go forward."""

    def __init__(
        self, counter: Counter, clock: Callable[[], float], trusted: Sequence[Network], figures: Figures = FIGURES
    ) -> None:  # fmt: skip
        self.figures = figures
        self._counter = counter
        self._clock = clock
        self._neighbours = Neighbours(trusted)
        self._puzzles = Puzzles()
        self._free: dict[Kind, Nested[bytes]] = {
            "join": _buckets(self.figures.joins),
            "message": _buckets(self.figures.messages),
            "watch": _buckets(self.figures.watches),
        }
        self._worked: dict[WorkKind, Nested[bytes]] = {
            "join": _buckets(self.figures.worked_joins),
            "message": _buckets(self.figures.worked_messages),
        }

    def source(self, request: web.Request) -> bytes:
        """The word for where a request comes from; it means nothing outside this process, nor after a day."""
        self.renew()
        return self._neighbours.of(request)

    def renew(self) -> None:
        """Once a day, forget everybody: nothing that was limited is so for longer."""
        if self._neighbours.renew(self._clock()):
            for bucket in (*self._free.values(), *self._worked.values()):
                bucket.clear()

    def free(self, kind: Kind, source: bytes) -> float:
        """Take one of what `source` has for nothing, or tell in how many seconds there is one; 0 if it was taken."""
        return 0.0 if source == NOBODY else self._free[kind].take(*_parts(source), self._clock())

    def task(self, kind: WorkKind, source: bytes) -> Task | Wait:
        """What `source` may do for it instead; the harder, the more of that has been used up."""
        now, worked = self._clock(), self._worked[kind]
        if wait_s := worked.wait(*_parts(source), now):
            return self.refuse(kind, wait_s)
        left = worked.level(*_parts(source), now)
        self._counter.limited(kind, "set")
        bits = self.figures.bits + round(GROWS_BY_BITS * (1 - left / worked.rate.burst))
        return Task(self._puzzles.puzzle(source, now, bits), bits)

    def worked(self, kind: WorkKind, source: bytes, puzzle: str, proof: str) -> Wait | bool:
        """Whether this proof lets `source` do it, once; a wait where others of that network have been faster."""
        now = self._clock()
        if not self._puzzles.solved(source, puzzle, proof, now):
            self._counter.limited(kind, "wrong")
            return False
        if wait_s := self._worked[kind].take(*_parts(source), now):
            return self.refuse(kind, wait_s)
        self._counter.limited(kind, "solved")
        return True

    def refuse(self, kind: Kind, wait_s: float) -> Wait:
        """Count a refusal."""
        self._counter.limited(kind, "refused")
        return Wait(wait_s)


def _buckets(rate: Rate) -> Nested[bytes]:
    return Nested(rate, MOST_SOURCES, WIDER_HAS)


def _parts(source: bytes) -> tuple[bytes, bytes | None]:
    """The network's word, and that of what it is part of, where it is part of anything."""
    return source[:WORD], source[WORD:] or None
