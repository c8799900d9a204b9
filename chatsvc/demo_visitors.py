"""Simulated visitors, so that one person can try the console."""

import asyncio
import contextlib
import random
import secrets

import aiohttp
import msgspec

from chatsvc.web.protocol import MSGPACK

ARRIVE_EVERY_S = 12.0
PATIENCE_S = (120.0, 600.0)
LINES = {
    "fi": ("Hei.", "Olen miettinyt tätä pitkään.", "En oikein tiedä, mistä aloittaisin.", "Kiitos, se auttaa."),
    "sv": ("Hej.", "Jag har funderat länge.", "Jag vet inte riktigt var jag ska börja.", "Tack, det hjälper."),
    "en": ("Hello.", "I have been thinking about this.", "I am not sure where to begin.", "Thank you, that helps."),
}  # fmt: skip


async def simulate_visitors(port: int, count: int) -> None:
    """Keep up to `count` visitors coming, waiting, writing and leaving, until cancelled."""
    async with aiohttp.ClientSession() as http, asyncio.TaskGroup() as group:
        for index in range(count):
            group.create_task(_again_and_again(http, port, index))


async def _again_and_again(http: aiohttp.ClientSession, port: int, index: int) -> None:
    await asyncio.sleep(index * 1.5)
    while True:
        with contextlib.suppress(aiohttp.ClientError, TimeoutError, OSError):
            await _visit(http, port)
        await asyncio.sleep(ARRIVE_EVERY_S * random.uniform(0.5, 1.5))


async def _visit(http: aiohttp.ClientSession, port: int) -> None:
    lang = random.choice(sorted(LINES))
    queue = random.choice(("paihde", "perhe"))
    url = f"http://127.0.0.1:{port}/ws/visitor"
    async with http.ws_connect(url, protocols=(MSGPACK,), compress=0) as ws:
        hello = {"type": "hello", "site": "kunta", "queue": queue, "lang": lang, "want_token": True}
        await ws.send_bytes(msgspec.msgpack.encode(hello))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(random.uniform(*PATIENCE_S)):
                await _talk(ws, list(LINES[lang]), lang)
        if not ws.closed:
            await ws.send_bytes(msgspec.msgpack.encode({"type": "leave"}))


async def _talk(ws: "aiohttp.ClientWebSocketResponse[bool]", lines: list[str], lang: str) -> None:
    async for message in ws:
        if message.type is not aiohttp.WSMsgType.BINARY:
            return
        frame = msgspec.msgpack.decode(message.data)
        kind = frame["type"]
        if kind in ("unavailable", "closed"):
            return
        if kind == "active" or (kind == "entry" and frame["from"] == "counsellor"):
            if not lines:
                await asyncio.sleep(3)
                return
            await _write(ws, lines.pop(0), lang)


async def _write(ws: "aiohttp.ClientWebSocketResponse[bool]", text: str, lang: str) -> None:
    await ws.send_bytes(msgspec.msgpack.encode({"type": "typing", "on": True}))
    await asyncio.sleep(random.uniform(1.0, 4.0))
    ident = secrets.token_hex(8)
    await ws.send_bytes(msgspec.msgpack.encode({"type": "say", "id": ident, "text": text, "lang": lang}))
