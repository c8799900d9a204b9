"""What an operator sees in a real Prometheus while people wait and talk."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from tests.support.client import Client, connected
from tests.support.demo import Demo
from tests.support.ports import free_port

CONFIG = """
global: {{scrape_interval: 500ms, scrape_timeout: 400ms}}
scrape_configs:
  - job_name: chatsvc
    static_configs: [{{targets: ["127.0.0.1:{node}", "127.0.0.1:{worker}"]}}]
"""


class Prometheus:
    """A running Prometheus that can be asked."""

    def __init__(self, http: aiohttp.ClientSession, port: int) -> None:
        self._http = http
        self._url = f"http://127.0.0.1:{port}/api/v1/query"

    async def value(self, query: str) -> float | None:
        """The value of a query with one result; None while there is none."""
        with contextlib.suppress(aiohttp.ClientError):
            async with self._http.get(self._url, params={"query": query}) as found:
                result = (await found.json())["data"]["result"]
            return float(result[0]["value"][1]) if result else None
        return None

    async def until(self, query: str, wanted: float) -> None:
        """Wait until a query has this value."""
        value = None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(30):
                while (value := await self.value(query)) != wanted:  # noqa: ASYNC110 - Prometheus tells nobody
                    await asyncio.sleep(0.2)
        assert value == wanted, f"{query} is {value}, not {wanted}"


@asynccontextmanager
async def prometheus(
    http: aiohttp.ClientSession, metrics_port: int, place: Path
) -> AsyncIterator[Prometheus]:
    """A real Prometheus that watches a demo; what it stores is in `place`, legible."""
    config = place / "prometheus.yml"
    config.write_text(CONFIG.format(node=metrics_port, worker=metrics_port + 1))
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        "prometheus", f"--config.file={config}", f"--storage.tsdb.path={place / 'tsdb'}",
        f"--web.listen-address=127.0.0.1:{port}", "--no-storage.tsdb.wal-compression",
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield Prometheus(http, port)
    finally:
        process.kill()
        await process.wait()


@asynccontextmanager
async def counsellor(http: aiohttp.ClientSession, demo: Demo) -> AsyncIterator[Client]:
    """A counsellor of the demo who has signed in and is available."""
    base = f"http://127.0.0.1:{demo.port}"
    login = {"username": "counsellor1", "password": "demo-only"}
    async with http.post(f"{base}/api/v1/login", json=login) as answer:
        cookie = answer.headers["Set-Cookie"].partition(";")[0]
    async with connected(http, f"{base}/ws/counsellor", headers={"Cookie": cookie}) as client:
        await client.send("hello")
        await client.expect("welcome")
        await client.ask("duty", "duty", state="available")
        yield client


@pytest.mark.alone
async def test_prometheus_sees_who_waits_and_who_talks(tmp_path: Path, static_dir: Path) -> None:
    """Waiting, longest wait, capacity, conversations and messages are what they are, and fall back when it is over."""
    assert static_dir.is_dir()
    demo = Demo(free_port(), free_port(), tmp_path / "data")
    await demo.start()
    queue = '{site="kunta",queue="paihde"}'
    try:
        async with (
            aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http,
            prometheus(http, demo.metrics_port, tmp_path) as figures,
            counsellor(http, demo) as desk,
            connected(http, f"http://127.0.0.1:{demo.port}/ws/visitor") as visitor,
        ):
            await visitor.send("hello", site="kunta", queue="paihde", lang="fi")
            await visitor.expect("welcome")
            await figures.until(f"chatsvc_waiting{queue}", 1)
            await figures.until(f"chatsvc_oldest_wait_seconds{queue} > bool 2", 1)
            await figures.until(f"chatsvc_free_capacity{queue}", 3)
            await figures.until(f"chatsvc_staffed_capacity{queue}", 3)
            await figures.until(f"chatsvc_on_duty{queue}", 1)
            assigned = await desk.ask("take", "assigned")
            await visitor.ask("say", "ack", id="1", text="hei")
            await figures.until(f"chatsvc_waiting{queue}", 0)
            await figures.until(f"chatsvc_oldest_wait_seconds{queue}", 0)
            await figures.until(f"chatsvc_free_capacity{queue}", 2)
            await figures.until('chatsvc_conversations{site="kunta",queue="paihde",state="active"}', 1)
            await figures.until('chatsvc_messages_total{sender="visitor"}', 1)
            await figures.until(f"chatsvc_wait_seconds_count{queue} > 0", 1)
            await figures.until('chatsvc_connections{who="visitor"}', 1)
            await desk.ask("close", conversation=assigned["conversation"]["id"])
            await figures.until('chatsvc_conversations{site="kunta",queue="paihde",state="wrap_up"}', 1)
            await figures.until("chatsvc_store_up", 1)
    finally:
        await demo.stop()
