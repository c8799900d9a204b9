"""Where the master is, as the sentinels say."""

import asyncio
from typing import Any, Final

from chatsvc.domain.errors import StoreUnavailable
from chatsvc.store.link_node import NotReady, dial, sign_in
from chatsvc.store.link_url import Endpoint, StoreUrl
from chatsvc.store.resp import StoreRefused, Wire

ANSWER_WITHIN_S: Final = 1.0
LOOK_EVERY_S: Final = 2.0
"""How long a replaced master may be written to unnoticed; what it takes then is lost at its return."""


class Sentinels:
    """The sentinels of one master; the one that answered last is asked first."""

    def __init__(self, url: StoreUrl, client_name: str) -> None:
        self.look_every_s = LOOK_EVERY_S
        self._url = url
        self._client_name = client_name
        self._places = list(url.endpoints)

    async def locate(self) -> Endpoint:
        """The master's place. Raises NotReady when no sentinel knows it."""
        for place in tuple(self._places):
            found = await self._ask(place)
            if found is not None:
                self._places.remove(place)
                self._places.insert(0, place)
                return found
        raise NotReady(f"no sentinel knows a master {self._url.master!r}")

    async def _ask(self, place: Endpoint) -> Endpoint | None:
        login = self._url.sentinel_login
        wire: Wire | None = None
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                wire = await dial(self._url, place, lambda: Wire(asyncio.get_running_loop()))
                await sign_in(wire, login, self._client_name)
                return _place(await wire.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", self._url.master))
        except (OSError, TimeoutError, StoreRefused, StoreUnavailable):
            return None
        finally:
            if wire is not None:
                wire.abort()


def _place(reply: Any) -> Endpoint | None:
    return Endpoint(reply[0].decode(), int(reply[1])) if reply else None
