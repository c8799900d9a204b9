"""Long logs travel in pages."""

import asyncio
import json

import pytest

from tests.support.client import JSON, MSGPACK, Client
from tests.support.service import Service

LARGEST_PAGE = 64 * 1024


async def say_much(visitor: Client, count: int, text: str) -> None:
    """Write `count` messages and wait until all are stored."""
    for start in range(0, count, 32):
        ids = [f"m{number}" for number in range(start, min(count, start + 32))]
        for ident in ids:
            await visitor.send("say", id=ident, text=text)
        await asyncio.gather(*(visitor.expect("ack", id=ident) for ident in ids))


@pytest.mark.parametrize("subprotocol", [JSON, MSGPACK])
@pytest.mark.parametrize(
    ("count", "text"), [(150, "short"), (20, "x" + '"' * 3_999), (12, "\n\U0001f642" * 2_000)]
)
async def test_a_long_log_comes_in_pages(service: Service, subprotocol: str, count: int, text: str) -> None:
    """Whoever resumes gets every entry once, in order, in pages of at most 64 KiB however the text is escaped."""
    await service.on_duty("aino")
    visitor, welcome = await service.joined(subprotocol=subprotocol)
    await say_much(visitor, count, text)
    again, resumed = await service.joined(subprotocol=subprotocol, token=welcome["token"])
    pages = [resumed["log"]]
    more = resumed.get("more", False)
    while more:
        frame = await again.expect("log")
        assert frame["of"] == "talk"
        pages.append(frame["log"])
        more = frame.get("more", False)
    assert [entry["seq"] for page in pages for entry in page] == list(range(1, count + 1))
    assert all(len(json.dumps(page, ensure_ascii=False).encode()) <= LARGEST_PAGE for page in pages)
    assert len(pages) > 1
