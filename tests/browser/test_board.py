"""The live board in a real browser, while visitors come, are answered and give up."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, FrameLocator, Locator, Page, expect

from tests.browser.conftest import console, visitor_context
from tests.support.demo import Demo

pytestmark = pytest.mark.timeout(150)
# By language: the board's name, the queue, and how one is told that somebody is there to take visitors.
WORDS = {
    "Suomi": ("Tilanne nyt", "Päihdeneuvonta", "Vapaana"),
    "Svenska": ("Läget nu", "Rusmedelsrådgivning", "Tillgänglig"),
    "English": ("Live board", "Substance use", "Available"),
}
# The columns of the queues' table after the name.
WAITING, ATTEMPTS, ANSWERED, ABANDONED = 1, 6, 7, 8


@asynccontextmanager
async def board_of(browser: Browser, demo: Demo) -> AsyncIterator[Page]:
    """A supervisor who has opened the board by keyboard alone."""
    context = await browser.new_context(locale="en-GB", viewport={"width": 1366, "height": 900})
    page = await context.new_page()
    await page.goto(f"{demo.chat}/manage/")
    await page.get_by_label("User name").wait_for()
    await reach(page, page.get_by_label("User name"))
    await page.keyboard.type("supervisor1")
    await page.keyboard.press("Tab")
    await page.keyboard.type("demo-only")
    await page.keyboard.press("Enter")
    await page.get_by_role("navigation").wait_for()
    await reach(page, page.get_by_role("link", name="Live board"))
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Live board")
    try:
        yield page
    finally:
        await context.close()


async def reach(page: Page, wanted: Locator) -> None:
    """Press Tab until something has the focus."""
    for _ in range(40):
        if await wanted.evaluate("one => one === document.activeElement"):
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not reach {wanted}")


def cell(page: Page, queue: str, column: int) -> Locator:
    """A figure of a queue."""
    return page.get_by_role("row", name=re.compile(f"^{queue}")).get_by_role("cell").nth(column)


async def joins(browser: Browser, demo: Demo) -> tuple[Page, FrameLocator]:
    """A visitor who waits."""
    page = await (await visitor_context(browser)).new_page()
    await page.goto(f"{demo.page}/en/paihde")
    await page.get_by_role("button", name="Open chat").click()
    panel = page.frame_locator("iframe")
    await panel.get_by_role("button", name="Start the chat").click()
    await expect(panel.get_by_role("button", name="Leave the queue")).to_be_visible()
    return page, panel


async def test_a_visitor_appears_is_answered_and_another_gives_up(browser: Browser, demo: Demo) -> None:
    """Within seconds each step is on the board; by keyboard alone, in three languages, and at 320 pixels."""
    queue = "Substance use"
    async with board_of(browser, demo) as board:
        await expect(board.get_by_text("Nobody is on duty.", exact=True)).to_be_visible()
        await expect(cell(board, queue, 0)).to_contain_text("Nobody answers")
        async with console(browser, demo) as desk:
            await expect(board.get_by_role("row", name="Aino")).to_contain_text("Available")
            await joins(browser, demo)
            await expect(cell(board, queue, WAITING)).to_have_text("1")
            await expect(cell(board, queue, ATTEMPTS)).to_have_text("1")
            await expect(cell(board, queue, ANSWERED)).to_have_text("0")
            await desk.keyboard.press("n")
            await expect(cell(board, queue, ANSWERED)).to_have_text("1")
            await expect(cell(board, queue, WAITING)).to_have_text("0")
            page, panel = await joins(browser, demo)
            await expect(cell(board, queue, WAITING)).to_have_text("1")
            await panel.get_by_role("button", name="Leave the queue").click()
            await panel.get_by_role("dialog").get_by_role("button", name="Leave the queue").click()
            await expect(cell(board, queue, ABANDONED)).to_have_text("1")
            await expect(cell(board, queue, ATTEMPTS)).to_have_text("2")
            await page.context.close()
            await read_definitions(board)
            await board.set_viewport_size({"width": 320, "height": 700})
            for language, (name, queue_name, available) in WORDS.items():
                await reach(board, board.get_by_role("button", name=language))
                await board.keyboard.press("Enter")
                await expect(board.get_by_role("heading", level=1)).to_have_text(name)
                await expect(cell(board, queue_name, ANSWERED)).to_have_text("1")
                await expect(board.get_by_role("row", name="Aino")).to_contain_text(available)
                assert await board.evaluate("document.documentElement.scrollWidth <= innerWidth"), language
            await read_last_month(board)


async def read_definitions(board: Page) -> None:
    """By keyboard: open the words' meanings, and reach a table that scrolls by itself."""
    summary = board.locator("summary", has_text="What the words mean")
    await reach(board, board.get_by_role("region", name="Queues"))
    await reach(board, summary)
    await board.keyboard.press("Enter")
    await expect(board.get_by_text("The visitor left the line on their own")).to_be_visible()
    await board.keyboard.press("Enter")


async def read_last_month(board: Page) -> None:
    """By keyboard: the month before this one has a table, a picture that is really drawn, and a file."""
    await reach(board, board.get_by_role("link", name="Statistics"))
    await board.keyboard.press("Enter")
    await reach(board, board.get_by_label("Month"))
    await board.keyboard.press("ArrowDown")
    total = board.get_by_role("region", name="Queues and languages").get_by_role(
        "row", name=re.compile("^All")
    )
    await expect(total.get_by_role("cell").first).to_have_text(re.compile(r"^[0-9,]{3,}$"))
    picture = board.get_by_role("img", name=re.compile("^Bars"))
    await picture.scroll_into_view_if_needed()
    await expect(picture).to_have_js_property("naturalWidth", 960)
    await reach(board, board.get_by_role("link", name="Download as a table (CSV)"))
    async with board.expect_download() as loading:
        await board.keyboard.press("Enter")
    file = await (await loading.value).path()
    assert "Answered within 3 minutes" in file.read_text(encoding="utf-8-sig")
