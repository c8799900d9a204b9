"""Processes: a node, a worker, both; from start to a gentle end."""

import asyncio
import contextlib
import resource
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import structlog
import uvloop
from aiohttp import web

from chatsvc.app import Backend, NodeParts, open_backend
from chatsvc.app_worker import WorkerParts
from chatsvc.config import Settings
from chatsvc.config_keys import MasterKeyMissing, master_keys
from chatsvc.domain.errors import StoreUnavailable, VaultUnavailable
from chatsvc.ports_in_use import holder_of
from chatsvc.store.directory import WrongStore
from chatsvc.store.embedded import DataDirectoryBusy, EmbeddedStore, EmbeddedStoreFailed
from chatsvc.store.vault_keys import SIGN_IN, VISITOR_TOKENS, WrongVault
from chatsvc.telemetry.logging import configure, watch_loop
from chatsvc.telemetry.metrics import Metrics
from chatsvc.telemetry.server import start_metrics_server
from chatsvc.web.http_guard import answer_malformed, cut_idle

BACKLOG = 4096
KERNEL_OUTBOX = 128 * 1024  # bytes the kernel may hold for a client that does not read
USER_TIMEOUT_MS = 30_000  # unacknowledged data for this long: the peer is gone (RFC 5482)
STORE_RETRY_S = 2.0

_log = structlog.get_logger("chatsvc")


class CanNotStart(Exception):
    """Why the program does not start, in a sentence for the operator."""


def run_until_stopped(work: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
    """Run `work` with an event that SIGINT and SIGTERM set. Raises CanNotStart."""

    _raise_limit()

    async def main() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        watch_loop(loop)
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        await work(stop)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())


def _raise_limit() -> None:
    """Each connection takes a file descriptor: use as many as the system allows us."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def run_serve(settings: Settings, *, with_worker: bool, reread: Callable[[], Settings]) -> None:
    """`chatsvc serve`; `reread` gives the settings as they are later. Raises CanNotStart."""

    async def work(stop: asyncio.Event) -> None:
        async with AsyncExitStack() as stack:
            backend = await _backend(stack, settings, reread)
            await stack.enter_async_context(serving(backend, settings, with_worker=with_worker))
            _log.info("ready", url=settings.origin)
            await stop.wait()

    configure(settings.log_level, sys.stdout)
    run_until_stopped(work)


def run_worker(settings: Settings, *, reread: Callable[[], Settings]) -> None:
    """`chatsvc worker`; `reread` gives the settings as they are later. Raises CanNotStart."""

    async def work(stop: asyncio.Event) -> None:
        async with AsyncExitStack() as stack:
            backend = await _backend(stack, settings, reread)
            await started(stack, backend)
            await stack.enter_async_context(working(backend, settings))
            _log.info("ready")
            await stop.wait()

    configure(settings.log_level, sys.stdout)
    run_until_stopped(work)


async def _backend(stack: AsyncExitStack, settings: Settings, reread: Callable[[], Settings]) -> Backend:
    """Store and vault, waiting for servers that are not there yet. Raises CanNotStart."""
    try:
        url = settings.redis_url or await embedded_url(stack, settings)
        keys = master_keys(settings, reread)
        while True:
            try:
                return await open_backend(stack, settings, url, keys)
            except StoreUnavailable as error:
                _log.warning("store_away", reason=str(error))
            except VaultUnavailable as error:
                if not settings.vault_url:
                    raise CanNotStart(str(error)) from error
                _log.warning("vault_away", reason=str(error))
            await asyncio.sleep(STORE_RETRY_S)
    except (DataDirectoryBusy, EmbeddedStoreFailed, WrongVault, MasterKeyMissing) as error:
        raise CanNotStart(str(error)) from error


async def embedded_url(stack: AsyncExitStack, settings: Settings) -> str:
    """The bundled store, started. Raises DataDirectoryBusy, EmbeddedStoreFailed."""
    durability = "everysec" if settings.durability == "everysec" else "always"
    store = EmbeddedStore(settings.data_dir, durability, serves=settings.origin)  # type: ignore[arg-type]  # one of the two
    return (await stack.enter_async_context(store)).url


@asynccontextmanager
async def serving(
    backend: Backend,
    settings: Settings,
    *,
    with_worker: bool,
    extend: Callable[[web.Application], web.Application] = lambda app: app,
) -> AsyncIterator[NodeParts]:
    """A node that takes connections; ends gently. Raises CanNotStart."""
    async with AsyncExitStack() as stack:
        metrics = Metrics("node")
        visitors, sign_in = await backend.vault.secret(VISITOR_TOKENS), await backend.vault.secret(SIGN_IN)
        parts = NodeParts(backend, settings, metrics, visitors, sign_in)
        await started(stack, backend)
        await parts.start()
        stack.push_async_callback(parts.stop)
        await _metrics(stack, metrics, settings.metrics_host, settings.metrics_port)
        if with_worker:
            await stack.enter_async_context(working(backend, settings))
        answer_malformed()
        runner = web.AppRunner(
            extend(parts.web()), access_log=None, shutdown_timeout=0.5, handle_signals=False
        )
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        assert runner.server is not None
        guard = asyncio.create_task(cut_idle(runner.server), name="http guard")
        stack.callback(guard.cancel)
        for listener in listeners(settings.host, settings.port):
            await web.SockSite(runner, listener, backlog=BACKLOG).start()
        parts.port = int(runner.addresses[0][1])
        stack.push_async_callback(parts.node.drain)
        yield parts


@asynccontextmanager
async def working(backend: Backend, settings: Settings) -> AsyncIterator[None]:
    """The worker's loops, on a backend that has started. Raises CanNotStart."""
    async with AsyncExitStack() as stack:
        metrics = Metrics("worker")
        await _metrics(stack, metrics, settings.metrics_host, settings.worker_metrics_port)
        WorkerParts(backend, metrics, settings.audit_months).start()
        yield


async def started(stack: AsyncExitStack, backend: Backend) -> None:
    """Start a backend, and stop it with `stack`. Raises CanNotStart."""
    stack.push_async_callback(backend.stop)
    try:
        await backend.start()
    except WrongStore as error:
        raise CanNotStart(str(error)) from error


async def _metrics(stack: AsyncExitStack, metrics: Metrics, host: str, port: int) -> None:
    try:
        server = await start_metrics_server(metrics, host, port)
    except OSError as error:
        raise CanNotStart(taken(host, port)) from error
    stack.push_async_callback(server.close)


def listeners(host: str, port: int) -> list[socket.socket]:
    """Listening sockets with small send buffers, so that slow readers are noticed. Raises CanNotStart."""
    hosts = [host, "::1"] if host == "127.0.0.1" else [host]  # browsers look up *.localhost as both
    found = []
    for index, address in enumerate(hosts):
        try:
            found.append(_listener(address, port))
        except OSError as error:
            if index == 0:
                raise CanNotStart(taken(host, port)) from error
        if port == 0:
            break
    return found


def _listener(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_OUTBOX)
        with contextlib.suppress(OSError, AttributeError):
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((address, port))
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener


def taken(host: str, port: int) -> str:
    """The sentence about a port that is in use."""
    return f"Port {port} on {host} is taken{holder_of(port)}; stop that program or choose another port."
