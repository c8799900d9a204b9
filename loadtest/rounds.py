"""Rounds of measuring: the systems take turns, with the yardstick between them."""

from dataclasses import dataclass
from statistics import median

from loadtest.processes import cpu_seconds
from loadtest.systems import System


@dataclass(frozen=True, slots=True)
class Sample:
    """One system at full speed for a while; all times in seconds."""

    system: str
    delivered: int
    seconds: float
    cpu: float
    shares: tuple[float, ...]
    generator_cpu: float
    generator_ready: float

    @property
    def per_thousand(self) -> float:
        """CPU seconds of servers and store for 1,000 delivered messages."""
        return 1000 * self.cpu / self.delivered

    @property
    def generator_share(self) -> float:
        """How much of one core the generator used."""
        return self.generator_cpu / self.seconds

    @property
    def busiest_share(self) -> float:
        """How much of one core the busiest of the servers and the store used."""
        return max(self.shares) * self.delivered / 1000 / self.seconds

    @property
    def generator_idle(self) -> float:
        """The share of the time in which the generator had nothing to do: it waited for the servers."""
        return max(0.0, 1 - (self.generator_cpu + self.generator_ready) / self.seconds)


@dataclass(frozen=True, slots=True)
class Round:
    """Each system once, and the yardstick right before and right after each of them."""

    chatsvc: Sample
    chatsvc_yardstick: tuple[Sample, Sample]
    socketio: Sample | None = None
    socketio_yardstick: tuple[Sample, Sample] | None = None

    @property
    def against_yardstick(self) -> float:
        """How many bare echoes a message of ours costs."""
        return self.chatsvc.per_thousand / _mean(self.chatsvc_yardstick)

    @property
    def socketio_against_yardstick(self) -> float | None:
        """How many bare echoes a message of python-socketio costs."""
        if self.socketio is None or self.socketio_yardstick is None:
            return None
        return self.socketio.per_thousand / _mean(self.socketio_yardstick)

    @property
    def against_socketio(self) -> float | None:
        """How many of our messages one of python-socketio costs, each measured against its own yardstick."""
        theirs = self.socketio_against_yardstick
        return None if theirs is None else theirs / self.against_yardstick


def _mean(samples: tuple[Sample, Sample]) -> float:
    return (samples[0].per_thousand + samples[1].per_thousand) / 2


def measure(system: System, seconds: float, most: int) -> Sample:
    """Let a system work for `seconds` or until `most` messages, then until all is delivered. Raises RunFailed."""
    before = [cpu_seconds([pid]) for pid in system.pids]
    done = system.generator.ask({"run": seconds, "most": most})
    used = [cpu_seconds([pid]) - start for pid, start in zip(system.pids, before, strict=True)]
    return Sample(
        system.name,
        done["delivered"],
        done["seconds"],
        sum(used),
        tuple(1000 * part / done["delivered"] for part in used),
        done["cpu"],
        done["ready"],
    )


def one_round(echo: System, chatsvc: System, socketio: System | None, seconds: float, most: int) -> Round:
    """Yardstick, chatsvc, yardstick, python-socketio, yardstick."""
    first = measure(echo, seconds / 2, most)
    ours = measure(chatsvc, seconds, most)
    second = measure(echo, seconds / 2, most)
    if socketio is None:
        return Round(ours, (first, second))
    theirs = measure(socketio, seconds, most)
    return Round(ours, (first, second), theirs, (second, measure(echo, seconds / 2, most)))


def middle(values: list[float]) -> float:
    """The median, which one disturbed round does not move."""
    return median(values)
