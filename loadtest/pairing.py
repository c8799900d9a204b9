"""`make bench-pairing`: what joining, taking and freeing a place cost beside how many wait.

The waiting are put into the store in bulk, as the scripts would have left them; then the real scripts run on it. Time
is the store's own (`INFO commandstats`), so that neither this process nor the connection counts.
"""

import asyncio
import math
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click
import msgspec
import structlog

from chatsvc.domain.sites import Queue, QueueName, SiteId
from chatsvc.store.chats import PoolChats
from chatsvc.store.clock import ManualClock
from chatsvc.store.embedded import EmbeddedStore
from chatsvc.store.link import Link

SIZES: Final = (100, 1_000, 10_000, 100_000, 1_000_000)
COUNSELLORS: Final = 200
STEPS: Final = ("join", "take", "end", "free a place")
LIMIT: Final = 2.0  # times the growth of log n that a step may have
BATCH: Final = 2_000
QUEUE: Final = Queue(
    SiteId("s"), QueueName("q"), {}, mode="take", waiting_limit=10_000_000, linger_ms=3_600_000
)
_encode = msgspec.msgpack.encode


@dataclass(frozen=True, slots=True)
class Cost:
    """What one step costs the store on average, with so many waiting."""

    waiting: int
    step: str
    microseconds: float
    commands: float  # that the script calls


class Bench:
    """One pool with counsellors on duty, and as many waiting as are put there."""

    def __init__(self, link: Link, pool: str) -> None:
        self.clock = ManualClock()
        self.store = PoolChats(link, pool, "bench", self.clock, lambda: [QUEUE.key])
        self._link = link
        self._filled = 0
        self._joined = 0

    async def staff(self, count: int = COUNSELLORS) -> None:
        """Counsellors on duty, each with place for one, who speak Finnish."""
        await self.store.set_queues([QUEUE])
        for number in range(count):
            name = f"p{number}"
            await self.store.run(
                "staff_attach", id=name, alias=name, capacity=1, queues=[QUEUE.key], languages=["fi"],
                grace_ms=120_000, node="bench", conn=name,
            )  # fmt: skip
            self.clock.advance(1)
            await self.store.run("duty", id=name, state="available", reason=None)

    async def fill(self, count: int) -> None:
        """Let so many wait in all, each as `join` would have left them: copies of one that really joined."""
        template = await self._template()
        while self._filled < count:
            ids = range(self._filled, min(count, self._filled + BATCH))
            await self._put(template, ids)
            self._filled = ids.stop
        self.clock.advance(1)

    async def _template(self) -> dict[str, Any]:
        joined = await self.join()
        row = await self._link.call(self.store.keys.conv, "HGET", self.store.keys.conv, joined)
        await self.store.run("finish", id=joined, reason="visitor_left", forget=True)
        found: dict[str, Any] = msgspec.msgpack.decode(row)
        return found

    async def _put(self, template: dict[str, Any], ids: range) -> None:
        keys, now = self.store.keys, self.clock.now()
        first = now - 10_000_000
        rows: dict[str, list[str | bytes | int]] = {"conv": [], "gate": [], "vis": [], "line": [], "at": []}
        for number in ids:
            ident, joined = f"w{number:08}", first + number
            changed = {
                "id": ident,
                "visitor": f"v-{ident}",
                "joined": joined,
                "score": joined,
                "vconn": ident,
            }
            rows["conv"] += [ident, _encode(template | changed)]
            rows["gate"] += [ident, ";v@bench;|;"]
            rows["vis"] += [f"v-{ident}", ident]
            rows["line"] += [joined, ident]
            rows["at"].append(f"v:{ident}")
        calls = [
            self._link.call(keys.of(name), "HSET", keys.of(name), *rows[name])
            for name in ("conv", "gate", "vis")
        ]
        for name in ("line", "wait", "wait-fi"):
            key = keys.of(name, QUEUE.key)
            calls.append(self._link.call(key, "ZADD", key, *rows["line"]))
        calls.append(self._link.call(keys.at("bench"), "SADD", keys.at("bench"), *rows["at"]))
        await asyncio.gather(*calls)

    async def join(self) -> str:
        """Somebody joins at the end; gives the conversation."""
        self._joined += 1
        ident = f"j{self._joined}"
        await self.store.run(
            "join", id=ident, visitor=ident, site="s", queue=QUEUE.key, lang="fi", route="fi", also=[], also_ms=0,
            priority=0, tags=[], entry="open", node="bench", conn=ident, fresh=False, create=True,
            hour="2026-11-22T14",
        )  # fmt: skip
        return ident

    async def measure(self, waiting: int, rounds: int) -> list[Cost]:
        """The cost of each step, over so many visitors who join, are taken and are done."""
        found = []
        names = [f"p{number % COUNSELLORS}" for number in range(rounds)]
        taken: list[str] = []

        async def joins() -> None:
            for _ in names:
                await self.join()

        async def takes() -> None:
            for name in names:
                outcome = await self.store.run("take", id=name, conversation=None, queue=None)
                assert outcome.c is not None
                taken.append(outcome.c.id)

        async def ends() -> None:
            for name, ident in zip(names, taken, strict=True):
                await self.store.run("finish", id=ident, staff=name, reason="counsellor_closed", forget=True)

        async def frees() -> None:
            for name, ident in zip(names, taken, strict=True):
                await self.store.run("wrap_up", id=name, conversation=ident, outcome="x", tags=[])

        for step, play in zip(STEPS, (joins, takes, ends, frees), strict=True):
            await self._link.call(self.store.keys.meta, "CONFIG", "RESETSTAT")
            await play()
            microseconds, commands = await self._spent()
            found.append(Cost(waiting, step, microseconds / rounds, commands / rounds))
        return found

    async def _spent(self) -> tuple[float, float]:
        """Microseconds in scripts, and how many commands they called."""
        told = (await self._link.call(self.store.keys.meta, "INFO", "commandstats")).decode()
        calls: dict[str, tuple[int, float]] = {}
        for line in told.splitlines():
            if line.startswith("cmdstat_"):
                name, _, rest = line.removeprefix("cmdstat_").partition(":")
                fields = dict(part.split("=") for part in rest.split(","))
                calls[name] = int(fields["calls"]), float(fields["usec"])
        inside = sum(
            count for name, (count, _) in calls.items() if name not in ("evalsha", "info", "config|resetstat")
        )
        return calls["evalsha"][1], inside


async def measure(url: str, pool: str, sizes: Sequence[int], rounds: int) -> list[Cost]:
    """The costs at each size, smallest first, in a pool that nobody has used."""
    link = await Link.open(url, client_name="bench")
    try:
        bench = Bench(link, pool)
        await bench.staff()
        found: list[Cost] = []
        for size in sizes:
            await bench.fill(size)
            await bench.measure(size, min(rounds, 50))  # warms up
            found += await bench.measure(size, rounds)
        return found
    finally:
        await link.close()


def growth(costs: Sequence[Cost], step: str) -> tuple[float, float]:
    """How many times more a step costs with most waiting than with fewest, in commands and in microseconds."""
    its = [cost for cost in costs if cost.step == step]
    return its[-1].commands / its[0].commands, its[-1].microseconds / its[0].microseconds


def faults(costs: Sequence[Cost]) -> list[str]:
    """A sentence for each step that grows faster than the logarithm of how many wait."""
    sizes = [cost.waiting for cost in costs]
    logarithm = math.log(max(sizes)) / math.log(min(sizes))
    told = []
    for step in STEPS:
        commands, time = growth(costs, step)
        if commands > logarithm:
            told.append(
                f"`{step}` calls {commands:.2f} times as many commands; log n grows {logarithm:.2f} times."
            )
        if time > LIMIT * logarithm:
            told.append(f"`{step}` takes {time:.1f} times as long; log n grows {logarithm:.2f} times.")
    return told


def table(costs: Sequence[Cost]) -> str:
    """Costs by size, as Markdown: microseconds in the store, and commands that the script calls."""
    sizes = sorted({cost.waiting for cost in costs})
    lines = ["| waiting | log n | " + " | ".join(STEPS) + " |", "|---" * (2 + len(STEPS)) + "|"]
    for size in sizes:
        its = [cost for step in STEPS for cost in costs if (cost.waiting, cost.step) == (size, step)]
        cells = [f"{cost.microseconds:.0f} µs, {cost.commands:.1f}" for cost in its]
        lines.append(f"| {size:,} | {math.log(size) / math.log(sizes[0]):.1f} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


async def _alone(sizes: Sequence[int], rounds: int) -> list[Cost]:
    with tempfile.TemporaryDirectory(prefix="chatsvc-pairing-") as folder:
        async with EmbeddedStore(Path(folder)) as store:
            return await measure(store.url, "bench", sizes, rounds)


@click.command(help=__doc__)
@click.option(
    "--most", type=click.IntRange(1_000), default=SIZES[-1], show_default=True, help="Waiting at most."
)
@click.option("--rounds", type=click.IntRange(1, COUNSELLORS), default=COUNSELLORS, show_default=True)
def main(most: int, rounds: int) -> None:
    """Measure, print the table, and end with 1 if something grows faster than log n."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    costs = asyncio.run(_alone([size for size in SIZES if size <= most], rounds))
    print(table(costs))
    told = faults(costs)
    print("\n".join(["", *(told or ["Nothing grows faster than log n."])]))
    raise SystemExit(1 if told else 0)


if __name__ == "__main__":
    main()
