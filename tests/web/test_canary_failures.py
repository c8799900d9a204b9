"""Faults planted where words pass, in node, worker and commands: nothing of them is in any log, answer or file."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.contract.raw_socket import raw_socket
from tests.support.canary import Detector
from tests.support.client import JSON
from tests.support.processes import Deployment, Program, deployed, until
from tests.web.test_canary import ADDRESS, FIRST_WORD, MARKED, WORDS, detector

pytestmark = [pytest.mark.process, pytest.mark.slow]
LOUD: dict[str, Any] = {
    "CHATSVC_LOG_LEVEL": "debug", "PYTHONASYNCIODEBUG": "1", "PYTHONWARNINGS": "always", "PYTHONFAULTHANDLER": "1",
    "SPOIL_WORDS": WORDS, "CHATSVC_TRUSTED_PROXIES": "127.0.0.0/8",
}  # fmt: skip
# What the node must have noticed, or nothing was looked at, and the worker.
NOTICED = {"frame_failed", "library_event", "thread_crashed", "error_ignored", "loop_failed"}
PLANTED_IN_LOG = '"type":"tests.support.spoiled.Planted"', '"type":"__main__.Planted"'


async def everything_fails(made: Deployment) -> bytes:
    """Answers before joining, a message, a note, pages and a sign-in, each of which fails; what was answered."""
    answered = bytearray()
    hello = {"type": "hello", "site": "kunta", "queue": "paihde", "ref": "h"}
    headers = {"Authorization": f"Bearer {made.tokens['aino']}"}
    async with (
        raw_socket(made.ports[0], "/ws/counsellor", JSON, headers) as staff,
        raw_socket(made.ports[0], "/ws/visitor", JSON, MARKED, local=ADDRESS) as visitor,
    ):
        await staff.send({"type": "hello"})
        await staff.next("welcome")
        await staff.send({"type": "duty", "state": "available", "ref": "d"})
        await staff.next("duty", ref="d")
        await visitor.send({**hello, "answers": {"spoil": WORDS}})
        answered += repr(await visitor.next("error", ref="h")).encode()
        await visitor.send(hello)
        await visitor.next("welcome")
        await visitor.send({"type": "say", "id": "a", "text": WORDS, "ref": "s"})
        answered += repr(await visitor.next("error", ref="s")).encode()
        await staff.send({"type": "take", "queue": "paihde", "ref": "t"})
        ident = (await staff.next("assigned", ref="t"))["conversation"]["id"]
        await staff.send({"type": "note", "conversation": ident, "id": "n", "text": WORDS, "ref": "n"})
        answered += repr(await staff.next("error", ref="n")).encode()
    base = f"http://127.0.0.1:{made.ports[0]}"
    async with made.http.get(f"{base}/chat/kunta?q={FIRST_WORD}", headers=MARKED) as said:
        assert said.status == 500
        answered += await said.read() + repr(said.headers).encode()
    login = {"username": WORDS, "password": WORDS}
    async with made.http.post(f"{base}/api/v1/login", json=login, headers=MARKED) as said:
        assert said.status == 500
        answered += await said.read() + repr(said.headers).encode()
    async with made.http.get(f"http://127.0.0.1:{made.metrics_ports[0]}/metrics") as page:
        answered += await page.read()
    return bytes(answered)


def events(program: Program) -> set[str]:
    """The names of what the program has logged."""
    return {name for name in NOTICED if program.events(name)}


async def test_faults_leave_no_trace_of_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All faults are noticed, with type and place; nothing of their text is in logs, answers, the store or files."""
    monkeypatch.setattr(Program, "python", ("-m", "tests.support.spoiled"))
    look = detector()
    async with deployed(tmp_path, nodes=1, **LOUD) as made:
        node, worker = made.nodes[0], made.workers[0]
        assert look.in_bytes("answers", await everything_fails(made)) == []
        await until(lambda: events(node) == NOTICED)
        await until(lambda: {"thread_crashed", "loop_failed"} <= events(worker))
        assert any(kind in node.said() for kind in PLANTED_IN_LOG)
        assert any(kind in worker.said() for kind in PLANTED_IN_LOG)
        with made.store.client() as client:
            assert look.in_store(client) == []
        node.signal(signal.SIGABRT)
        await node.ended(20)
        assert "Fatal Python error: Aborted" in node.said(), "what faulthandler prints is looked at too"
        assert look.in_folder(tmp_path) == []


async def test_the_same_faults_show_without_our_logging(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planted fault: with Python's own logging the words and the address are in the log of both."""
    monkeypatch.setattr(Program, "python", ("-m", "tests.support.spoiled"))
    monkeypatch.setattr(Program, "ready", _listens)
    look: Detector = detector()
    async with deployed(tmp_path, nodes=1, SPOIL_LOGS="1", **LOUD) as made:
        await everything_fails(made)
        await until(lambda: WORDS in made.nodes[0].said() and WORDS in made.workers[0].said())
    found = look.in_folder(tmp_path)
    assert {one.mark for one in found} >= {"words", "first word", "agent", "referrer"}
    assert {one.where for one in found} >= {"file node0.log", "file worker.log"}


async def _listens(program: Program) -> None:
    """Without its logging nobody says when it is ready."""
    port = program.variables.get("CHATSVC_PORT")
    while port is not None:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", int(port))
        except OSError:
            await asyncio.sleep(0.02)
        else:
            writer.close()
            return


@pytest.mark.parametrize("command", [("doctor",), ("apply", "x.toml")])
async def test_a_command_that_fails_repeats_nothing(tmp_path: Path, command: tuple[str, ...]) -> None:
    """A store that answers with somebody's words: the command says kind and place, with no traceback and no words."""
    program = Program(
        *command, output=tmp_path / "said.log", CHATSVC_REDIS_URL="redis://127.0.0.1:1", SPOIL_LINK=WORDS,
        CHATSVC_DATA_DIR=str(tmp_path / "data"), **LOUD,
    )  # fmt: skip
    program.python = ("-m", "tests.support.spoiled")
    example = Path(__file__).resolve().parents[2] / "deploy" / "example-site.toml"
    (tmp_path / "x.toml").write_bytes(example.read_bytes())
    program.launch()
    try:
        assert await program.ended(60) == 1
    finally:
        program.kill()
    assert "Planted" in program.said()
    assert "Traceback" not in program.said()
    assert detector().in_folder(tmp_path) == []
    assert os.environ.get("SPOIL_LINK") is None
