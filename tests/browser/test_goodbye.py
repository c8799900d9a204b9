"""At the end the browser gives its cookie back, and what comes later is nobody's who was there before."""

from pathlib import Path

from playwright.async_api import Browser, BrowserContext, Page, expect

from chatsvc.web.tokens import COOKIE
from tests.support.client import Client
from tests.support.service import running
from tests.support.store_server import SingleStore


async def cookie(context: BrowserContext) -> str | None:
    """The visitor's cookie, if the browser has one."""
    return next((str(one["value"]) for one in await context.cookies() if one["name"] == COOKIE), None)


async def talks(page: Page, counsellor: Client) -> str:
    """Starts a chat, which a counsellor takes; its id."""
    await page.locator("button.primary").click()
    await counsellor.expect("queue", waiting=1)
    ident: str = (await counsellor.ask("take", "assigned", queue="paihde"))["conversation"]["id"]
    await expect(page.get_by_role("button", name="End", exact=True)).to_be_visible()
    return ident


async def ends(page: Page, counsellor: Client, ident: str, how: str) -> None:
    """Ends it by one of the answers to the question; the counsellor's record is written."""
    await page.get_by_role("button", name="End", exact=True).click()
    await page.get_by_role("button", name=how, exact=True).click()
    await counsellor.expect("closed", conversation=ident)


async def test_the_cookie_goes_at_the_end(
    browser: Browser, valkey: SingleStore, tmp_path: Path, static_dir: Path
) -> None:
    """After "end and delete" it is gone; after an end it opens the chat for a time, and a new chat has another."""
    assert static_dir.is_dir()
    async with running(valkey.url, tmp_path) as service:
        service.parts.node.public_url = service.base
        counsellor = await service.on_duty("aino")
        context = await browser.new_context(locale="en-GB", viewport={"width": 360, "height": 640})
        page = await context.new_page()
        await page.goto(f"{service.base}/chat/kunta/paihde?lang=en")
        ident = await talks(page, counsellor)
        first = await cookie(context)
        async with page.expect_response("**/visitor/end"):
            await ends(page, counsellor, ident, "End and delete")
        await expect(page.get_by_text("Confirmed at")).to_be_visible()
        assert await cookie(context) is None
        assert "Aino" not in await page.evaluate("document.documentElement.outerHTML")

        await page.get_by_role("button", name="Start a new chat").click()
        ident = await talks(page, counsellor)
        second = await cookie(context)
        await ends(page, counsellor, ident, "End the chat")
        await page.reload()
        await expect(page.get_by_text("You can read this chat until")).to_be_visible()
        async with page.expect_response("**/visitor/end"):
            await page.get_by_role("button", name="Start a new chat").click()
        ident = await talks(page, counsellor)
        third = await cookie(context)
        assert None not in (first, second, third)
        assert len({first, second, third}) == 3
        await context.close()
