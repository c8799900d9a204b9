"""From nothing to a first sign-in with the commands of an operator, on the bundled store."""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import pytest

from tests.cli.conftest import EXAMPLE, CommandLine
from tests.support.ports import free_port
from tests.support.store_server import SingleStore

pytestmark = [pytest.mark.process, pytest.mark.usefixtures("static_dir")]
PASSWORD = "five blue horses"


@contextmanager
def running(chatsvc: CommandLine, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A process of the program, from the line that says it is ready; it must end with 0."""
    process = subprocess.Popen(
        [sys.executable, "-m", "chatsvc", *arguments],
        env=chatsvc.variables(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        told = []
        for line in process.stdout:
            told.append(line)
            if line.startswith("{") and json.loads(line).get("event") == "ready":
                break
        assert process.poll() is None, "".join(told)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        rest, _ = process.communicate(timeout=30)
    assert process.returncode == 0, rest


@pytest.fixture
def served(tmp_path: Path) -> CommandLine:
    """Settings for a node of its own."""
    return CommandLine(
        {
            "CHATSVC_DATA_DIR": str(tmp_path / "data"),
            "CHATSVC_PORT": str(free_port()),
            "CHATSVC_METRICS_PORT": "0",
            "CHATSVC_WORKER_METRICS_PORT": "0",
        }
    )


async def sign_in(origin: str, name: str, password: str) -> int:
    """The status with which a sign-in is answered."""
    async with aiohttp.ClientSession(headers={"Origin": origin}) as browser:
        body = {"username": name, "password": password}
        async with browser.post(f"{origin}/api/v1/login", json=body) as answer:
            return answer.status


def test_from_an_empty_directory_to_a_first_sign_in(served: CommandLine) -> None:
    """Sites and accounts declared while the service runs are there at once, without a restart."""
    origin = f"http://localhost:{served.environ['CHATSVC_PORT']}"
    with running(served, "serve", "--with-worker"):
        assert "kunta: new" in served("apply", EXAMPLE)
        served("counsellor", "add", "anna", "--alias", "Anna", "--site", "kunta", stdin=PASSWORD)
        assert asyncio.run(signed_in_soon(origin, "anna", PASSWORD))
        assert asyncio.run(sign_in(origin, "anna", "something else")) == 401
        served("counsellor", "disable", "anna")
        assert asyncio.run(refused_soon(origin, "anna", PASSWORD))
        assert "is used by process" in served("doctor")
    assert "Everything works" in served("doctor")


async def signed_in_soon(origin: str, name: str, password: str) -> bool:
    """Whether the sign-in succeeds within the time in which nodes hear of changes."""
    return await _soon(origin, name, password, 200)


async def refused_soon(origin: str, name: str, password: str) -> bool:
    """Whether the sign-in is refused within that time."""
    return await _soon(origin, name, password, 401)


async def _soon(origin: str, name: str, password: str, status: int) -> bool:
    for _ in range(50):
        if await sign_in(origin, name, password) == status:
            return True
        await asyncio.sleep(0.1)
    return False


def test_a_second_start_says_who_has_the_data(served: CommandLine) -> None:
    """A second service on the same directory ends with 1 and one sentence."""
    with running(served, "serve", "--with-worker") as first:
        told = served("serve", "--with-worker", code=1, CHATSVC_PORT=str(free_port()))
        assert f"is in use by process {first.pid}, which serves" in told


def test_a_worker_runs_beside_a_node_on_an_external_store(served: CommandLine, store: SingleStore) -> None:
    """With a store of their own, node and worker are separate processes."""
    external = CommandLine(served.environ | {"CHATSVC_REDIS_URL": store.url})
    with running(external, "serve"), running(external, "worker"):
        external("apply", EXAMPLE)
    assert "the store and the key vault belong together" in external("doctor")


def test_the_demos_store_is_not_served(served: CommandLine, store: SingleStore) -> None:
    """`serve` refuses a store that the demo has seeded."""
    external = CommandLine(served.environ | {"CHATSVC_REDIS_URL": store.url})
    store.ask("HSET", "chatsvc:{dir}:about", "mark", "demo")
    assert "chatsvc demo" in external("serve", code=1)
