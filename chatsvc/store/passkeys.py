"""Passkeys in the store: public keys, and which challenges have been used."""

from typing import Final

import msgspec

from chatsvc.domain.challenges import WITHIN_MS
from chatsvc.domain.errors import BadState
from chatsvc.domain.passkeys import OwnPasskeys, digest
from chatsvc.domain.sites import StaffId
from chatsvc.store import directory_keys as keys
from chatsvc.store.directory import directory_script
from chatsvc.store.link import Link

USED_MS: Final = 2 * WITHIN_MS  # longer than a challenge is good for, whatever the clocks of nodes say


class PasskeyStore:
    """Reads and writes them. Every method may raise `StoreUnavailable`."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def of(self, staff: StaffId) -> OwnPasskeys | None:
        """An account's passkeys; None if it has none."""
        row = await self._link.call(keys.PASSKEYS, "HGET", keys.PASSKEYS, staff)
        return msgspec.msgpack.decode(row, type=OwnPasskeys) if row else None

    async def everybody(self) -> dict[StaffId, OwnPasskeys]:
        """All accounts that have passkeys."""
        found = await self._link.call(keys.PASSKEYS, "HGETALL", keys.PASSKEYS)
        return {
            StaffId(name.decode()): msgspec.msgpack.decode(row, type=OwnPasskeys)
            for name, row in zip(found[::2], found[1::2], strict=True)
        }

    async def owner(self, credential: bytes) -> StaffId | None:
        """Whose passkey has this credential id."""
        found = await self._link.call(keys.PASSKEY_IDS, "HGET", keys.PASSKEY_IDS, digest(credential))
        return StaffId(found.decode()) if found else None

    async def put(self, staff: StaffId, own: OwnPasskeys | None, instead_of: OwnPasskeys | None) -> bool:
        """Write an account's passkeys, or remove them; false if they are others by now than `instead_of`.

        So it is for an account that is gone. Raises BadState for a credential that has an owner already.
        """
        now = {digest(key.credential) for key in own.keys} if own else set()
        before = {digest(key.credential) for key in instead_of.keys} if instead_of else set()
        added, gone = sorted(now - before), sorted(before - now)
        written: int = await self._link.run(
            directory_script("passkeys_write"),
            (keys.PASSKEYS, keys.PASSKEY_IDS, keys.STAFF),
            (staff, _row(own), _row(instead_of), len(added), *added, *gone),
        )
        if written < 0:
            raise BadState("This passkey is registered already.")
        return written == 1

    async def use(self, mark: str) -> bool:
        """Note that a challenge was used; false if it was before, on whichever node."""
        key = keys.once(f"challenge {mark}")
        return await self._link.call(key, "SET", key, "", "NX", "PX", USED_MS) is not None


def _row(own: OwnPasskeys | None) -> bytes:
    return msgspec.msgpack.encode(own) if own and own.keys else b""
