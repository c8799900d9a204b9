"""The planning page in a real browser, on the real demo: shifts, opening hours, three languages."""

from typing import Any

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.support.demo import Demo

pytestmark = pytest.mark.timeout(150)

WORDS = {
    "fi-FI": ("Käyttäjätunnus", "Uusi työvuoro", "Aino olisi samaan aikaan kahdessa vuorossa", "Sulje"),
    "sv-FI": ("Användarnamn", "Ny arbetstur", "Aino skulle ha två turer samtidigt", "Stäng"),
}


async def sign_in(page: Page, demo: Demo, label: str, name: str = "supervisor1") -> None:
    """Sign in with nothing but keys."""
    await page.goto(f"{demo.chat}/manage/")
    await expect(page.get_by_label(label)).to_be_visible()
    await tab_to(page, page.get_by_label(label))
    await page.keyboard.type(name)
    await page.keyboard.press("Tab")
    await page.keyboard.type("demo-only")
    await page.keyboard.press("Enter")
    await expect(page.locator(".people")).to_be_visible()


async def tab_to(page: Page, wanted: Locator) -> None:
    """Go on with the Tab key until something has the focus."""
    for _ in range(80):
        await page.keyboard.press("Tab")
        if await wanted.evaluate("(element) => element === document.activeElement"):
            return
    raise AssertionError(f"the Tab key does not lead to {wanted}")


async def read(page: Page, path: str) -> Any:
    """What the API says to whoever is signed in."""
    return await page.evaluate("(path) => fetch(path).then((answer) => answer.json())", path)


async def state_of(page: Page, queue: str) -> str:
    """How a queue stands, as anybody may read it."""
    listed = (await read(page, "/api/v1/sites/kunta/queues"))["queues"]
    return next(str(one["state"]) for one in listed if one["queue"] == queue)


async def test_a_weekly_shift_and_an_exception_by_keyboard(browser: Browser, demo: Demo) -> None:
    """With keys alone: a conflict before saving, a weekly shift, other hours from next week on; a queue closed."""
    context = await browser.new_context(
        locale="en-GB", viewport={"width": 1280, "height": 800}, timezone_id="Asia/Tokyo"
    )
    page = await context.new_page()
    await sign_in(page, demo, "User name")
    await expect(page.get_by_text("Times of day are Finnish time.")).to_be_visible()
    await plan_helmi(page)
    await shorten_helmi(page)
    await close_today(page)
    await context.close()


async def plan_helmi(page: Page) -> None:
    """A weekly shift for Helmi, after a look at what it would be for Aino."""
    await tab_to(page, page.get_by_role("button", name="New shift", exact=True))
    await page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_text("Aino would be planned twice at once")).to_be_visible()
    await tab_to(page, dialog.get_by_label("Person"))
    await page.keyboard.type("Helmi")
    await expect(dialog.get_by_text("No conflicts")).to_be_visible()
    await tab_to(page, dialog.get_by_label("To", exact=True))
    await page.keyboard.press("Control+a")
    await page.keyboard.type("16.30")
    await tab_to(page, dialog.get_by_label("Repeats"))
    await page.keyboard.type("Every week")
    await tab_to(page, dialog.get_by_role("button", name="Save"))
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("The shift is saved.")).to_be_visible()
    await expect(
        page.get_by_role("row", name="Helmi").get_by_role("button", name="09:00–16:30")
    ).to_be_visible()
    shifts = [one["shift"] for one in (await read(page, "/api/v1/sites/kunta/shifts"))["shifts"]]
    (made,) = (one for one in shifts if one["end"].endswith("T16:30"))
    assert (made["staff"], made["start"][-5:]) == ("supervisor1", "09:00")
    assert made["rule"].startswith("FREQ=WEEKLY;BYDAY=")


async def shorten_helmi(page: Page) -> None:
    """From next week on the shift ends earlier: the series is in two parts, and this week stays as it was."""
    await tab_to(page, page.get_by_role("button", name="Next week"))
    await page.keyboard.press("Enter")
    card = page.get_by_role("row", name="Helmi").get_by_role("button", name="09:00–16:30")
    await expect(page.locator(".week-body[inert]")).to_have_count(0)
    await tab_to(page, card)
    await page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    await tab_to(page, dialog.get_by_role("radio", name="Only this time"))
    await page.keyboard.press("ArrowDown")
    await expect(dialog.get_by_role("radio", name="This and all following")).to_be_checked()
    await expect(dialog.get_by_label("Repeats")).to_be_visible()
    await expect(dialog.get_by_text("No conflicts")).to_be_visible()
    await tab_to(page, dialog.get_by_label("To", exact=True))
    await page.keyboard.press("Control+a")
    await page.keyboard.type("15")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("The change is saved.")).to_be_visible()
    await expect(
        page.get_by_role("row", name="Helmi").get_by_role("button", name="09:00–15:00")
    ).to_be_visible()
    shifts = [one["shift"] for one in (await read(page, "/api/v1/sites/kunta/shifts"))["shifts"]]
    (before,) = (one for one in shifts if one["end"].endswith("T16:30"))
    (after,) = (one for one in shifts if one["staff"] == "supervisor1" and one["end"].endswith("T15:00"))
    assert "UNTIL=" in before["rule"]
    assert "UNTIL=" not in after["rule"]
    assert before["start"] < after["start"]


async def close_today(page: Page) -> None:
    """An exception for today, which everybody sees in the public list at once; and its end."""
    assert await state_of(page, "paihde") != "closed"
    await page.keyboard.press("Home")
    await tab_to(page, page.get_by_role("link", name="Opening hours"))
    await page.keyboard.press("Enter")
    await tab_to(page, page.get_by_role("button", name="Add an exception"))
    await page.keyboard.press("Enter")
    await expect(page.locator(".preview-day").first).to_contain_text("Closed")
    await tab_to(page, page.get_by_role("button", name="Save"))
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("The opening hours are saved.")).to_be_visible()
    assert await state_of(page, "paihde") == "closed"
    await tab_to(page, page.get_by_role("button", name="Remove the exception"))
    await page.keyboard.press("Enter")
    await tab_to(page, page.get_by_role("button", name="Save"))
    await page.keyboard.press("Enter")
    await expect(page.locator(".exception")).to_have_count(0)
    await expect(page.get_by_role("button", name="Save")).to_have_attribute("aria-disabled", "true")
    assert await state_of(page, "paihde") != "closed"


async def test_every_view_at_320_px_in_finnish_and_swedish(browser: Browser, demo: Demo) -> None:
    """Nothing scrolls sideways, and a conflict is told in the page's language."""
    for locale, (username, new, conflict, close) in WORDS.items():
        context = await browser.new_context(locale=locale, viewport={"width": 320, "height": 720})
        page = await context.new_page()
        await sign_in(page, demo, username)
        await page.get_by_role("button", name=new, exact=True).click()
        await expect(page.get_by_role("dialog").get_by_text(conflict)).to_be_visible()
        await fits(page)
        await page.get_by_role("button", name=close, exact=True).click()
        for view, shown in (
            ("week", ".day-list"),
            ("hours", ".preview-day"),
            ("coverage", ".coverage-queue"),
        ):
            await page.evaluate("(view) => { location.hash = `#/${view}`; }", view)
            await expect(page.locator(shown).first).to_be_visible()
            await fits(page)
        await context.close()


async def fits(page: Page) -> None:
    """Nothing is wider than the window."""
    assert await page.evaluate("document.documentElement.scrollWidth") <= 320
