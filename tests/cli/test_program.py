"""The program as a whole: help, wrong usage, the bundled store, and never a traceback."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from chatsvc.cli.root import root
from chatsvc.config import load_settings
from chatsvc.store.embedded import EmbeddedStore
from tests.cli.conftest import EXAMPLE, CommandLine


def every_command(group: click.Group) -> Iterator[click.Command]:
    """A group, its commands, and theirs."""
    yield group
    for command in group.commands.values():
        if isinstance(command, click.Group):
            yield from every_command(command)
        else:
            yield command


def test_every_command_explains_itself(chatsvc: CommandLine) -> None:
    """`--help` of every command says what it is for and what its options mean."""
    assert "chatsvc serve --with-worker" in chatsvc("--help")
    assert "chatsvc counsellor add maija --role admin" in chatsvc("counsellor", "add", "--help")
    for command in every_command(root):
        assert command.help, command.name
        assert command.get_short_help_str(60), command.name
        for option in command.params:
            assert getattr(option, "help", "") or isinstance(option, click.Argument), command.name


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("srve",), "Did you mean"),
        (("serve", "--workers"), "--with-worker"),
        (("demo", "--port", "99999"), "0<=x<=65535"),
        (("serve",), "Add --with-worker"),
        (("worker",), "needs an external store"),
        (("--config", "none.toml", "serve"), "none.toml: can't be read"),
    ],
)
def test_wrong_usage_ends_with_2(bundled: CommandLine, arguments: tuple[str, ...], told: str) -> None:
    """What was asked wrongly is told with what would be right."""
    assert told in bundled(*arguments, code=2)


def test_wrong_settings_end_with_2(bundled: CommandLine) -> None:
    """Every command that needs settings refuses wrong ones, all at once."""
    told = bundled("serve", "--with-worker", code=2, CHATSVC_PORT="x", CHATSVC_HOST="0.0.0.0")
    assert "CHATSVC_PORT: must be a whole number" in told
    assert "must be the https:// address" in told


def test_a_store_that_is_away_ends_with_1(chatsvc: CommandLine, tmp_path: Path) -> None:
    """When the store can't be reached a sentence says so."""
    told = chatsvc("counsellor", "list", code=1, CHATSVC_REDIS_URL=f"unix://{tmp_path}/none")
    assert told.startswith("The store can't be reached")


def test_settings_are_listed_without_secrets(chatsvc: CommandLine, tmp_path: Path) -> None:
    """`settings` shows values and where they come from; a secret is only said to be set."""
    file = tmp_path / "chatsvc.toml"
    file.write_text('port = 1234\nmaster_key = "' + "ab" * 32 + '"\n')
    listed = json.loads(chatsvc("--config", file, "settings", "--json"))
    assert listed["port"] == {"value": 1234, "from": f"{file}, line 1"}
    assert listed["log_level"] == {"value": "info", "from": "default"}
    assert listed["redis_url"] == {"value": "(set)", "from": "CHATSVC_REDIS_URL"}
    assert listed["master_key"]["value"] == "(set)"
    again = tmp_path / "again.toml"
    again.write_text(chatsvc("--config", file, "settings", "--toml"))
    assert "abab" not in again.read_text()
    assert load_settings(again, {}).port == 1234
    told = chatsvc("--config", file, "settings")
    assert "port = 1234" in told
    assert "abab" not in told


@pytest.mark.parametrize("deep", [False, True], ids=["short path", "path too long for a socket"])
@pytest.mark.usefixtures("static_dir")
async def test_commands_talk_to_the_store_of_a_running_process(tmp_path: Path, deep: bool) -> None:
    """While a process has the data directory, commands use its store; afterwards they start it themselves."""
    data = tmp_path / ("d" * 100 if deep else "data")
    chatsvc = CommandLine({"CHATSVC_DATA_DIR": str(data)})
    async with EmbeddedStore(data, serves="http://localhost:8080"):
        assert "kunta: new" in await asyncio.to_thread(chatsvc, "apply", EXAMPLE)
        assert await asyncio.to_thread(chatsvc, "apply", EXAMPLE) == "Nothing changed.\n"
        told = await asyncio.to_thread(chatsvc, "doctor")
        assert f"used by process {os.getpid()}, which serves http://localhost:8080" in told
    assert f"no process uses {data}" in await asyncio.to_thread(chatsvc, "doctor")
    assert await asyncio.to_thread(chatsvc, "apply", EXAMPLE) == "Nothing changed.\n"


@pytest.mark.process
def test_the_package_runs_as_a_program(chatsvc: CommandLine) -> None:
    """`python -m chatsvc` is the command line, with its exit codes."""
    answer = subprocess.run(
        [sys.executable, "-m", "chatsvc", "worker", "--nonsense"],
        env=chatsvc.variables(),
        check=False,
        capture_output=True,
        text=True,
    )
    assert answer.returncode == 2
    assert "--nonsense" in answer.stderr
