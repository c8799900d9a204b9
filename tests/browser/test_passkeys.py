"""Passkeys in a real Chromium on the real service, with the browser's own virtual devices."""

from typing import Any

import pytest
from playwright.async_api import Browser, CDPSession, Locator, Page, expect

from tests.browser.conftest import console
from tests.support.demo import Demo

FILLS_NOTHING_IN = "() => { PublicKeyCredential.isConditionalMediationAvailable = async () => false; }"
pytestmark = pytest.mark.timeout(150)


async def add_device(session: CDPSession, transport: str = "internal") -> str:
    """A device with passkeys that knows its person; its id."""
    options = {
        "protocol": "ctap2", "transport": transport, "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    made = await session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return str(made["authenticatorId"])


async def credentials(session: CDPSession, device: str) -> list[Any]:
    """The passkeys on a device."""
    found = await session.send("WebAuthn.getCredentials", {"authenticatorId": device})
    return list(found["credentials"])


async def add_passkey(page: Page, name: str, password: str = "demo-only") -> None:
    """In the settings, with the password."""
    dialog = page.get_by_role("dialog", name="Settings")
    await dialog.get_by_role("button", name="Add a passkey").click()
    await dialog.get_by_label("Name of the passkey").fill(name)
    await dialog.get_by_label("Password", exact=True).fill(password)
    await page.keyboard.press("Enter")


async def open_settings(desk: Page) -> Locator:
    """The dialog of the settings."""
    await desk.get_by_role("button", name="Settings").click()
    return desk.get_by_role("dialog", name="Settings")


async def sign_out(desk: Page) -> None:
    """Until the login is there."""
    await desk.get_by_role("button", name="Sign out", exact=True).click()
    await desk.get_by_role("button", name="Sign in", exact=True).wait_for()


async def register_two(desk: Page, session: CDPSession) -> str:
    """A laptop, which is not registered twice, and a key that is put aside then; the laptop."""
    laptop = await add_device(session)
    dialog = await open_settings(desk)
    await add_passkey(desk, "Laptop at work")
    await dialog.get_by_role("button", name="I have saved the codes").click()
    await expect(dialog.get_by_text("Laptop at work")).to_be_visible()
    (made,) = await credentials(session, laptop)
    assert (made["rpId"], made["isResidentCredential"]) == ("chat.localhost", True)
    await dialog.get_by_role("button", name="Add a passkey").click()
    await dialog.get_by_label("Name of the passkey").fill("Laptop again")
    await dialog.get_by_role("button", name="Confirm with a passkey").click()
    await expect(dialog.get_by_text("already has a passkey")).to_be_visible()
    key = await add_device(session, "usb")
    await dialog.get_by_label("Name of the passkey").fill("Key on the ring")
    await dialog.get_by_role("button", name="Confirm with a passkey").click()
    await expect(dialog.get_by_text("Key on the ring")).to_be_visible()
    assert [len(await credentials(session, one)) for one in (laptop, key)] == [1, 1]
    await session.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": key})
    await dialog.get_by_role("button", name="Close").click()
    return laptop


async def sign_in_in_every_way(desk: Page, demo: Demo, session: CDPSession, laptop: str) -> None:
    """Cancelled, alone, after the password, and picked from what the browser fills in, on the page of planning."""
    start = desk.get_by_role("button", name="Sign in with a passkey")
    await desk.evaluate(FILLS_NOTHING_IN)
    await session.send("WebAuthn.setUserVerified", {"authenticatorId": laptop, "isUserVerified": False})
    await sign_out(desk)
    await start.click()
    await expect(desk.get_by_role("alert")).to_contain_text("was not used")
    await session.send("WebAuthn.setUserVerified", {"authenticatorId": laptop, "isUserVerified": True})
    await start.click()
    await expect(desk.get_by_role("button", name="Available")).to_be_visible()
    await sign_out(desk)
    await desk.get_by_label("User name").fill("counsellor1")
    await desk.get_by_label("Password", exact=True).fill("demo-only")
    await desk.keyboard.press("Enter")
    await desk.get_by_role("button", name="Use a passkey").click()
    await expect(desk.get_by_role("button", name="Available")).to_be_visible()
    await sign_out(desk)
    # A virtual device picks by itself what the browser would fill in.
    await desk.goto(f"{demo.chat}/manage/")
    await expect(desk.get_by_role("link", name="To the console")).to_be_visible()


async def test_a_passkey_from_registering_to_removing(browser: Browser, demo: Demo) -> None:
    """Registered, a second device, refused and cancelled tries, alone and after the password, and taken away."""
    async with console(browser, demo) as desk:
        session = await desk.context.new_cdp_session(desk)
        await session.send("WebAuthn.enable", {"enableUI": False})
        laptop = await register_two(desk, session)
        await sign_in_in_every_way(desk, demo, session, laptop)
        await desk.goto(f"{demo.chat}/console/")
        await desk.evaluate(FILLS_NOTHING_IN)
        dialog = await open_settings(desk)
        await dialog.get_by_role("button", name="Rename Laptop at work").click()
        await dialog.get_by_label("Name of the passkey").fill("Old laptop")
        await desk.keyboard.press("Enter")
        await dialog.get_by_role("button", name="Remove Old laptop").click()
        await dialog.get_by_role("button", name="Confirm with a passkey").click()
        await expect(dialog.get_by_text("Key on the ring")).to_be_visible()
        await expect(dialog.get_by_text("Old laptop")).to_have_count(0)
        await dialog.get_by_role("button", name="Close").click()
        await sign_out(desk)
        await desk.get_by_role("button", name="Sign in with a passkey").click()
        await expect(desk.get_by_role("alert")).to_contain_text("did not work")
