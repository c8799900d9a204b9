"""The audit log on the command line: what commands record, and that touching the log is found."""

import asyncio
import contextlib
import json
import re
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from chatsvc.cli.auditing import checkpoints_of
from chatsvc.config import Settings
from chatsvc.config_keys import master_key
from chatsvc.domain.retention import Period
from chatsvc.services.audit_cuts import AuditCuts
from chatsvc.store.audit import AuditStore
from chatsvc.store.directory import wall_clock_ms
from chatsvc.store.link import Link
from chatsvc.store.vault import SqliteVault
from tests.cli.conftest import EXAMPLE, CommandLine
from tests.support.store_server import SingleStore

PASSWORD = "five blue horses"
LOG, HEAD = "chatsvc:{audit}:log:kunta", "chatsvc:{audit}:head:kunta"

pytestmark = pytest.mark.usefixtures("site")


def deeds(chatsvc: CommandLine, *where: str) -> list[tuple[str, str]]:
    """Action and record of each entry."""
    told = json.loads(chatsvc("audit", "list", "--json", *where))
    assert {one["actor"] for one in told} <= {"command line"}
    return [(one["action"], one["record"]) for one in told]


def work(chatsvc: CommandLine) -> None:
    """Some commands that change something at `kunta`."""
    anna = ("--alias", "Anna", "--site", "kunta")
    chatsvc("counsellor", "add", "anna", *anna, stdin=PASSWORD)
    chatsvc("counsellor", "change", "anna", "--capacity", "2")
    chatsvc("counsellor", "set-password", "anna", stdin=PASSWORD + " and one")
    chatsvc("counsellor", "disable", "anna")
    chatsvc("counsellor", "disable", "anna")
    chatsvc("counsellor", "enable", "anna")


def test_commands_are_recorded(chatsvc: CommandLine) -> None:
    """What changed something, in the logs of the sites that it concerns, once; what concerns none in the service's."""
    work(chatsvc)
    assert deeds(chatsvc, "--site", "kunta") == [
        ("counsellor add", "anna"), ("counsellor change", "anna"), ("counsellor set-password", "anna"),
        ("counsellor disable", "anna"), ("counsellor enable", "anna"),
    ]  # fmt: skip
    chatsvc("counsellor", "add", "maija", "--role", "admin", stdin=PASSWORD)
    token = chatsvc("token", "create", "maija", "--label", "reports").split("Token ")[1].split()[0]
    chatsvc("token", "revoke", token)
    assert deeds(chatsvc) == [("counsellor add", "maija"), ("token create", token), ("token revoke", token)]
    told = chatsvc("audit", "verify")
    assert "kunta: 5 entries, checkpoints up to entry 5, 0 faults" in told
    assert "_service: 3 entries, checkpoints up to entry 3, 0 faults" in told
    assert PASSWORD not in chatsvc("audit", "list", "--site", "kunta") + chatsvc("audit", "list")


def test_what_is_done_to_the_vault_is_recorded(chatsvc: CommandLine, tmp_path: Path) -> None:
    """In the service's log: a new master key, each backup, and those that were deleted; a store away is told of."""
    asyncio.run(_make_vault(tmp_path / "data"))
    chatsvc("vault", "rotate")
    chatsvc("vault", "rotate")
    backup = tmp_path / "backups" / "hourly"
    chatsvc("vault", "backup", backup)
    chatsvc("vault", "prune-backups", backup.parent)
    with contextlib.closing(sqlite3.connect(backup)) as db:
        db.execute("UPDATE backup SET made_at = 1")
        db.commit()
    chatsvc("vault", "prune-backups", backup.parent)
    assert deeds(chatsvc) == [
        ("vault rotate", ""), ("vault rotate", ""), ("vault backup", "hourly"), ("vault prune-backups", ""),
    ]  # fmt: skip
    away = f"unix://{tmp_path}/nobody"
    assert "not written to the audit log" in chatsvc("vault", "backup", backup, CHATSVC_REDIS_URL=away)
    assert backup.exists()


async def _make_vault(folder: Path) -> None:
    settings = replace(Settings(), data_dir=folder)
    await (await SqliteVault.open(settings.vault_file, master_key(settings))).close()


def test_whoever_touches_the_log_is_found_out(
    chatsvc: CommandLine, store: SingleStore, tmp_path: Path
) -> None:
    """An entry taken out, the end cut off with its head, everything gone; also with a copy of the checkpoints only."""
    work(chatsvc)
    copy = tmp_path / "copy"
    shutil.copytree(tmp_path / "data" / "audit", copy)
    assert chatsvc("audit", "verify", "--site", "kunta", "--checkpoints", copy).count("0 faults") == 1
    store.ask("XDEL", LOG, "3-0")
    assert "entry 3: a checkpoint or cut has this entry; the log does not" in chatsvc(
        "audit", "verify", code=1
    )
    store.ask("DEL", LOG, HEAD)
    shutil.rmtree(tmp_path / "data" / "audit")
    assert "0 entries, no checkpoints" in chatsvc("audit", "verify", "--site", "kunta")
    assert "5 faults" in chatsvc("audit", "verify", "--site", "kunta", "--checkpoints", copy, code=1)


def test_a_cut_is_told_with_its_rule(chatsvc: CommandLine, store: SingleStore, tmp_path: Path) -> None:
    """What would go is counted and stays; after the worker's cut `verify` says how far, when and by which rule."""
    work(chatsvc)
    check = ("retention", "check", "--site", "kunta", "--within")
    assert "Audit log of kunta (kept 24 months): no entries go." in chatsvc(*check, "23 months")
    assert "_service" not in chatsvc(*check, "1 d")
    assert "Audit log of _service (kept 24 months): no entries go." in chatsvc("retention", "check")
    assert "kunta (kept 24 months): 5 entries go, up to entry 5." in chatsvc(*check, "25 months")
    settings = replace(Settings(), data_dir=tmp_path / "data")
    asyncio.run(_cut(store, settings))
    told = chatsvc("audit", "verify", "--site", "kunta")
    assert "kunta: 1 entries, checkpoints up to entry 6, 0 faults" in told
    assert re.search(
        r"entries up to 5 were removed on 20\d\d-\S+ by the rule that keeps 24 months; the last", told
    )
    lines = (settings.checkpoint_dir / "kunta.jsonl").read_text().splitlines()
    without = [line for line in lines if '"cut"' not in line]
    (settings.checkpoint_dir / "kunta.jsonl").write_text("\n".join(without) + "\n")
    told = chatsvc("audit", "verify", "--site", "kunta", code=1)
    assert "entry 6: the log begins here, and no signed cut says why" in told


def test_a_damaged_log_is_cut_for_a_reason(chatsvc: CommandLine, store: SingleStore) -> None:
    """Nothing that is not over; and a reason has to be one."""
    work(chatsvc)
    store.ask("XDEL", LOG, "3-0")
    cut = ("audit", "cut", "--site", "kunta", "--reason")
    assert "in 10 to 500 characters" in chatsvc(*cut, "because", code=2)
    assert "Nothing is over; nothing was removed." in chatsvc(*cut, "The disk was full in November")
    assert "no site kunto" in chatsvc(
        "audit", "cut", "--site", "kunto", "--reason", "The disk was full", code=2
    )
    assert "4 entries are over, and stay: 1 faults, see" in chatsvc(
        "retention", "check", "--site", "kunta", "--within", "25 months"
    )


async def _cut(store: SingleStore, settings: Settings) -> None:
    link = await Link.open(store.url, client_name="test")
    later = Period(25).after(wall_clock_ms())
    await AuditCuts(AuditStore(link), checkpoints_of(settings)).cut("kunta", 24, later, frozenset())
    await link.close()


@pytest.mark.parametrize("key", [LOG, HEAD])
def test_a_log_that_cannot_be_written_is_told_of(
    chatsvc: CommandLine, store: SingleStore, tmp_path: Path, key: str
) -> None:
    """A command says that what it did is done and not recorded; nothing leaves the service unrecorded."""
    store.ask("SET", key, "nothing")
    anna = ("--alias", "Anna", "--site", "kunta")
    told = chatsvc("counsellor", "add", "anna", *anna, stdin=PASSWORD, code=1)
    assert (
        "This is done (counsellor add anna), and it is not in the audit log: The audit log can't be" in told
    )
    assert "anna" in chatsvc("counsellor", "list")
    told = chatsvc("site", "export", "kunta", "--readable", "--to", tmp_path / "kunta.tar.gz", code=1)
    assert "The audit log can't be written" in told
    assert not (tmp_path / "kunta.tar.gz").exists()
    assert "The audit log can't be" in chatsvc("audit", "verify", "--site", "kunta", code=1)


def test_what_is_asked_wrongly(chatsvc: CommandLine, tmp_path: Path) -> None:
    """An unknown site, and a file of checkpoints that is none: told in a sentence, with the place."""
    assert "no site kunto. Did you mean kunta?" in chatsvc("audit", "list", "--site", "kunto", code=2)
    folder = tmp_path / "data" / "audit"
    folder.mkdir(parents=True)
    (folder / "kunta.jsonl").write_text("nothing\n")
    assert "kunta.jsonl, line 1" in chatsvc("audit", "verify", code=1)


def test_what_is_applied_is_recorded(chatsvc: CommandLine, tmp_path: Path) -> None:
    """A file that changes something, with the names of the fields; not a dry run, nor the same file again."""
    file = tmp_path / "site.toml"
    text = EXAMPLE.read_text(encoding="utf-8")
    file.write_text(text.replace('late = "5 min"', 'late = "7 min"'), encoding="utf-8")
    chatsvc("apply", file, "--dry-run")
    chatsvc("apply", EXAMPLE)
    before = len(json.loads(chatsvc("audit", "list", "--site", "kunta", "--json")))
    for _ in range(2):
        chatsvc("apply", file)
    entries = json.loads(chatsvc("audit", "list", "--site", "kunta", "--json"))[before:]
    assert [(one["action"], one["record"], one["details"]) for one in entries] == [
        ("apply", "kunta", {"changes": 1, "fields": "late"})
    ]
