"""The checker of promises 2 and 3 objects to a pool whose records are broken on purpose."""

from collections.abc import Callable
from typing import Any

import msgpack
import pytest
import redis

from chatsvc.store.keys import PoolKeys
from tests.model.promises import Ledger, broken
from tests.model.week import PEOPLE, queues
from tests.support.pool_bench import Bench, bench_on
from tests.support.stores import SingleStore


class Records:
    """Writes into a pool's records, past all scripts."""

    def __init__(self, bench: Bench) -> None:
        self._client: redis.Redis = bench.client
        self._keys = PoolKeys(bench.pool)

    def change(self, kind: str, ident: str, **fields: Any) -> None:
        """Other fields of a record."""
        row: Any = self._client.hget(self._keys.of(kind), ident)
        packed = msgpack.packb({**msgpack.unpackb(row), **fields})
        self._client.hset(self._keys.of(kind), ident, packed)

    def do(self, command: str, name: str, *arguments: str | float | bytes) -> None:
        """A command on a key of the pool."""
        self._client.execute_command(command, self._keys.of(name), *arguments)  # type: ignore[no-untyped-call]


Break = Callable[[Records], None]
FAULTS: dict[str, Break] = {
    "waits is waiting and waiting": lambda to: to.do("ZADD", "line:s/o", 1, "waits"),
    "waits is nowhere": lambda to: to.do("ZREM", "line:s/q", "waits"),
    "waits: can be taken in []": lambda to: to.do("ZREM", "wait:s/q", "waits"),
    "waits: has lost the place": lambda to: to.do("ZINCRBY", "line:s/q", 5_000, "waits"),
    "should go ['waits', 'second']": lambda to: to.do("ZADD", "wait:s/q", 1, "second"),
    "waits: is waiting and says": lambda to: to.change("conv", "waits", state="offered"),
    "waits is in conversation and waiting": lambda to: to.change("staff", "aino", convs=["waits"]),
    "offered is offered to two": lambda to: to.change("staff", "eino", offer="offered"),
    "offered: has no end set (o)": lambda to: to.do("ZREM", "due", "o:offered"),
    "talks: has no end set (i)": lambda to: to.do("ZREM", "due", "i:talks"),
    "talks is in conversation and in conversation": lambda to: to.change("staff", "aino", convs=["talks"]),
    "talks is owned by ['eino'] and held by []": lambda to: to.change("staff", "eino", convs=[]),
    "talks may be written to by ['aino']": lambda to: to.do("HSET", "gate", "talks", ";v@;s:eino@n1;s:aino@n1;|"),
    "stands waits in s/a although eino is free": lambda to: to.change("staff", "eino", capacity=9),
    "eino was given ['waits'] and carries 3 of 2": lambda to: to.change("staff", "eino", convs=["talks", "waits"]),
    "gone is nowhere": lambda to: to.change("conv", "gone", pend=[]),
    "stranger is there and was never let in": lambda to: to.do("HSET", "past", "stranger", b"\x80"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_broken_record_is_told(valkey_server: SingleStore, fault: str) -> None:
    """Every promise that a record breaks is told in words that name it; before that there is nothing to tell."""
    valkey_server.start()
    async with bench_on(valkey_server, *queues()) as bench:
        ledger = Ledger()
        for name in ("aino", "eino"):
            capacity, own, languages = PEOPLE[name]
            await bench.on_duty(name, capacity, own, languages=languages)
        for ident, where in VISITORS.items():
            bench.clock.advance(1_000)
            await bench.join(ident, where)
            ledger.let_in(ident, bench.clock.now())
        await bench.leave("gone")
        assert broken(bench.state(), ledger) == []
        ledger.learn(bench.state())
        FAULTS[fault](Records(bench))
        assert any(fault in told for told in broken(bench.state(), ledger))


# Of aino and eino, eino is full with one who talks, and aino has been offered somebody.
VISITORS = {"talks": "a", "offered": "o", "waits": "q", "second": "q", "gone": "q", "stands": "a"}
