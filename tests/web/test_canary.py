"""A marked visitor chats, errs and is refused, and leaves no trace of address, browser or words anywhere."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest
import redis

from tests.contract.bad_bytes import not_rfc_6455, undecodable
from tests.contract.raw_socket import (
    BOTH,
    HandshakeRefused,
    RawSocket,
    frame,
    handshake,
    opcode_of,
    raw_socket,
)
from tests.faults.test_figures import prometheus
from tests.support.canary import Detector, Found, Mark
from tests.support.client import JSON
from tests.support.ports import free_ports

pytestmark = [pytest.mark.process, pytest.mark.slow]
ROOT = Path(__file__).resolve().parents[2]
ADDRESS = "127.0.0.7"
AGENT = "KanariaSelain/7.7 (Linux; marked 5f1c93d7e2)"
REFERRER = "https://www.kunta.example/kanaria-9b2e41c8"
FIRST_WORD = "kanarialintu-c41f7a0d93"
WORDS = f"{FIRST_WORD} lauloi ikkunalla"
MARKED = {"User-Agent": AGENT, "Referer": REFERRER, "X-Forwarded-For": ADDRESS, "Forwarded": f"for={ADDRESS}"}
READY_WITHIN_S = 60.0
WRONG: list[dict[str, Any]] = [
    {"type": WORDS},
    {"type": "hello", "site": WORDS, "queue": WORDS},
    {"type": "say", "id": WORDS, "text": 5},
    {"type": "hello", "site": "kunta", "queue": "paihde", WORDS: WORDS, "answers": {WORDS: "\x00"}},
    {"type": "say", "id": "x", "text": WORDS, "ref": WORDS},
    {"type": "watch", "site": "kunta", "queue": WORDS},
]


def detector() -> Detector:
    """Looks for the address, the browser (also the part of its name that is telling), the page and the words."""
    return Detector(
        [
            Mark.of_address(ADDRESS), Mark.of("agent", AGENT), Mark.of("agent's name", "KanariaSelain"),
            Mark.of("referrer", REFERRER), Mark.of("words", WORDS), Mark.of("first word", FIRST_WORD),
        ]
    )  # fmt: skip


@dataclass(slots=True)
class Demo:
    """`chatsvc demo` as a process of its own, with its bundled store on a directory of its own."""

    port: int
    metrics_port: int
    data: Path
    streams: Path
    process: subprocess.Popen[bytes]

    def store(self) -> redis.Redis:
        """A client of the bundled store."""
        elsewhere = self.data / "run" / "elsewhere"
        folder = Path(elsewhere.read_text()) if elsewhere.exists() else self.data / "run"
        return redis.Redis(unix_socket_path=str(folder / "store.sock"), socket_timeout=10)

    def seen_from_outside(self, look: Detector) -> list[Found]:
        """Traces in what others can see of the program's processes."""
        program = psutil.Process(self.process.pid)
        family = [program, *program.children(recursive=True)]
        return [found for process in family for found in look.in_process(process.pid)]

    async def metrics(self) -> bytes:
        """The metrics pages of node and worker."""
        async with aiohttp.ClientSession() as http:
            pages = []
            for port in (self.metrics_port, self.metrics_port + 1):
                async with http.get(f"http://127.0.0.1:{port}/metrics") as answer:
                    pages.append(await answer.read())
        return b"".join(pages)

    @asynccontextmanager
    async def marked(
        self, path: str = "/ws/visitor", subprotocol: str | None = JSON, **more: str
    ) -> AsyncIterator[RawSocket]:
        """The marked visitor's socket."""
        async with raw_socket(self.port, path, subprotocol, {**MARKED, **more}, local=ADDRESS) as socket:
            yield socket


@pytest.fixture
async def demo(tmp_path: Path) -> AsyncIterator[Demo]:
    """The demo, ready."""
    while True:
        port, metrics = free_ports(2)
        if metrics + 1 != port:
            break
    data, streams, temporary = tmp_path / "data", tmp_path / "streams", tmp_path / "temporary"
    temporary.mkdir()
    command = ["demo", "--port", str(port), "--metrics-port", str(metrics), "--data-dir", str(data)]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CHATSVC_")}
    with streams.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "chatsvc", *command],
            stdout=out,
            stderr=out,
            env=environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(temporary)},
        )
    try:
        made = Demo(port, metrics, data, streams, process)
        await _ready(made)
        yield made
    finally:
        process.kill()
        process.wait()


async def _ready(demo: Demo) -> None:
    async with asyncio.timeout(READY_WITHIN_S), aiohttp.ClientSession() as http:
        while True:
            assert demo.process.poll() is None, demo.streams.read_text()
            try:
                async with http.get(f"http://127.0.0.1:{demo.port}/readyz") as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                await asyncio.sleep(0.05)


async def request(demo: Demo, raw: bytes) -> bytes:
    """Whatever the server answers to these bytes from the marked address."""
    reader, writer = await asyncio.open_connection("127.0.0.1", demo.port, local_addr=(ADDRESS, 0))
    try:
        writer.write(raw)
        async with asyncio.timeout(5):
            return await reader.read(65_536)
    except (TimeoutError, ConnectionError):
        return b""
    finally:
        writer.transport.abort()


def _http(method: str, path: str, body: bytes = b"", headers: Mapping[str, str] = MARKED) -> bytes:
    sent = {"Host": "chat.localhost", "Connection": "close", **MARKED, **headers}
    if body:
        sent["Content-Length"] = str(len(body))
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in sent.items()), "", ""]
    return "\r\n".join(lines).encode() + body


async def over_http(demo: Demo) -> None:
    """Right and wrong requests of every kind."""
    login = json.dumps({"username": WORDS, "password": WORDS}).encode()
    signed = {"Cookie": f"__Host-chatsvc-staff={FIRST_WORD}", "Authorization": f"Bearer {FIRST_WORD}"}
    wrong = [
        _http("GET", f"/panel?site=kunta&queue={FIRST_WORD}"), _http("GET", f"/{FIRST_WORD}"), _http("GET", "/w.js"),
        _http("GET", "/metrics"), _http("GET", f"/chat/kunta/{FIRST_WORD}"), _http("DELETE", "/api/v1/me"),
        _http("POST", "/api/v1/login", login), _http("POST", "/api/v1/login", WORDS.encode()),
        _http("POST", "/api/v1/visitor/end", WORDS.encode()), _http("POST", "/api/v1/visitor/end", b'{"how":1}'),
        _http("GET", "/api/v1/me", b"", signed),
        f"{WORDS}\r\n\r\n".encode(), f"GET /{FIRST_WORD} HTTP/9.9\r\nUser-Agent: {AGENT}\r\n\r\n".encode(),
        _http("GET", "/", b"", {"X-Bad\x00": WORDS}), _http("GET", "/", b"", {"X-Long": WORDS * 1_000}),
        _http("POST", "/api/v1/login", b"", {"Transfer-Encoding": "chunked"}) + WORDS.encode() + b"\r\n",
        _http("POST", "/api/v1/login", b"x", {"Content-Length": "-1"}), b"\x16\x03\x01\x02\x00" + AGENT.encode(),
        handshake(demo.port, "/ws/visitor", None, MARKED),
        handshake(demo.port, "/ws/visitor", JSON, {**MARKED, "Origin": f"https://{FIRST_WORD}.example"}),
        handshake(demo.port, "/ws/counsellor", JSON, {**MARKED, "Sec-WebSocket-Key": FIRST_WORD}),
    ]  # fmt: skip
    for raw in wrong:
        await request(demo, raw)


async def badly(demo: Demo) -> None:
    """Malformed frames, with the marked words wherever there is room for them, and connections that break."""
    for case in [*undecodable()[::4], *not_rfc_6455()[::6]]:
        async with demo.marked(subprotocol=case.subprotocol) as socket:
            await socket.write(case.raw)
            await socket.closed(to_the_end=False)
    for way in BOTH:
        async with demo.marked(subprotocol=way) as socket:
            for body in WRONG:
                await socket.send(body)
                await socket.next("error")
            await socket.write(frame(opcode_of(way), WORDS.encode() * 10)[:100])
    async with demo.marked("/ws/counsellor", Authorization=f"Bearer {WORDS}") as socket:
        assert (await socket.closed()).code == 4001
    with pytest.raises(HandshakeRefused):
        async with demo.marked(subprotocol=FIRST_WORD):
            pass


async def refused(demo: Demo) -> None:
    """Nobody is on duty yet: the visitor is told why not."""
    async with demo.marked() as socket:
        await socket.send({"type": "hello", "site": "kunta", "queue": "paihde", "answers": {"q": WORDS}})
        assert (await socket.next("unavailable"))["reason"] == "no_staff"


@asynccontextmanager
async def counsellor(demo: Demo) -> AsyncIterator[RawSocket]:
    """A counsellor who is on duty, from an address that is not marked."""
    async with aiohttp.ClientSession() as http:
        login = {"username": "counsellor1", "password": "demo-only"}
        async with http.post(f"http://127.0.0.1:{demo.port}/api/v1/login", json=login) as answer:
            cookie = answer.headers["Set-Cookie"].partition(";")[0]
    async with raw_socket(demo.port, "/ws/counsellor", JSON, {"Cookie": cookie}) as socket:
        await socket.send({"type": "hello"})
        await socket.next("welcome")
        await socket.send({"type": "duty", "state": "available", "ref": "d"})
        await socket.next("duty", ref="d")
        yield socket


async def chatting(demo: Demo, staff: RawSocket) -> None:
    """A whole conversation, every free text of it marked; the visitor drops and returns on the way."""
    async with demo.marked() as socket:
        hello = {
            "type": "hello",
            "site": "kunta",
            "queue": "paihde",
            "want_token": True,
            "answers": {"q": WORDS},
        }
        await socket.send(hello)
        welcome = await socket.next("welcome")
        await socket.send({"type": "say", "id": "a", "text": WORDS})
        await socket.next("ack", id="a")
    await staff.send({"type": "take", "queue": "paihde", "ref": "t"})
    taken = (await staff.next("assigned", ref="t"))["conversation"]
    assert taken["answers"] == {"q": WORDS}
    ident = taken["id"]
    async with demo.marked() as socket:
        await socket.send({**hello, "token": welcome["token"]})
        assert (await socket.next("welcome"))["log"][0]["text"] == WORDS
        for number in range(20):
            await socket.send({"type": "say", "id": f"b{number}", "text": f"{number} {WORDS}"})
            await socket.next("ack", id=f"b{number}")
        await staff.send({"type": "say", "conversation": ident, "id": "c", "text": WORDS})
        await socket.next("entry", id="c")
        await staff.send({"type": "note", "conversation": ident, "id": "d", "text": WORDS})
        await staff.next("ack", id="d")
        await socket.send({"type": "leave", "ref": "l"})
        await socket.next("ok", ref="l")
        await socket.send({"type": "feedback", "score": 1, "text": WORDS, "ref": "f"})
        await socket.next("ok", ref="f")
    await staff.send({"type": "wrap_up", "conversation": ident, "outcome": "talked", "ref": "w"})
    await staff.next("ok", ref="w")


async def while_the_store_dies(demo: Demo, staff: RawSocket) -> None:
    """The bundled store is killed while the visitor writes; what fails, fails without a word about them."""
    async with demo.marked() as socket:
        await socket.send(
            {"type": "hello", "site": "kunta", "queue": "perhe", "answers": {"kerro": WORDS}, "fresh": True}
        )
        await socket.next("welcome")
        children = psutil.Process(demo.process.pid).children(recursive=True)
        (store,) = [child for child in children if "valkey-server" in " ".join(child.cmdline()[:1])]
        store.send_signal(signal.SIGKILL)
        for number in range(5):
            await socket.send({"type": "say", "id": f"e{number}", "text": WORDS})
        await socket.closed(to_the_end=False)  # 1012: the store may have lost something
    await staff.closed(to_the_end=False)


async def watched(demo: Demo) -> None:
    """A real Prometheus has stored the figures of what was done; its files are looked into with all others."""
    place = demo.data.parent / "prometheus"
    place.mkdir()
    async with aiohttp.ClientSession() as http, prometheus(http, demo.metrics_port, place) as figures:
        await figures.until('chatsvc_messages_total{sender="visitor"} > bool 10', 1)
    stored = b"".join(path.read_bytes() for path in (place / "tsdb" / "wal").iterdir() if path.is_file())
    assert b"chatsvc_messages_total" in stored, "labels would be legible"


async def test_no_trace_is_left(demo: Demo) -> None:
    """Files, streams, metrics, Prometheus, store: no address, browser or words in any form, running and ended."""
    look = detector()
    await refused(demo)
    await over_http(demo)
    await badly(demo)
    async with counsellor(demo) as staff:
        await chatting(demo, staff)
        with demo.store() as client:
            assert client.dbsize() > 10
            assert look.in_store(client) == []
        assert demo.seen_from_outside(look) == []
        await watched(demo)
        await while_the_store_dies(demo, staff)
    await _ready(demo)
    pages = await demo.metrics()
    assert b"chatsvc_" in pages
    assert look.in_bytes("metrics", pages) == []
    demo.process.send_signal(signal.SIGTERM)
    demo.process.wait(timeout=30)
    assert (demo.data / "demo.log").stat().st_size > 0
    assert look.in_bytes("streams", demo.streams.read_bytes()) == []
    assert look.in_folder(demo.data.parent) == []
    assert look.looked_at > 100
