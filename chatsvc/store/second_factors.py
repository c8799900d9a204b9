"""Second factors in the store, and which codes have been used."""

import msgspec

from chatsvc.domain.one_time import STEP_MS
from chatsvc.domain.second_factor import Factor
from chatsvc.domain.sites import StaffId
from chatsvc.store import directory_keys as keys
from chatsvc.store.directory import directory_script
from chatsvc.store.link import Link

USED_MS = 8 * STEP_MS  # longer than a code is good for, whatever the clocks of nodes say


class SecondFactors:
    """Reads and writes them. Every method may raise `StoreUnavailable`."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def of(self, staff: StaffId) -> Factor | None:
        """An account's second factor."""
        row = await self._link.call(keys.FACTORS, "HGET", keys.FACTORS, staff)
        return msgspec.msgpack.decode(row, type=Factor) if row else None

    async def everybody(self) -> set[StaffId]:
        """Who has an app."""
        rows = await self._link.call(keys.FACTORS, "HGETALL", keys.FACTORS)
        return {
            StaffId(name.decode())
            for name, row in zip(rows[::2], rows[1::2], strict=True)
            if msgspec.msgpack.decode(row, type=Factor).app
        }

    async def put(self, staff: StaffId, factor: Factor | None, instead_of: Factor | None = None) -> bool:
        """Write an account's second factor, or remove it; false if it has another by now than `instead_of`."""
        row = b"" if factor is None else _row(factor)
        replaces = [] if instead_of is None else [_row(instead_of)]
        version = await self._link.run(
            directory_script("directory_write"),
            (keys.FACTORS, keys.ABOUT, keys.CHANGED),
            (staff, row, *replaces),
        )
        return int(version) >= 0

    async def use(self, staff: StaffId, generation: str, step: int) -> bool:
        """Mark the code of a step as used; false if it was used before, on whichever node."""
        key = keys.used_code(staff, generation, step)
        return await self._link.call(key, "SET", key, "", "NX", "PX", USED_MS) is not None


def _row(factor: Factor) -> bytes:
    # As rows have always been: one that is to be replaced is compared byte by byte.
    app = {} if factor.app else {"app": False}
    return msgspec.msgpack.encode(
        {"generation": factor.generation, "since": factor.since, "recovery": factor.recovery, **app}
    )
