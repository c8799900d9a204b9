"""Signing in with an identity provider end to end: a real provider process, a real Chromium, two sites."""

from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, expect

from tests.browser.test_main_path import take
from tests.support.provider import IdentityProvider, identity_provider
from tests.support.service import Service, make_staff, running
from tests.support.stores import SingleStore

__all__ = ["identity_provider"]
BUTTON = "Sign in: Municipal account"


async def say_who(page: Page, name: str, button: str = "Sign in") -> None:
    """On the provider's own page."""
    await page.get_by_label("Name").fill(name)
    await page.get_by_role("button", name=button).click()


async def enter(page: Page, service: Service) -> None:
    """There and back, after a no; nothing of it stays in the address."""
    await page.goto(f"{service.settings.origin}/console/")
    await page.get_by_role("link", name=BUTTON).click()
    await say_who(page, "x", "Refuse")
    await expect(page.get_by_role("alert")).to_contain_text("broken off")
    await expect(page.get_by_label("Password", exact=True)).to_have_count(0)
    await page.get_by_role("link", name=BUTTON).focus()
    await page.keyboard.press("Enter")
    await say_who(page, "maija")
    await expect(page.locator(".queue").first).to_be_visible()
    assert page.url == f"{service.settings.origin}/console/"


async def test_there_and_back_again_with_an_open_chat(
    browser: Browser, valkey: SingleStore, tmp_path: Path, static_dir: Path, identity_provider: IdentityProvider
) -> None:  # fmt: skip
    """A no, a yes, a chat; the session ends, another tab brings it back, with chat and draft; then out of both."""
    assert static_dir.is_dir()
    await identity_provider.put(maija={"groups": ["supervisors"], "preferred_username": "maija"})
    own: dict[str, Any] = {
        "port": identity_provider.port, "public_url": identity_provider.origin, "password_sign_in": False,
        "oidc": (identity_provider.settings(),),
    }  # fmt: skip
    async with running(valkey.url, tmp_path, people=[make_staff("aino")], **own) as service:
        context = await browser.new_context(locale="en-GB")
        page = await context.new_page()
        await enter(page, service)
        cookies = {str(one.get("name")): one for one in await context.cookies(identity_provider.origin)}
        assert "__Host-chatsvc-oidc" not in cookies
        assert cookies["__Host-chatsvc-staff"].get("sameSite") == "Strict"
        await page.get_by_role("button", name="Available").click()
        await page.get_by_role("button", name="Available", pressed=True).wait_for()
        visitor, welcome = await service.joined()
        await take(page)
        joined = await visitor.expect("active")
        assert "maija" not in str(joined).lower()
        box = page.get_by_role("textbox", name="Write to the visitor")
        await box.fill("half a sente")
        await service.backend.directory.sign_out_everywhere("kunta+maija")
        await expect(page.get_by_text("Your session has ended")).to_be_visible()
        async with context.expect_page() as opened:
            await page.get_by_role("link", name=BUTTON).click()
        beside = await opened.value
        await expect(beside.get_by_role("status")).to_contain_text("Go back to the tab")
        await expect(box).to_have_value("half a sente")
        await box.press("Enter")
        said = await visitor.expect("entry", kind="text")
        assert (said["text"], welcome["site"]) == ("half a sente", "kunta")
        await page.goto(f"{service.settings.origin}/manage/")
        await page.get_by_role("button", name="Sign out").click()
        await page.get_by_role("link", name="Sign out there too").click()
        await page.get_by_role("button", name="Yes, sign me out").click()
        await expect(page.get_by_role("link", name=BUTTON)).to_be_visible()
        assert page.url == f"{service.settings.origin}/console/"
        await context.close()
