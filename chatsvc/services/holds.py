"""Legal holds on conversations: asked for by one, confirmed by another, and released likewise."""

from collections.abc import Callable, Iterable
from typing import Protocol

from chatsvc.domain.errors import NotFound
from chatsvc.domain.holds import HoldRefused
from chatsvc.domain.retained import Held, Look

Change = Callable[[Held | None], Held | None]


class HoldStore(Protocol):
    """One pool's holds. Everything may raise StoreUnavailable."""

    async def look(self, conversations: list[str]) -> list[Look]:
        """All that is known of these."""
        ...

    async def set_hold(self, conversation: str, before: Held | None, hold: Held | None, now: int) -> bool:
        """Write a hold; false if another than `before` is there."""
        ...


async def find(stores: Iterable[HoldStore], conversation: str) -> tuple[HoldStore, Look]:
    """Where a conversation is. Raises NotFound for one that is not there, or is erased."""
    for store in stores:
        look = (await store.look([conversation]))[0]
        if look.record is not None:
            return store, look
    raise NotFound(f"There is no conversation {conversation}; it may be erased already.")


async def change_hold(store: HoldStore, look: Look, change: Change, now: int) -> Held | None:
    """Write what `change` makes of the hold as it was looked at. Raises HoldRefused."""
    after = change(look.hold)
    if not await store.set_hold(look.id, look.hold, after, now):
        raise HoldRefused("Somebody else has just changed this; look again.")
    return after
