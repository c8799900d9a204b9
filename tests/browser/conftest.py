"""A real demo process and a real Chromium for the tests of this folder."""

import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from tests.support.demo import Demo
from tests.support.ports import free_port

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync")  # fmt: skip


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
