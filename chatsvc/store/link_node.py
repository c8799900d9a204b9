"""One server of the store: connects, greets, comes back by itself, and hands commands to its connection."""

import asyncio
import contextlib
import random
import ssl
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

import structlog

from chatsvc.domain.errors import StoreUnavailable
from chatsvc.domain.ports import Reply
from chatsvc.store.link_url import Endpoint, Login, StoreUrl
from chatsvc.store.resp import MOST_IN_FLIGHT, REPLY_WITHIN_S, Entry, Runnable, StoreRefused, Wire

CONNECT_WITHIN_S: Final = 3.0
BACKOFF_FIRST_S: Final = 0.05
BACKOFF_MOST_S: Final = 2.0
SETTLED_AFTER_S: Final = 5.0
OLDEST_VERSION: Final = 7
"""Redis 7.0 brought sharded pub/sub; Valkey counts itself as a Redis 7."""

_log = structlog.get_logger("chatsvc.store")
_WireType = TypeVar("_WireType", bound=Wire)
OnRefused = Callable[["Node", Wire, Entry, StoreRefused], None]


class NotReady(Exception):
    """The server answers but can't be used as it is: it loads its data, or is a replica."""


class Greeting:
    """What a server says of itself when greeted."""

    __slots__ = ("is_cluster", "run_id", "version")

    def __init__(self, info: dict[str, str]) -> None:
        """Raises NotReady when the server can't be used as it is."""
        redis_version = info.get("redis_version", "")
        if int("0" + redis_version.partition(".")[0]) < OLDEST_VERSION:
            raise NotReady(f"its version {redis_version} is too old, {OLDEST_VERSION}.0 is needed")
        if info.get("loading") == "1":
            raise NotReady("it is loading its data")
        if info.get("role") != "master":
            raise NotReady("it is a replica")
        self.run_id = info.get("run_id", "")
        self.is_cluster = info.get("cluster_enabled") == "1"
        self.version = info.get("valkey_version") or redis_version


async def dial(url: StoreUrl, place: Endpoint, make: Callable[[], _WireType]) -> _WireType:
    """An open transport to the place. Raises OSError or TimeoutError within `CONNECT_WITHIN_S`."""
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(CONNECT_WITHIN_S):
        if place.path:
            _, wire = await loop.create_unix_connection(make, place.path)
        else:
            _, wire = await loop.create_connection(make, place.host, place.port, ssl=url.tls)
    return wire


def sign_in(wire: Wire, login: Login, client_name: str) -> asyncio.Future[Any]:
    """HELLO with name and password; RESP2, whose replies are bytes, int, None and list only."""
    hello: list[bytes | str | int] = ["HELLO", 2]
    if login.password:
        hello += ["AUTH", login.user or "default", login.password]
    return wire.ask(*hello, "SETNAME", client_name)


async def greet(wire: Wire, login: Login, db: int, client_name: str) -> Greeting:
    """Signs in and learns whom we talk to. Raises StoreRefused, NotReady, StoreUnavailable, TimeoutError."""
    asked = [sign_in(wire, login, client_name), wire.ask("INFO", "everything")]
    if db:
        asked.append(wire.ask("SELECT", db))
    try:
        async with asyncio.timeout(CONNECT_WITHIN_S):
            _, info, *_ = await asyncio.gather(*asked)
        return Greeting(_info(info))
    except BaseException as error:
        wire.abort()
        if isinstance(error, StoreUnavailable):
            raise NotReady(_hung_up(wire)) from None
        raise


def _hung_up(wire: Wire) -> str:
    """Why a server has ended a connection before it said who it is."""
    if not wire.encrypted:
        return "it ended the connection without a word; if it wants TLS, the URL begins with rediss"
    # The server looks at what we show only after the handshake. Its alert may be lost when it hangs up at once.
    sure = isinstance(wire.why_lost, ssl.SSLError)
    perhaps = "" if sure else "ended the connection without a word: perhaps it "
    return f"it {perhaps}does not accept our certificate, or we show none (cert= and key= in the URL)"


class Node:
    """A connection to one server that renews itself; `locate` says where the server is at each attempt."""

    def __init__(
        self,
        url: StoreUrl,
        client_name: str,
        locate: Callable[[], Awaitable[Endpoint]],
        on_refused: OnRefused,
        on_up: Callable[["Node"], None],
        on_down: Callable[["Node"], None],
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._url = url
        self._client_name = client_name
        self._locate = locate
        self._on_refused = on_refused
        self._on_up = on_up
        self._on_down = on_down
        self._gone = asyncio.Event()
        self.wire: Wire | None = None
        self.place: Endpoint | None = None
        self._greeting: Greeting | None = None
        self.trouble: Exception | None = None
        self._task = self._loop.create_task(self._keep())

    def submit(self, payload: bytes, script: Runnable | None, slot: int) -> asyncio.Future[Any]:
        """Sends a packed command in this tick's write; fails at once when away or overfull."""
        future: asyncio.Future[Any] = self._loop.create_future()
        self.send(payload, script, slot, future)
        return future

    def send(self, payload: bytes, script: Runnable | None, slot: int, reply: Reply) -> None:
        """As `submit`, for somebody who waits already."""
        wire = self.wire
        if wire is None:
            reply.set_exception(StoreUnavailable("The store is away; the command was not sent."))
            return
        pending = wire.pending
        if len(pending) >= MOST_IN_FLIGHT or wire.choked:
            reply.set_exception(
                StoreUnavailable("Too many commands wait for the store; this one was not sent.")
            )
            return
        if script is not None and script.sha not in wire.loaded:
            wire.load(script)
        if not wire.out:
            self._loop.call_soon(wire.flush)
        wire.out.append(payload)
        pending.append((reply, payload, script, slot, None))

    def resend(self, entry: Entry, *, first: bytes = b"") -> bool:
        """Sends a command once more, right behind the command `first`; False when away."""
        wire = self.wire
        if wire is None:
            return False
        if entry.script is not None and entry.script.sha not in wire.loaded:
            wire.load(entry.script)
        if first:
            wire.put(Entry(None, first, None, -1, None))
        wire.put(entry)
        return True

    @property
    def run_id(self) -> str:
        """The server's run id, as of the last connection."""
        return self._greeting.run_id if self._greeting else ""

    @property
    def is_cluster(self) -> bool:
        """Whether the server belongs to a cluster."""
        return self._greeting is not None and self._greeting.is_cluster

    def renew(self) -> None:
        """Drops the connection, so that the server is located and connected to anew."""
        if self.wire is not None:
            self.wire.abort()

    async def retire(self) -> None:
        """Closes once what was sent has its replies."""
        if self.wire is not None:
            # Replies come in order: this one tells that all before it have come.
            with contextlib.suppress(TimeoutError, StoreUnavailable, StoreRefused):
                async with asyncio.timeout(REPLY_WITHIN_S):
                    await self.wire.ask("PING")
        await self.close()

    async def close(self) -> None:
        """Ends the connection and its renewal."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        if self.wire is not None:
            self.wire.abort()
            # The transport reports its end in a later tick; what waits must have failed when close returns.
            await self._gone.wait()

    def _make_wire(self) -> Wire:
        return Wire(self._loop, self._refused, self._lost)

    def _refused(self, wire: Wire, entry: Entry, error: StoreRefused) -> None:
        self._on_refused(self, wire, entry, error)

    def _lost(self, wire: Wire) -> None:
        if self.wire is wire:
            self.wire = None
            self._gone.set()
            if not self._task.done():
                _log.warning("store_connection_lost")
            self._on_down(self)

    async def _keep(self) -> None:
        delay = BACKOFF_FIRST_S
        while True:
            started = self._loop.time()
            try:
                await self._attempt()
            except Exception as error:  # noqa: BLE001 - whatever it was, the server must be tried again
                self._note(error)
            else:
                await self._gone.wait()
            if self._loop.time() - started > SETTLED_AFTER_S:
                delay = BACKOFF_FIRST_S
            await asyncio.sleep(random.uniform(delay / 2, delay))
            delay = min(delay * 2, BACKOFF_MOST_S)

    async def _attempt(self) -> None:
        place = await self._locate()
        wire = await dial(self._url, place, self._make_wire)
        greeting = await greet(wire, self._url.login, self._url.db, self._client_name)
        if wire.lost:
            raise StoreUnavailable
        self.place, self._greeting, self.trouble = place, greeting, None
        self._gone.clear()
        self.wire = wire
        # In the same step: whoever must act on a new run id sends the connection's first commands.
        self._on_up(self)
        _log.info("store_connected", version=greeting.version)

    def _note(self, error: Exception) -> None:
        if self.trouble is None or type(self.trouble) is not type(error):
            _log.warning("store_away", why=reason(error))
        self.trouble = error


def reason(error: Exception) -> str:
    """Why a server can't be used, in a phrase fit for logs and people."""
    match error:
        case NotReady():
            return str(error)
        case StoreRefused(code="WRONGPASS" | "NOAUTH"):
            return f"it refuses the login of the URL ({error.code})"
        case StoreRefused(code="NOPERM"):
            return "the URL's user lacks rights (NOPERM): see deploy/store/users.acl; it has database 0 only"
        case StoreRefused():
            return f"it answers {error.code}"
        case TimeoutError():
            return "it does not answer in time"
        case ssl.SSLCertVerificationError():
            return _mistrust(error)
        case ssl.SSLError():
            return "it does not speak TLS as we do; if it wants none, the URL begins with redis or redis+"
        case OSError():
            return error.strerror or type(error).__name__
        case _:
            return str(error)


# Codes of OpenSSL's verification (X509_V_ERR_…).
_UNKNOWN_AUTHORITY: Final = frozenset({7, 18, 19, 20, 21})
_EXPIRED: Final = 10
_OTHER_NAMES: Final = frozenset({62, 64})


def _mistrust(error: ssl.SSLCertVerificationError) -> str:
    if error.verify_code in _UNKNOWN_AUTHORITY:
        return "its certificate is signed by nobody we know; name its authority with ca= in the URL"
    if error.verify_code == _EXPIRED:
        return "its certificate has expired"
    if error.verify_code in _OTHER_NAMES:
        return "its certificate is for another name than the URL has"
    return f"its certificate is not accepted ({error.verify_message})"


def _info(reply: Any) -> dict[str, str]:
    lines = bytes(reply).decode("utf-8", "replace").splitlines()
    return dict(line.split(":", 1) for line in lines if ":" in line)


def guarded(callback: Callable[..., None], *args: object) -> None:
    """Runs a listener's callback so that its mistake stays its own: the connection serves others too."""
    try:
        callback(*args)
    except Exception as error:  # noqa: BLE001 - whatever it is, the connection serves others too
        _log.error("store_listener_failed", error=type(error).__name__)
