"""What commands share: the settings, and the way to the store."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

import click

from chatsvc.config import Loaded, Settings, load
from chatsvc.store.directory import Directory
from chatsvc.store.embedded import DataDirectoryBusy, EmbeddedStore
from chatsvc.store.link import Link
from chatsvc.telemetry.logging import configure

OPEN_WITHIN_S = 4.0  # somebody sits and waits
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Context:
    """The options that stand before the command."""

    config: Path | None

    def loaded(self) -> Loaded:
        """Settings and their sources. Raises `SettingsRefused`."""
        return load(self.config)

    def settings(self) -> Settings:
        """Settings. Raises `SettingsRefused`."""
        return self.loaded().settings


pass_settings = click.make_pass_decorator(Context)


@asynccontextmanager
async def open_store(settings: Settings) -> AsyncIterator[Link]:
    """A link to the store: the configured one, that of a running `serve`, or the bundled one for a moment.

    Raises `StoreUnavailable`, `EmbeddedStoreFailed`.
    """
    async with AsyncExitStack() as stack:
        url = settings.redis_url
        if settings.embedded:
            store = EmbeddedStore(
                settings.data_dir,
                "everysec" if settings.durability == "everysec" else "always",
                serves="a chatsvc command, for a moment",
            )
            try:
                url = (await stack.enter_async_context(store)).url
            except DataDirectoryBusy:
                url = running_store_url(settings.data_dir)
        link = await Link.open(url, client_name="chatsvc-command", within_s=OPEN_WITHIN_S)
        stack.push_async_callback(link.close)
        yield link


def running_store_url(data_dir: Path) -> str:
    """Where the bundled store of a running process listens."""
    run = data_dir.absolute() / "run"
    elsewhere = run / "elsewhere"  # written when the path of the directory is too long for a socket
    place = Path(elsewhere.read_text()) if elsewhere.exists() else run
    return f"unix://{quote(str(place / 'store.sock'))}"


def with_directory(settings: Settings, work: Callable[[Directory, Link], Awaitable[Result]]) -> Result:
    """Run `work` on the store's directory and end."""
    configure("error", sys.stderr)

    async def run() -> Result:
        async with open_store(settings) as link:
            return await work(Directory(link), link)

    return asyncio.run(run())
