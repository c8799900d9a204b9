"""`chatsvc demo` as a process: however it ends nothing stays behind, and what was said is there at the next start."""

import signal
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from tests.support.people import Counsellor, Visitor
from tests.support.ports import free_ports
from tests.support.processes import NotReady, Program, until

pytestmark = [pytest.mark.process, pytest.mark.usefixtures("static_dir")]
READY = "chatsvc demo is ready"


def _children(pid: int) -> set[int]:
    """Every descendant of a process, as the kernel tells it."""
    found: set[int] = set()
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found |= {int(child)} | _children(int(child))
    return found


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


class Demo:
    """The demo on ports and data of its own."""

    def __init__(self, tmp_path: Path, name: str = "demo") -> None:
        self.folder = tmp_path
        (self.port,) = free_ports(1)
        self.program = self.on(name)

    def on(self, name: str, *, port: int = 0, metrics: int = 0, data: str = "") -> Program:
        """Another one, perhaps on the same port or data."""
        arguments = ("--port", str(port or self.port), "--metrics-port", str(metrics or free_ports(1)[0]))
        data_dir = str(self.folder / (data or name))
        return Program("demo", *arguments, "--data-dir", data_dir, output=self.folder / f"{name}.log")

    async def start(self) -> set[int]:
        """Start; gives every process that it consists of."""
        self.program.launch()
        await self.program.ready(READY)
        return {self.program.pid} | _children(self.program.pid)


@pytest.fixture
async def demo(tmp_path: Path) -> AsyncIterator[Demo]:
    """A demo that is not running yet."""
    made = Demo(tmp_path)
    yield made
    made.program.kill()


async def _signed_in(http: aiohttp.ClientSession, port: int) -> str:
    """The cookie of a counsellor who has signed in."""
    person = {"username": "counsellor1", "password": "demo-only"}
    async with http.post(f"http://127.0.0.1:{port}/api/v1/login", json=person) as answer:
        assert answer.status == 200
        return "; ".join(f"{name}={morsel.value}" for name, morsel in answer.cookies.items())


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
async def test_nothing_stays_behind_and_what_was_said_is_there(demo: Demo, how: signal.Signals) -> None:
    """Ctrl-C, SIGTERM or SIGKILL of the parent: no process is left; the next start has the conversation."""
    processes = await demo.start()
    assert len(processes) > 1  # the store is one of its own
    base = f"http://127.0.0.1:{demo.port}/ws"
    jar = aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(cookie_jar=jar) as http:
        cookie = await _signed_in(http, demo.port)
        counsellor = Counsellor(http, [f"{base}/counsellor"], cookie=cookie)
        await counsellor.on_duty()
        visitor = Visitor(http, [f"{base}/visitor"])
        conversation = await visitor.joined()
        await counsellor.take()
        visitor.tell("from the visitor")
        counsellor.say(conversation, "from the counsellor")
        await visitor.heard_out()
        await counsellor.heard_out()

        demo.program.signal(how)
        code = await demo.program.ended(10)
        assert code == (-signal.SIGKILL if how is signal.SIGKILL else 0)
        await until(lambda: not any(_alive(pid) for pid in processes), 10)

        await demo.start()
        await counsellor.until(lambda: counsellor.welcomes >= 2)
        reader = Visitor(http, [f"{base}/visitor"], token=visitor.token)
        assert await reader.joined() == conversation
        assert {"from the visitor", "from the counsellor"} <= set(reader.copy.entries.values())
        assert counsellor.mine == {conversation}
        for person in (reader, visitor, counsellor):
            await person.close()


async def test_pages_and_metrics_need_ports_of_their_own(demo: Demo) -> None:
    """The same port for both is refused in one sentence that says what to choose, and so is the worker's."""
    for metrics in (demo.port, demo.port - 1):
        program = demo.on(f"metrics-{metrics}", metrics=metrics)
        program.launch()
        assert await program.ended(30) == 2
        assert f"Port {demo.port} can't serve both the pages and the metrics" in program.said()
        assert "--metrics-port" in program.said()


async def test_a_second_start_says_who_has_it(demo: Demo) -> None:
    """The same data, or the same port: one sentence that names what is taken and by whom, and the first goes on."""
    await demo.start()
    same_data = demo.on("second", port=free_ports(1)[0], data="demo")
    same_port = demo.on("third")
    for program, named in ((same_data, str(demo.folder / "demo")), (same_port, str(demo.port))):
        program.launch()
        with pytest.raises(NotReady):
            await program.ready(READY)
        said = program.said().strip()
        assert await program.ended(5) != 0
        assert "Traceback" not in said
        assert len(said.splitlines()) == 1, said
        assert named in said
        assert str(demo.program.pid) in said
    async with aiohttp.ClientSession() as http, http.get(f"http://127.0.0.1:{demo.port}/healthz") as answer:
        assert answer.status == 200
