"""Signing in again over an open desk, and with an authenticator app, in a real browser on the real service."""

import asyncio
import base64
import os
import re
import sys
import time

from playwright.async_api import Browser, expect

from chatsvc.domain.one_time import STEP_MS, hotp
from tests.browser.conftest import console, visitor_context
from tests.browser.test_main_path import counsellor_says, line, open_chat, take, visitor_says
from tests.support.demo import Demo


async def sign_out_by_command(demo: Demo, name: str) -> None:
    """What an operator does while everything runs."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "chatsvc", "counsellor", "sign-out", name,
        env=os.environ | {"CHATSVC_DATA_DIR": str(demo.data_dir)},
    )  # fmt: skip
    assert await process.wait() == 0


async def test_signing_in_again_keeps_chats_and_drafts(browser: Browser, demo: Demo) -> None:
    """Signed out by command: the login within 5 s; after it the same conversation, what was said, and the draft.

    Then the same desk sets up an app, and the next sign-in takes the password and a recovery code.
    """
    async with console(browser, demo) as desk:
        page = await (await visitor_context(browser)).new_page()
        panel = await open_chat(page, demo)
        await take(desk)
        await counsellor_says(desk, "before the end of the session")
        box = desk.get_by_role("textbox", name="Write to the visitor")
        await box.fill("half a sente")
        await sign_out_by_command(demo, "counsellor1")
        await expect(desk.get_by_text("Your session has ended")).to_be_visible(timeout=5_000)
        await visitor_says(panel, "are you there?")
        await desk.get_by_label("User name").fill("counsellor1")
        await desk.get_by_label("Password", exact=True).fill("demo-only")
        await desk.keyboard.press("Enter")
        await expect(box).to_have_value("half a sente")
        for text in ("before the end of the session", "are you there?"):
            await expect(desk.get_by_role("main").get_by_text(text, exact=True)).to_have_count(1)
        await counsellor_says(desk, "I am back")
        await expect(line(panel, "I am back")).to_be_visible()

        await desk.get_by_role("button", name="Settings").click()
        dialog = desk.get_by_role("dialog", name="Settings")
        await dialog.get_by_role("button", name="Set up an authenticator app").click()
        await dialog.get_by_label("Password", exact=True).fill("demo-only")
        await desk.keyboard.press("Enter")
        picture = dialog.get_by_role("img", name=re.compile("QR code"))
        await expect(picture).to_be_visible()
        assert await picture.evaluate("image => image.complete && image.naturalWidth") >= 100
        secret = (await dialog.locator(".setup-key").inner_text()).replace(" ", "")
        code = hotp(base64.b32decode(secret), int(time.time() * 1000) // STEP_MS)
        await dialog.get_by_label("Code from your authenticator app").fill(code)
        await desk.keyboard.press("Enter")
        recovery = await dialog.locator(".setup-codes li").first.inner_text()
        await dialog.get_by_role("button", name="I have saved the codes").click()
        await dialog.get_by_role("button", name="Sign out on all devices").click()
        await desk.get_by_label("User name").fill("counsellor1")
        await desk.get_by_label("Password", exact=True).fill("demo-only")
        await desk.keyboard.press("Enter")
        await desk.get_by_label("Code from your authenticator app").fill(recovery)
        await desk.keyboard.press("Enter")
        await expect(desk.get_by_role("main").get_by_text("I am back", exact=True)).to_be_visible()
