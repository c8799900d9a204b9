"""Nothing that a visitor writes becomes markup, a script or a link in the pages of staff; shown in a real Chromium."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from chatsvc.domain.questions import Question
from tests.support.hostile_text import hostile_texts
from tests.support.service import PASSWORD, Service, make_site, make_staff, running
from tests.support.stores import SingleStore

pytestmark = pytest.mark.timeout(150)
TEXTS = hostile_texts()
ALIAS = "<img src=x onerror=alert(1)>\u202eAino"
WHY = Question("why", "text", {"fi": "Miksi?", "en": "Why?"})
# What no page of ours draws.
FOREIGN = (
    "script[src*='evil'], iframe, object, embed, img, video, audio, math, marquee, base, meta[http-equiv], plaintext,"
    "xmp, template"
)
LOOK = """([places, foreign]) => {
  const all = [...document.querySelectorAll("*")], wanted = [...document.querySelectorAll(places)];
  const attributes = all.flatMap(one => [...one.attributes]);
  const look = one => getComputedStyle(one);
  const apart = one => look(one).display === "block" || /isolate|plaintext/.test(look(one).unicodeBidi);
  return {
    texts: wanted.map(one => one.textContent),
    inside: wanted.reduce((count, one) => count + one.querySelectorAll("*").length, 0),
    foreign: [...document.querySelectorAll(foreign)].map(one => one.outerHTML.slice(0, 200)),
    handlers: attributes
      .filter(one => one.name.startsWith("on") || /^\\s*(javascript|vbscript):/i.test(one.value)).map(one => one.name),
    links: [...document.querySelectorAll("a[href]")].map(one => [one.href, one.textContent, one.rel]),
    open: wanted.filter(one => !apart(one)).length,
  };
}"""


@dataclass
class Watch:
    """What a page did that it must not: dialogs, windows, complaints of its policy, questions to other hosts."""

    origin: str
    seen: list[str] = field(default_factory=list)

    def over(self, page: Page) -> None:
        """From now on."""
        page.on("dialog", lambda dialog: self._dialog(dialog))  # noqa: PLW0108 - as above
        page.on("popup", lambda other: self.seen.append(f"window {other.url}"))
        page.on("download", lambda file: self.seen.append(f"download {file.url}"))
        page.on("pageerror", lambda error: self.seen.append(f"error {error}"))
        page.on("console", lambda line: self._said(line.text))
        page.on("request", lambda request: self._asked(request.url))

    async def _dialog(self, dialog: Any) -> None:
        self.seen.append(f"dialog {dialog.message}")
        await dialog.dismiss()

    def _said(self, line: str) -> None:
        if "Content Security Policy" in line or "TrustedHTML" in line or "Refused" in line:
            self.seen.append(f"policy {line}")

    def _asked(self, url: str) -> None:
        if not url.startswith((self.origin, self.origin.replace("http", "ws"), "data:,")):
            self.seen.append(f"request {url}")


@asynccontextmanager
async def watched(browser: Browser, service: Service) -> AsyncIterator[tuple[BrowserContext, Watch]]:
    """A browser profile with English words, each of whose pages is watched."""
    watch = Watch(service.base)
    context = await browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 800})
    context.on("page", lambda page: watch.over(page))  # noqa: PLW0108 - Playwright marks a method that it is given
    yield context, watch
    await context.close()


async def signed_in(context: BrowserContext, address: str, name: str) -> Page:
    """A page of staff."""
    page = await context.new_page()
    await page.goto(address)
    await page.get_by_label("User name").fill(name)
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.keyboard.press("Enter")
    return page


async def look(page: Page, places: str) -> dict[str, Any]:
    """What is in these places, and what is on the page that should not be."""
    found: dict[str, Any] = await page.evaluate(LOOK, [places, FOREIGN])
    return found


def assert_harmless(found: dict[str, Any], origin: str) -> None:
    """Text alone, which can't run over its neighbours; no handlers; links to ourselves only."""
    assert found["inside"] == 0
    assert (found["foreign"], found["handlers"], found["open"]) == ([], [], 0)
    foreign = [link for link in found["links"] if not link[0].startswith((f"{origin}/", "tel:"))]
    assert foreign == [], (
        "if links are ever made of what visitors write: https only, the whole address in sight"
    )


@pytest.fixture
async def service(valkey: SingleStore, tmp_path: Path, static_dir: Path) -> AsyncIterator[Service]:
    """A queue that asks a question, one that does not; a counsellor with a hostile alias, a supervisor."""
    assert static_dir.is_dir()
    people = (replace(make_staff("aino"), alias=ALIAS), make_staff("saana", role="supervisor"))
    site = make_site(paihde={"questions": (WHY,)}, velka={})
    async with running(valkey.url, tmp_path, site, people, worker=False) as made:
        made.parts.node.public_url = made.base
        yield made


@pytest.fixture
async def embedder(service: Service) -> AsyncIterator[str]:
    """The address of an empty page on another host, where the chat may be embedded."""

    async def page(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: 13\r\n\r\n"
        writer.write(f"{head}<main></main>".encode())
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(page, "127.0.0.1", 0) as server:
        address = f"http://kunta.localhost:{server.sockets[0].getsockname()[1]}"
        await service.backend.directory.put_site(replace(service.site, origins=(address,)))
        await service.backend.planning.refresh()
        yield address


async def test_five_hundred_hostile_texts_stay_text(browser: Browser, service: Service) -> None:
    """In the console, the answers, the visitor's page and the transcript: shown to the letter, and nothing runs."""
    async with watched(browser, service) as (context, watch):
        desk = await signed_in(context, f"{service.base}/console/", "aino")
        await desk.get_by_role("button", name="Available").click()
        visitor, _ = await service.joined("paihde", answers={"why": TEXTS[60]})
        await expect(desk.get_by_role("button", name="Take the next visitor")).to_be_enabled()
        await desk.keyboard.press("n")
        await expect(desk.get_by_role("textbox", name="Write to the visitor")).to_be_visible()
        said = [f"{first}\n{second}" for first, second in zip(TEXTS[::2], TEXTS[1::2], strict=True)]
        assert len(TEXTS) >= 500
        for number, text in enumerate(said):  # two at once: as many as a network may write without a pause
            await visitor.ask("say", "ack", id=f"m{number}", text=text)
        await expect(desk.locator(".bubble .text")).to_have_count(len(said), timeout=60_000)
        found = await look(desk, ".bubble .text")
        assert found["texts"] == said
        assert_harmless(found, service.base)
        assert TEXTS[60] in (await look(desk, ".facts dd, .facts dd span"))["texts"]
        await a_visitor_sees_the_alias(context, service, desk)
        await visitor.ask("leave", "ok", how="button")
        await the_transcript(context, service, said)
        assert watch.seen == []


async def a_visitor_sees_the_alias(context: BrowserContext, service: Service, desk: Page) -> None:
    """The counsellor's alias, in the panel of a second visitor, is letters too."""
    page = await context.new_page()
    await page.goto(f"{service.base}/chat/kunta/velka?lang=en")
    await page.get_by_role("button", name="Start the chat").click()
    await expect(desk.get_by_role("button", name="Take the next visitor")).to_be_enabled()
    await desk.keyboard.press("Escape")
    await desk.get_by_role("button", name="Take the next visitor").click()
    await expect(page.get_by_text("onerror=alert(1)").first).to_be_visible()
    assert_harmless(await look(page, ".text"), service.base)
    await page.close()


async def the_transcript(context: BrowserContext, service: Service, said: list[str]) -> None:
    """What a supervisor opens afterwards, in the same browser."""
    await context.clear_cookies()
    page = await signed_in(context, f"{service.base}/manage/#/transcripts", "saana")
    await page.get_by_role("button", name="Read").first.click()
    await page.get_by_label("Reason").fill("Looking after what was said here")
    await page.get_by_role("button", name="Record and read").click()
    await expect(page.locator(".from-visitor .said-text")).to_have_count(len(said), timeout=60_000)
    found = await look(page, ".said-text")
    assert found["texts"] == [TEXTS[60], *said]
    assert_harmless(found, service.base)


async def test_a_page_that_runs_them_is_caught(browser: Browser, service: Service) -> None:
    """The same looks at a page that takes texts for markup find elements, handlers, and scripts that ran."""
    async with watched(browser, service) as (context, watch):
        page = await context.new_page()
        await page.goto("data:text/html,<main></main>")
        markup = [text for text in TEXTS if "<img" in text and "onerror" in text][:5]
        async with page.expect_event("dialog"):
            await page.evaluate(
                "texts => { for (const text of texts) { const p = document.createElement('p'); p.className = 'text';"
                " p.innerHTML = text; document.querySelector('main').append(p); } }",
                markup,
            )
        found = await look(page, ".text")
        clean = {"inside": 0, "foreign": [], "handlers": [], "open": 0, "links": []}
        assert_harmless(clean, service.base)
        for name in ("inside", "foreign", "handlers"):
            with pytest.raises(AssertionError):
                assert_harmless(clean | {name: found[name]}, service.base)
        with pytest.raises(AssertionError):
            assert_harmless(clean | {"links": [["https://evil.example/", "here", ""]]}, service.base)
        await page.goto(f"{service.base}/console/")
        await page.evaluate("try { document.body.innerHTML = '<b>x</b>' } catch {}")
        assert {one.partition(" ")[0] for one in watch.seen} >= {"dialog", "policy"}


async def test_pages_of_staff_are_not_shown_in_frames(
    browser: Browser, service: Service, embedder: str
) -> None:
    """Neither by a page that may embed the chat, which shows the panel, nor by our own."""
    async with watched(browser, service) as (context, _):
        page = await context.new_page()
        for around in (embedder, f"{service.base}/chat/kunta/velka"):
            await page.goto(around)
            assert "chrome-error" in await framed(page, f"{service.base}/console/")
            assert "chrome-error" in await framed(page, f"{service.base}/manage/")
        await page.goto(embedder)
        panel = f"{service.base}/panel?site=kunta"
        assert await framed(page, panel) == panel


async def framed(page: Page, address: str) -> str:
    """What a new frame of the page shows once it has loaded."""
    async with page.expect_event(
        "framenavigated", lambda frame: frame.url not in ("", "about:blank")
    ) as shown:
        await page.evaluate(
            "address => { const frame = document.createElement('iframe'); frame.src = address;"
            " document.body.append(frame); }",
            address,
        )
    return str((await shown.value).url)
