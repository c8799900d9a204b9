"""A real demo process and a real Chromium for the tests of this folder."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from tests.support.ports import free_port

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync")  # fmt: skip


@dataclass(slots=True)
class Demo:
    """A running demo."""

    port: int
    metrics_port: int
    data_dir: Path
    process: asyncio.subprocess.Process | None = None

    @property
    def page(self) -> str:
        """The example municipality."""
        return f"http://kunta.localhost:{self.port}"

    @property
    def chat(self) -> str:
        """The chat's own origin."""
        return f"http://chat.localhost:{self.port}"

    async def start(self) -> None:
        """Start, and wait until it is ready."""
        command = ("-m", "chatsvc", "demo", "--port", str(self.port), "--metrics-port", str(self.metrics_port),
                   "--data-dir", str(self.data_dir))  # fmt: skip
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        assert self.process.stdout is not None
        said = b""
        async with asyncio.timeout(30):
            while b"Ctrl-C ends everything" not in said:
                line = await self.process.stdout.readline()
                assert line, said.decode()
                said += line

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End it."""
        if self.process is not None and self.process.returncode is None:
            self.process.send_signal(number)
            await asyncio.wait_for(self.process.wait(), 15)


@pytest.fixture
async def demo(tmp_path: Path, static_dir: Path) -> AsyncIterator[Demo]:
    """The demo on free ports and an empty data directory, with the front end built."""
    assert static_dir.is_dir()
    made = Demo(free_port(), free_port(), tmp_path / "data")
    await made.start()
    try:
        yield made
    finally:
        await made.stop(signal.SIGKILL)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A fresh Chromium."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        try:
            yield chromium
        finally:
            await chromium.close()


@asynccontextmanager
async def console(browser: Browser, demo: Demo, name: str = "counsellor1") -> AsyncIterator[Page]:
    """A counsellor who has signed in, in a browser profile of their own, with English words."""
    context = await browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 800})
    page = await context.new_page()
    await sign_in(page, demo, name)
    try:
        yield page
    finally:
        await context.close()


async def sign_in(page: Page, demo: Demo, name: str) -> None:
    """Sign in and come on duty."""
    await page.goto(f"{demo.chat}/console/")
    await page.get_by_label("User name").fill(name)
    await page.get_by_label("Password", exact=True).fill("demo-only")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Available").click()
    await page.get_by_role("button", name="Available", pressed=True).wait_for()


async def visitor_context(browser: Browser, width: int = 1000, height: int = 760) -> BrowserContext:
    """A visitor's browser, with English words."""
    return await browser.new_context(locale="en-GB", viewport={"width": width, "height": height})


async def metric(demo: Demo, name: str) -> str:
    """The node's metrics lines that begin with `name`."""
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"http://127.0.0.1:{demo.metrics_port}/metrics") as found,
    ):
        text = await found.text()
    return "\n".join(line for line in text.splitlines() if line.startswith(name))
