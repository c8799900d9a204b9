"""`make pictures`: the README's pictures, taken from a real demo in a real Chromium."""

import asyncio
import signal
import tempfile
from pathlib import Path

from playwright.async_api import Browser, Locator, Page, async_playwright, expect

from tests.browser.conftest import CHROMIUM, QUIET, console, visitor_context
from tests.support.demo import Demo
from tests.support.ports import free_port

FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "pictures"
OPENINGS = {  # page, the launcher's button, the button that joins, first words
    "/fi/paihde": ("Avaa chat", "Aloita keskustelu", "Hei. En tiedä, mistä aloittaisin."),
    "/sv/paihde": ("Öppna chatten", "Börja chatta", "Hej. Jag vet inte var jag ska börja."),
    "/en/paihde": ("Open chat", "Start the chat", "Hi. I am not sure where to begin."),
}


async def join(browser: Browser, demo: Demo, path: str) -> Page:
    """A visitor who has opened the chat, joined and written."""
    launcher, start, words = OPENINGS[path]
    page = await (await visitor_context(browser, 1280, 800)).new_page()
    await page.goto(f"{demo.page}{path}")
    await page.get_by_role("button", name=launcher).click()
    panel = page.frame_locator("iframe")
    await panel.get_by_role("button", name=start).click()
    await panel.get_by_role("textbox").fill(words)
    await panel.get_by_role("textbox").press("Enter")
    await expect(panel.get_by_role("listitem").filter(has_text=words)).to_be_visible()
    return page


async def send(box: Locator, words: str) -> None:
    """Write and send."""
    await box.fill(words)
    await box.press("Enter")


async def take_pictures(browser: Browser, demo: Demo) -> None:
    """Three visitors in three languages, one counsellor; the last of them is in the pictures."""
    async with console(browser, demo) as desk:
        pages = []
        for path in OPENINGS:
            pages.append(await join(browser, demo, path))
            await desk.get_by_role("button", name="Take the next visitor").click()
            await expect(pages[-1].frame_locator("iframe").get_by_text("Aino").first).to_be_visible()
        page = pages[-1]
        panel = page.frame_locator("iframe")
        hello = "Hello, good that you came. Start wherever you like, there is no hurry."
        await send(desk.get_by_role("textbox", name="Write to the visitor"), hello)
        await expect(panel.get_by_text(hello)).to_be_visible()
        await send(panel.get_by_role("textbox"), "It has been a hard autumn.")
        await expect(panel.get_by_text("Seen")).to_be_visible()
        await expect(desk.get_by_text("0 places free").first).to_be_visible()
        await desk.screenshot(path=FOLDER / "console.png")
        await page.screenshot(path=FOLDER / "widget.png")


async def main() -> None:
    """Start everything, take the pictures, end everything."""
    with tempfile.TemporaryDirectory() as folder:
        demo = Demo(free_port(), free_port(), Path(folder) / "data")
        await demo.start()
        try:
            async with async_playwright() as playwright:
                chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
                await take_pictures(chromium, demo)
                await chromium.close()
        finally:
            await demo.stop(signal.SIGTERM)


if __name__ == "__main__":
    asyncio.run(main())
