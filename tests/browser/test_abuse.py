"""A real browser behind a real proxy that has to work before it is let in, and one that is turned away."""

import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from chatsvc.domain.buckets import Rate
from chatsvc.domain.sites import Contact
from chatsvc.web.limits import Figures, Limits
from chatsvc.web.puzzles import BITS
from tests.support.limited import counted
from tests.support.nginx import ADDRESS, nginx
from tests.support.ports import free_port
from tests.support.service import Service, make_site, running
from tests.support.store_server import SingleStore

pytestmark = pytest.mark.timeout(120)
SLOWED = 6  # about what separates this machine from an old phone
NONE = Rate(0, 1e-6)
MESSAGES, PROOFS = Rate(4, 0.05), Rate(5, 0.05)
LITTLE = Figures(
    joins=NONE, worked_joins=Rate(1, 1e-3), messages=MESSAGES, worked_messages=PROOFS, messages_for_work=30,
    watches=Rate(100, 1.0), bits=BITS,
)  # fmt: skip
PUZZLES = [f"1f4a3.10.9a8b7c6d5e4f3a2b.{number:032x}" for number in range(6)]
# The worker's own script, run on the page's thread: that is the one that the browser can slow down.
MEASURE = """() => {
  const self = { postMessage: (proof) => { self.proof = proof; } };
  %s
  const start = performance.now();
  const proofs = %s.map((puzzle) => { self.onmessage({ data: { puzzle, bits: 16 } }); return Number(self.proof); });
  return { tries: proofs.reduce((sum, one) => sum + one + 1, 0), ms: performance.now() - start };
}"""


@pytest.fixture
async def behind(valkey: SingleStore, tmp_path: Path, static_dir: Path) -> AsyncIterator[Service]:
    """A node behind nginx whose visitors all come from this machine, with a counsellor on duty."""
    port = free_port()
    assert static_dir.is_dir()
    site = replace(make_site(), emergency=(Contact({"fi": "Hätänumero", "en": "Emergency number"}, "112"),))
    origin = f"http://chat.localhost:{port}"
    async with (
        running(valkey.url, tmp_path, site, worker=False, public_url=origin) as service,
        nginx(tmp_path / "nginx", port, service.parts.port),
    ):
        node = service.parts.node
        node.limits = Limits(service.parts.metrics, node.loop.time, [ip_network(ADDRESS)], LITTLE)
        await service.on_duty("aino")
        yield service


async def slow(page: Page) -> None:
    """As an old phone would be."""
    session = await page.context.new_cdp_session(page)
    await session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWED})


async def starts(browser: Browser, service: Service) -> Page:
    """Somebody on an old phone presses the button."""
    context = await browser.new_context(locale="en-GB", viewport={"width": 360, "height": 640})
    page = await context.new_page()
    await slow(page)
    await page.goto(f"{service.settings.origin}/chat/kunta/paihde")
    await page.get_by_role("button", name="Start the chat").click()
    return page


async def test_an_old_phone_works_its_way_in_and_the_next_is_turned_away(
    browser: Browser, behind: Service, static_dir: Path
) -> None:
    """One moment, then the chat; too many messages still go out, in order; the next one reads whom to call."""
    page = await starts(browser, behind)
    workers = []
    page.on("worker", lambda worker: workers.append(worker.url))
    await expect(page.get_by_role("status").get_by_text("One moment")).to_be_visible()
    await expect(page.get_by_role("button", name="Leave the queue")).to_be_visible(timeout=20_000)
    assert counted(behind, "join", "solved") == 1
    box = page.get_by_role("textbox", name="Write a message")
    texts = [f"line {number}" for number in range(8)]
    for text in texts:
        await box.fill(text)
        await box.press("Enter")
    mine = page.get_by_role("listitem").filter(has_text="line")
    await expect(mine.last).to_contain_text(re.compile("Sent|Seen"), timeout=30_000)
    await expect(page.get_by_text("Not delivered")).to_have_count(0)
    assert [re.search(r"line \d", text)[0] for text in await mine.all_inner_texts()] == texts  # type: ignore[index]
    assert counted(behind, "message", "solved") == 1
    assert workers
    assert all("/assets/panel.proving-" in url for url in workers)

    other = await starts(browser, behind)
    await expect(other.get_by_role("heading", name="Many chats have just been opened")).to_be_visible()
    await expect(other.get_by_text(re.compile(r"You can try again .*\d\d:\d\d"))).to_be_visible()
    assert await other.get_by_role("link", name="112").get_attribute("href") == "tel:112"
    seconds = await measured(other, static_dir)
    assert 0.2 < seconds < 4, seconds


async def measured(page: Page, static: Path) -> float:
    """How long a puzzle takes on average in a browser that is slowed down, in seconds."""
    (script,) = (static / "assets").glob("panel.proving-*.js")
    found = await page.evaluate(MEASURE % (script.read_text(encoding="utf-8"), json.dumps(PUZZLES)))
    return float(2**BITS / found["tries"] * found["ms"] / 1_000)
