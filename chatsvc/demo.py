"""`chatsvc demo`: everything on this machine, with a made-up municipality and logins that everybody knows."""

import asyncio
import os
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from aiohttp import web

from chatsvc.app import Backend, open_backend
from chatsvc.config import Settings
from chatsvc.config_keys import MasterKeyMissing, master_keys
from chatsvc.demo_pages import demo_pages
from chatsvc.demo_plan import seed_plan
from chatsvc.demo_site import declaration
from chatsvc.demo_statistics import seed_statistics
from chatsvc.demo_visitors import simulate_visitors
from chatsvc.domain.declaration import parse_declaration
from chatsvc.domain.declaration_retention import parse_retention, with_retention
from chatsvc.domain.errors import StoreUnavailable
from chatsvc.domain.sites import PoolId, Site, SiteId, Staff, StaffId
from chatsvc.running import CanNotStart, embedded_url, run_until_stopped, serving
from chatsvc.store.directory import WrongStore
from chatsvc.store.embedded import DataDirectoryBusy, EmbeddedStoreFailed
from chatsvc.store.statistics import PoolCounts
from chatsvc.store.vault import WrongVault
from chatsvc.telemetry.logging import configure
from chatsvc.web.auth import hash_password

PASSWORD = "demo-only"  # noqa: S105 - printed at every start, and useless anywhere else
PEOPLE = (
    ("counsellor1", "Aino", "counsellor"),
    ("counsellor2", "Eino", "counsellor"),
    ("supervisor1", "Helmi", "supervisor"),
    ("admin1", "Onni", "admin"),
    ("auditor1", "Vesa", "auditor"),
)


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """Where the demo listens and keeps its data; `visitors` is how many simulated people use it.

    `stop_with` is the parent process without which it ends, where it has been started by one that may be killed.
    """

    port: int
    metrics_port: int
    data_dir: Path
    visitors: int = 0
    stop_with: int | None = None


def run_demo(options: DemoOptions) -> None:
    """`chatsvc demo`. Raises CanNotStart."""
    settings = Settings(
        port=options.port,
        public_url=f"http://chat.localhost:{options.port}",
        metrics_port=options.metrics_port,
        worker_metrics_port=options.metrics_port + 1 if options.metrics_port else 0,
        data_dir=options.data_dir,
        second_factor=(),  # whoever tries it out has no app at hand; the passwords are known to everybody anyway
    )

    async def work(stop: asyncio.Event) -> None:
        async with AsyncExitStack() as stack:
            backend = await _backend(stack, settings)
            await _seed(backend, options.port)
            await seed_plan(backend.planning)
            await seed_statistics(PoolCounts(backend.link, "kunta"), backend.planning.now)
            host = f"kunta.localhost:{options.port}"
            extend = _with_pages(host, f"chat.localhost:{options.port}")
            await stack.enter_async_context(serving(backend, settings, with_worker=True, extend=extend))
            _greet(options)
            if options.visitors:
                task = asyncio.create_task(simulate_visitors(options.port, options.visitors))
                stack.callback(task.cancel)
            if options.stop_with is not None:
                watch = asyncio.create_task(_until_orphaned(options.stop_with, stop))
                stack.callback(watch.cancel)
            await stop.wait()
            click.echo("Stopping.")

    options.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    log = (options.data_dir / "demo.log").open("a", encoding="utf-8")
    with log:
        configure("info", log)
        run_until_stopped(work)


async def _until_orphaned(parent: int, stop: asyncio.Event) -> None:
    """Looks, rather than asking for a signal: that would follow the parent's thread instead of the parent."""
    while os.getppid() == parent:  # noqa: ASYNC110 - nothing tells of another process's end without being its parent
        await asyncio.sleep(0.5)
    stop.set()


async def _backend(stack: AsyncExitStack, settings: Settings) -> Backend:
    try:
        url = await embedded_url(stack, settings)
        backend = await open_backend(stack, settings, url, master_keys(settings), demo=True)
        await backend.directory.claim(backend.vault.vault_id, demo=True)
        return backend
    except (
        DataDirectoryBusy,
        EmbeddedStoreFailed,
        WrongVault,
        WrongStore,
        StoreUnavailable,
        MasterKeyMissing,
    ) as error:
        raise CanNotStart(str(error)) from error


async def _seed(backend: Backend, port: int) -> None:
    """The demo's site and people, where they are not there yet."""
    known = await backend.directory.load()
    for site in demo_sites(port):
        if known.site(site.id) != site:
            await backend.directory.put_site(site)
    missing = [row for row in PEOPLE if known.staff(row[0]) is None]
    if missing:
        hashed = await hash_password(PASSWORD)
        for row in missing:
            await backend.directory.put_staff(_person(*row, hashed))


def demo_sites(port: int) -> tuple[Site, ...]:
    """The declared sites of the demo, with the example page's real origin."""
    text = declaration(f"http://kunta.localhost:{port}")
    return tuple(
        with_retention(None, site, rules, 0)
        for site, rules in zip(parse_declaration(text, "site.toml"), parse_retention(text), strict=True)
    )


def _person(name: str, alias: str, role: Any, hashed: str) -> Staff:
    return Staff(
        id=StaffId(name), alias=alias, role=role, password_hash=hashed, pool=PoolId("kunta"),
        sites=(SiteId("kunta"),), capacity=3,
    )  # fmt: skip


def _with_pages(host: str, chat: str) -> Callable[[web.Application], web.Application]:
    def extend(app: web.Application) -> web.Application:
        app.middlewares.insert(0, demo_pages(host, chat))
        return app

    return extend


def _greet(options: DemoOptions) -> None:
    port, metrics = options.port, options.metrics_port
    click.echo(
        f"""
chatsvc demo is ready. Everything listens on this machine only.

  Example municipality   http://kunta.localhost:{port}/      (the chat is the button at the lower right)
  Chat as its own page   http://chat.localhost:{port}/chat/kunta/paihde
                         http://chat.localhost:{port}/chat/kunta/perhe
  Counsellors' console   http://chat.localhost:{port}/console/
  Shifts and hours       http://chat.localhost:{port}/manage/
  Metrics                http://127.0.0.1:{metrics}/metrics (node)   http://127.0.0.1:{metrics + 1}/metrics (worker)

  Logins   {", ".join(name for name, _, _ in PEOPLE)}
  Password {PASSWORD} (all of them)

  Data in {options.data_dir}. The chat opens when a counsellor is on duty. Ctrl-C ends everything.
"""
    )
