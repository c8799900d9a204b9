"""Node, worker and bundled store that crash amid conversations leave no core; without our setting they would."""

import asyncio
import contextlib
import os
import resource
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from tests.support.client import Client, connected
from tests.support.ports import free_ports
from tests.support.processes import Deployment, Program, deployed
from tests.support.service import MASTER_KEY

pytestmark = [pytest.mark.process, pytest.mark.slow]
WORDS = "kanarialintu lauloi muistissa 5b0e77"
SAID = "kerron jotain 91c2fe"
# The same program without the one call that this file is about.
CARELESS = (
    "-c",
    "import chatsvc.cli.root as root; root.forbid_core_dumps = lambda: None; root.main()",
)


@pytest.fixture(autouse=True)
def as_much_as_the_system_allows() -> Iterator[int]:
    """Whatever is started meanwhile may write cores of any size, until it forbids itself; gives the highest limit."""
    before, most = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (most, most))
    yield most
    resource.setrlimit(resource.RLIMIT_CORE, (before, most))


@asynccontextmanager
async def talking(made: Deployment) -> AsyncIterator[Client]:
    """A visitor and a counsellor in the middle of a conversation, the words just said."""
    headers = {"Authorization": f"Bearer {made.tokens['aino']}"}
    async with (
        connected(made.http, made.urls("counsellor")[0], headers=headers) as counsellor,
        connected(made.http, made.urls("visitor")[0]) as visitor,
    ):
        await counsellor.send("hello")
        await counsellor.expect("welcome")
        await counsellor.ask("duty", "duty", state="available")
        await visitor.send("hello", site="kunta", queue="paihde", lang="fi", answers={"q": WORDS})
        await visitor.expect("welcome")
        await counsellor.ask("take", "assigned", queue="paihde")
        await visitor.ask("say", "ack", id="v1", text=f"{SAID} {WORDS}")
        await counsellor.expect("entry", id="v1")
        yield visitor


async def crash(pid: int, number: signal.Signals) -> bool:
    """End a child of ours like this; whether the kernel made a core of it, be it for a file or for a program."""
    os.kill(pid, number)
    ended = await asyncio.to_thread(os.waitid, os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert ended is not None
    assert ended.si_code in (os.CLD_DUMPED, os.CLD_KILLED)
    return ended.si_code == os.CLD_DUMPED


def cores(folder: Path) -> list[Path]:
    """Files that are cores, by their content: ELF, of type 4."""
    found = []
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                head = file.read(18)
            if head[:4] == b"\x7fELF" and 4 in head[16:18]:
                found.append(path)
    return found


async def test_nothing_is_left_of_a_crash(tmp_path: Path) -> None:
    """A node that aborts while people talk, a worker that faults: no core, though their parent allowed any."""
    async with deployed(tmp_path, nodes=1, CHATSVC_MASTER_KEY=MASTER_KEY.hex()) as made:
        async with talking(made):
            assert not await crash(made.nodes[0].pid, signal.SIGABRT)
        assert not await crash(made.workers[0].pid, signal.SIGSEGV)
    assert cores(tmp_path) == []


async def test_without_our_setting_a_core_holds_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, as_much_as_the_system_allows: int
) -> None:
    """The planted fault, a node without the one call: where cores are files, its master key and words are in one."""
    monkeypatch.setattr(Program, "python", CARELESS)
    async with deployed(tmp_path, nodes=1, CHATSVC_MASTER_KEY=MASTER_KEY.hex()) as made, talking(made):
        dumped = await crash(made.nodes[0].pid, signal.SIGABRT)
    # A system that allows nobody any core (`ulimit -H -c` is 0) can't show the fault, nor have it.
    assert dumped == (as_much_as_the_system_allows != 0)
    files_are_made = not Path("/proc/sys/kernel/core_pattern").read_text().startswith(("|", "/", "@"))
    assert bool(cores(tmp_path)) == (dumped and files_are_made)
    for core in cores(tmp_path):
        content = core.read_bytes()
        assert MASTER_KEY.hex().encode() in content
        assert WORDS.encode() in content
        core.unlink()


async def test_the_bundled_store_leaves_none_either(tmp_path: Path) -> None:
    """The node that starts it has forbidden cores for both, for good."""
    port, metrics, worker_metrics = free_ports(3)
    node = Program(
        "serve", "--with-worker", output=tmp_path / "node.log", CHATSVC_PORT=str(port),
        CHATSVC_DATA_DIR=str(tmp_path / "data"), CHATSVC_METRICS_PORT=str(metrics),
        CHATSVC_WORKER_METRICS_PORT=str(worker_metrics),
    )  # fmt: skip
    try:
        await node.start()
        family = [psutil.Process(node.pid), *psutil.Process(node.pid).children(recursive=True)]
        assert len(family) >= 2
        for process in family:
            assert process.rlimit(psutil.RLIMIT_CORE) == (1, 1)
        family[1].send_signal(signal.SIGSEGV)
        with contextlib.suppress(psutil.NoSuchProcess):
            await asyncio.to_thread(family[1].wait, 20)
    finally:
        node.kill()
    assert cores(tmp_path) == []


@pytest.mark.parametrize("limit", [0, 1, 4_096])
def test_whatever_the_limit_was(limit: int) -> None:
    """Lower limits stay, higher ones go, and the kernel is told not to show this memory to anybody (prctl(2))."""
    program = (
        "import ctypes, resource\n"
        f"resource.setrlimit(resource.RLIMIT_CORE, ({limit}, {limit}))\n"
        "from chatsvc.core_dumps import forbid_core_dumps\n"
        "before = ctypes.CDLL(None).prctl(3, 0, 0, 0, 0)\n"
        "forbid_core_dumps()\n"
        "print(resource.getrlimit(resource.RLIMIT_CORE), before, ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert said.split() == [f"({min(limit, 1)},", f"{min(limit, 1)})", "1", "0"]
