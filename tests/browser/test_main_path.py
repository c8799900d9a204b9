"""The main path in a real browser: the chat in an iframe on another host, the console on the chat's own."""

import asyncio
import re
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, FrameLocator, Locator, Page, async_playwright, expect

from tests.browser.conftest import CHROMIUM, QUIET, console, sign_in, visitor_context
from tests.support.demo import Demo
from tests.support.network import Network

SENT = re.compile("Sent|Seen")

pytestmark = pytest.mark.timeout(150)


async def open_chat(page: Page, demo: Demo, path: str = "/en/paihde") -> FrameLocator:
    """The panel on a page of the municipality, opened and joined."""
    await page.goto(f"{demo.page}{path}")
    await page.get_by_role("button", name="Open chat").click()
    panel = page.frame_locator("iframe")
    await panel.get_by_role("button", name="Start the chat").click()
    await expect(panel.get_by_role("button", name="Leave the queue")).to_be_visible()
    return panel


async def visitor_says(panel: FrameLocator, text: str) -> None:
    """Write in the panel, and see it sent."""
    await visitor_writes(panel, text)
    await expect(line(panel, text)).to_contain_text(SENT)


async def visitor_writes(panel: FrameLocator, text: str) -> None:
    """Write in the panel."""
    box = panel.get_by_role("textbox", name="Write a message")
    await box.fill(text)
    await box.press("Enter")


def line(panel: FrameLocator, text: str) -> Locator:
    """A message in the panel."""
    return panel.get_by_role("listitem").filter(has_text=text)


async def take(desk: Page) -> None:
    """Take the next visitor with one key, once the console knows that somebody waits."""
    await expect(desk.get_by_role("button", name="Take the next visitor")).to_be_enabled()
    await desk.keyboard.press("n")
    await expect(desk.get_by_role("textbox", name="Write to the visitor")).to_be_visible()


async def counsellor_says(desk: Page, text: str) -> None:
    """Write in the console."""
    box = desk.get_by_role("textbox", name="Write to the visitor")
    await box.fill(text)
    await box.press("Enter")
    await expect(desk.get_by_role("main").get_by_text(text, exact=True)).to_be_visible()


async def test_they_talk_and_nothing_is_lost_by_reload_or_navigation(browser: Browser, demo: Demo) -> None:
    """The visitor talks, reloads, and goes to another page of the site: one conversation, every message once."""
    async with console(browser, demo) as desk:
        context = await visitor_context(browser)
        page = await context.new_page()
        panel = await open_chat(page, demo)
        await visitor_says(panel, "first words")
        await take(desk)
        await expect(desk.get_by_role("main").get_by_text("first words", exact=True)).to_be_visible()
        await counsellor_says(desk, "good that you came")
        await expect(line(panel, "good that you came")).to_be_visible()

        await page.reload()
        await expect(line(panel, "good that you came")).to_be_visible()
        await visitor_says(panel, "after the reload")
        await expect(desk.get_by_role("main").get_by_text("after the reload", exact=True)).to_be_visible()

        await page.goto(f"{demo.page}/en/perhe")
        await expect(line(panel, "after the reload")).to_be_visible()
        await counsellor_says(desk, "still here")
        await expect(line(panel, "still here")).to_be_visible()
        for text in ("first words", "good that you came", "after the reload", "still here"):
            assert await line(panel, text).count() == 1
        assert await desk.get_by_role("main").get_by_text("after the reload", exact=True).count() == 1
        await context.close()


def left_of_5_s(since: float) -> float:
    """Milliseconds until 5 s have passed since that moment of the loop's time: so long may a lost line go unseen."""
    return max(1.0, 5_000 - (asyncio.get_running_loop().time() - since) * 1_000)


@asynccontextmanager
async def talking_over_a_network(
    browser: Browser, demo: Demo
) -> AsyncIterator[tuple[Network, FrameLocator, Page]]:
    """A conversation whose visitor is behind a network that can be lost: the network, the panel, the console."""
    async with (
        Network(demo.port) as network,
        async_playwright() as playwright,
        console(browser, demo) as desk,
    ):
        rules = f"--host-resolver-rules=MAP chat.localhost:{demo.port} 127.0.0.1:{network.port}"
        phone = await playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET, rules])
        page = await (await visitor_context(phone)).new_page()
        panel = await open_chat(page, demo)
        await take(desk)
        await counsellor_says(desk, "hello")
        await expect(line(panel, "hello")).to_be_visible()
        yield network, panel, desk
        await phone.close()


@pytest.mark.parametrize("attempt", ["say", "end"])
async def test_a_dead_line_is_told_within_five_seconds(browser: Browser, demo: Demo, attempt: str) -> None:
    """Whoever writes or ends the chat over a line that died unseen hears of it within 5 s, counted from that moment."""
    async with talking_over_a_network(browser, demo) as (network, panel, _):
        if attempt == "end":
            await panel.get_by_role("button", name="End", exact=True).click()
        network.lose()
        since = asyncio.get_running_loop().time()
        if attempt == "end":
            await panel.get_by_role("button", name="End the chat").click()
        else:
            await visitor_writes(panel, "into the void")
        await expect(panel.get_by_text("No connection")).to_be_visible(timeout=left_of_5_s(since))


async def test_twenty_seconds_without_network_lose_nothing(browser: Browser, demo: Demo) -> None:
    """What both write while the visitor's network is gone arrives once when it is back, and the panel is honest."""
    async with talking_over_a_network(browser, demo) as (network, panel, desk):
        network.lose()
        gone = asyncio.get_running_loop().time()
        await panel.get_by_role("textbox", name="Write a message").press("x")
        await expect(panel.get_by_text("No connection")).to_be_visible(timeout=left_of_5_s(gone))
        await expect(panel.get_by_text("Not known without a connection")).to_be_visible()
        await visitor_writes(panel, "into the void")
        assert not SENT.search(await line(panel, "into the void").inner_text())
        await counsellor_says(desk, "are you there")
        await asyncio.sleep(max(0.0, 20 - (asyncio.get_running_loop().time() - gone)))
        network.back()

        await expect(line(panel, "are you there")).to_be_visible(timeout=45_000)
        await expect(line(panel, "into the void")).to_contain_text(SENT, timeout=30_000)
        await expect(desk.get_by_role("main").get_by_text("into the void", exact=True)).to_have_count(1)
        assert await line(panel, "into the void").count() == 1
        assert await line(panel, "are you there").count() == 1


async def test_a_killed_console_is_told_and_comes_back(browser: Browser, demo: Demo) -> None:
    """The counsellor's tab dies: the visitor is told; a new tab has the conversation, what came meanwhile included."""
    context = await visitor_context(browser)
    page = await context.new_page()
    async with console(browser, demo) as desk:
        panel = await open_chat(page, demo)
        await take(desk)
        await counsellor_says(desk, "one moment")
        await expect(line(panel, "one moment")).to_be_visible()
    await expect(panel.get_by_text("Away for a moment")).to_be_visible()
    await visitor_says(panel, "I will wait")
    async with console(browser, demo) as desk:
        await desk.get_by_role("navigation").get_by_role("button").first.click()
        await expect(desk.get_by_role("main").get_by_text("I will wait", exact=True)).to_have_count(1)
        await counsellor_says(desk, "I am back")
        await expect(line(panel, "I am back")).to_have_count(1)
        await expect(panel.get_by_text("Away for a moment")).not_to_be_visible()
    await context.close()


async def test_the_older_of_two_consoles_says_so(browser: Browser, demo: Demo) -> None:
    """The same counsellor in a second tab: the first one stops, says why, and can be used again."""
    async with console(browser, demo) as first:
        second = await first.context.new_page()
        await second.goto(f"{demo.chat}/console/")
        await second.get_by_role("button", name="Available").wait_for()
        take_over = first.get_by_role("button", name="Use here")
        await expect(take_over).to_be_visible()
        await take_over.click()
        await expect(first.get_by_role("button", name="Available")).to_be_enabled()
        await expect(second.get_by_role("button", name="Use here")).to_be_visible()


async def test_the_store_of_the_demo_survives_a_kill(browser: Browser, demo: Demo) -> None:
    """The whole demo is killed and started again: the visitor's page goes on by itself with everything in place."""
    context = await visitor_context(browser)
    page = await context.new_page()
    async with console(browser, demo) as desk:
        panel = await open_chat(page, demo)
        await take(desk)
        await visitor_says(panel, "before the kill")
        await demo.stop(signal.SIGKILL)
        await visitor_writes(panel, "while it was down")
        await demo.start()
        await expect(line(panel, "while it was down")).to_contain_text(SENT, timeout=45_000)
        await expect(desk.get_by_role("main").get_by_text("while it was down", exact=True)).to_have_count(
            1, timeout=45_000
        )
        await expect(desk.get_by_role("main").get_by_text("before the kill", exact=True)).to_have_count(1)
    await context.close()


async def test_a_counsellor_signs_in_again_after_signing_out(browser: Browser, demo: Demo) -> None:
    """Signing out ends the session for the browser; the next person starts at the login."""
    async with console(browser, demo) as desk:
        await desk.get_by_role("button", name="Sign out").click()
        await expect(desk.get_by_label("User name")).to_be_visible()
        await sign_in(desk, demo, "counsellor2")
        await expect(desk.get_by_text("Eino")).to_be_visible()
