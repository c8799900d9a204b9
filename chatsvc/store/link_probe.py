"""Asking a store what it tells people who have not signed in."""

import asyncio

from chatsvc.domain.errors import StoreUnavailable
from chatsvc.store.link_node import dial
from chatsvc.store.link_url import StoreUrl
from chatsvc.store.resp import StoreRefused, Wire
from chatsvc.store.sentinel import Sentinels

ANSWER_WITHIN_S = 2.0


async def open_to_everybody(url: StoreUrl) -> bool | None:
    """Whether the store answers somebody without a password; None if it does not answer at all."""
    loop = asyncio.get_running_loop()
    wire: Wire | None = None
    try:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            if url.shape == "sentinel":
                place = await Sentinels(url, "chatsvc-doctor").locate()
            else:
                place = url.endpoints[0]
            wire = await dial(url, place, lambda: Wire(loop))
            await wire.ask("PING")
    except StoreRefused:
        return False
    except (OSError, TimeoutError, StoreUnavailable):
        return None
    finally:
        if wire is not None:
            wire.abort()
    return True
