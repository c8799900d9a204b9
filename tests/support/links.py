"""Scripts and waits that the tests of the link share."""

import asyncio
import hashlib
from dataclasses import dataclass, field

from chatsvc.domain.errors import StoreUnavailable
from chatsvc.store.link import Link


@dataclass(frozen=True)
class Lua:
    """A script for these tests."""

    name: str
    source: str
    sha: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sha", hashlib.sha1(self.source.encode()).hexdigest())


COUNT = Lua("count", "#!lua\nreturn redis.call('INCR', KEYS[1])")
COUNT_BOTH = Lua("count_both", "#!lua\nreturn {redis.call('INCR', KEYS[1]), redis.call('INCR', KEYS[2])}")
ECHO = Lua("echo", "#!lua\nreturn {KEYS[1], ARGV[1], ARGV[2], false, 7}")
FAIL = Lua("fail", "#!lua\n\nreturn redis.call('INCR', KEYS[1], ARGV[1])")
BROKEN = Lua("broken", "#!lua\nreturn return")
POOL = "{pool}"


async def until_back(link: Link) -> None:
    """Waits until calls are answered again; being away sends no event to wait for."""
    async with asyncio.timeout(20):
        while True:
            try:
                await link.call(POOL, "EXISTS", POOL)
            except StoreUnavailable:
                await asyncio.sleep(0.02)
            else:
                return
