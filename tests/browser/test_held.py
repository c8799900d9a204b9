"""What a legal hold does to "end and delete" is said to the visitor, in a real browser on the real service."""

from pathlib import Path

from playwright.async_api import Browser, expect

from chatsvc.domain.holds import ask, confirm
from tests.support.service import Service, running
from tests.support.store_server import SingleStore

SAID = {
    "fi": ("Lopeta", "Lopeta ja poista", "Kaikkea keskustelusta ei voi vielä poistaa"),
    "sv": ("Avsluta", "Avsluta och radera", "Allt i chatten kan inte raderas ännu"),
    "en": ("End", "End and delete", "Not everything of the chat can be deleted yet"),
}


async def hold(service: Service, ident: str) -> None:
    """Keep a conversation, as two people asked."""
    now = service.backend.clock.now()
    held = confirm(ask(None, "aino", "the police asked for it", now), "eino", now)
    assert await service.backend.chats["kunta"].retention.set_hold(ident, None, held, now)


async def test_under_a_hold_the_panel_says_that_it_is_kept_for_now(
    browser: Browser, valkey: SingleStore, tmp_path: Path, static_dir: Path
) -> None:
    """In each language, on a small phone: it has ended, why it is not deleted yet, and no second button to delete."""
    assert static_dir.is_dir()
    async with running(valkey.url, tmp_path) as service:
        service.parts.node.public_url = service.base
        counsellor = await service.on_duty("aino")
        for lang, (end, erase, said) in SAID.items():
            context = await browser.new_context(viewport={"width": 320, "height": 640})
            page = await context.new_page()
            await page.goto(f"{service.base}/chat/kunta/paihde?lang={lang}")
            await page.locator("button.primary").click()
            await counsellor.expect("queue", waiting=1)
            ident = (await counsellor.ask("take", "assigned", queue="paihde"))["conversation"]["id"]
            await hold(service, ident)
            await page.get_by_role("button", name=end, exact=True).click()
            await page.get_by_role("button", name=erase, exact=True).click()
            await expect(page.get_by_role("alert").filter(has_text=said)).to_be_visible()
            await expect(page.locator(".closed")).to_be_visible()
            await expect(page.locator(".closed button")).to_have_count(1)
            await page.reload()
            await expect(page.locator("button.primary")).to_be_visible()
            await expect(page.locator(".closed")).to_have_count(0)
            await context.close()
