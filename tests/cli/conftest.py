"""The command line, each command in a process of its own."""

import asyncio
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from chatsvc.cli import main
from chatsvc.cli.apply import write_pool_queues
from chatsvc.domain.declaration import parse_declaration
from chatsvc.domain.declaration_retention import parse_retention, with_retention
from chatsvc.store.directory import Directory
from chatsvc.store.link import Link
from tests.support.store_server import SingleStore, served, valkey_binary

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "deploy" / "example-site.toml"
WITHIN_S = 60
CONFIG = """maxmemory-policy noeviction
slowlog-log-slower-than -1
commandlog-request-larger-than -1
commandlog-reply-larger-than -1
"""
# Processes forked from one that has imported the program, and this module, already begin at once.
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["chatsvc.cli.root", "chatsvc.doctor", __name__])


def run_here(arguments: list[str], environ: dict[str, str], streams: list[str]) -> None:
    """Be the program: with these arguments, variables, and files as standard streams."""
    for number, path in enumerate(streams):
        os.dup2(os.open(path, os.O_RDWR), number)
    sys.stdin, sys.stdout, sys.stderr = (open(number, mode) for number, mode in enumerate(("r", "w", "w")))  # noqa: PTH123, SIM115 - they live as long as the process
    os.environ.clear()
    os.environ.update(environ)
    sys.argv = ["chatsvc", *arguments]
    main()


@dataclass(frozen=True, slots=True)
class CommandLine:
    """Runs `chatsvc` with variables of its own; every answer is checked for tracebacks."""

    environ: dict[str, str] = field(default_factory=dict)

    def __call__(self, *arguments: str | Path, stdin: str = "", code: int = 0, **variables: str) -> str:
        """What the command prints, both streams together; it must end with `code`."""
        with tempfile.TemporaryDirectory() as folder:
            streams = [Path(folder, name) for name in ("in", "out", "error")]
            for stream in streams:
                stream.write_text(stdin if stream.name == "in" else "", encoding="utf-8")
            task = (list(map(str, arguments)), self.variables(**variables), list(map(str, streams)))
            process = PROCESSES.Process(target=run_here, args=task)
            process.start()
            process.join(WITHIN_S)
            told = "".join(stream.read_text(encoding="utf-8") for stream in streams[1:])
        assert process.exitcode == code, told
        assert "Traceback" not in told
        return told

    def variables(self, **variables: str) -> dict[str, str]:
        """The environment of a command: nothing of ours but what the test says."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("CHATSVC_")}
        return inherited | {"PYTHONPATH": str(ROOT), "COLUMNS": "120"} | self.environ | variables


@pytest.fixture(scope="session")
def own_store() -> Iterator[SingleStore]:
    """A Valkey whose configuration the tests may change."""
    with served(SingleStore(valkey_binary(), config=CONFIG)) as server:
        yield server


@pytest.fixture
def store(own_store: SingleStore) -> SingleStore:
    """An empty store."""
    own_store.flush()
    return own_store


@pytest.fixture
def chatsvc(tmp_path: Path, store: SingleStore) -> CommandLine:
    """The command line on an external store, with a data directory of its own."""
    return CommandLine({"CHATSVC_REDIS_URL": store.url, "CHATSVC_DATA_DIR": str(tmp_path / "data")})


@pytest.fixture
def bundled(tmp_path: Path) -> CommandLine:
    """The command line on the bundled store, with a data directory of its own."""
    return CommandLine({"CHATSVC_DATA_DIR": str(tmp_path / "data")})


@pytest.fixture
def site(store: SingleStore) -> None:
    """The example site, applied as `chatsvc apply` does it."""
    text = EXAMPLE.read_text(encoding="utf-8")
    rules = parse_retention(text)
    sites = [with_retention(None, *each, 1) for each in zip(parse_declaration(text), rules, strict=True)]

    async def put() -> None:
        link = await Link.open(store.url, client_name="test")
        directory = Directory(link)
        await directory.put_together(sites, ())
        await write_pool_queues(link, directory, sites)
        await link.close()

    asyncio.run(put())
