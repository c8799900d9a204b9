"""`chatsvc apply`, as a process on a real store."""

from pathlib import Path

import msgspec
import pytest

from tests.cli.conftest import EXAMPLE, CommandLine
from tests.support.store_server import SingleStore


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A copy of the example that a test may change."""
    copy = tmp_path / "site.toml"
    copy.write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    return copy


def change(file: Path, before: str, after: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after), encoding="utf-8")


def without_nuoret(file: Path, *, ruled: bool = False) -> None:
    """Take the last queue out of the file, and, unless `ruled`, the line of a rule that leads there."""
    text = file.read_text(encoding="utf-8")
    lines = text[: text.index("[site.kunta.queue.nuoret]")].splitlines()
    kept = (line for line in lines if ruled or not line.startswith('queue = "nuoret"'))
    file.write_text("\n".join(kept), encoding="utf-8")


def test_a_second_time_nothing_changes(chatsvc: CommandLine, file: Path) -> None:
    """What changed is printed, and applying the same again says that nothing did."""
    assert chatsvc("apply", file) == "kunta: new\nkunta/paihde: new\nkunta/nuoret: new\n"
    assert chatsvc("apply", file) == "Nothing changed.\n"
    change(file, 'offer = "30 s"', 'offer = "45 s"')
    assert chatsvc("apply", file) == "kunta/nuoret: offer: 30 s → 45 s\n"
    assert chatsvc("apply", file) == "Nothing changed.\n"


def test_a_dry_run_changes_nothing(chatsvc: CommandLine, store: SingleStore, file: Path) -> None:
    """`--dry-run` tells what would change and writes not a single key."""
    told = chatsvc("apply", "--dry-run", file)
    assert "kunta: new" in told
    assert "dry run" in told
    assert store.ask("DBSIZE") == 0


def test_a_wrong_file_is_refused_whole(chatsvc: CommandLine, store: SingleStore, file: Path) -> None:
    """With two mistakes both are told with their lines, and nothing of the file is applied."""
    change(file, 'mode = "offer"', 'mode = "often"')
    change(file, "waiting_limit = 30", "waiting_limit = 0")
    told = chatsvc("apply", file, code=2)
    assert len(told.splitlines()) == 2
    assert all(line.startswith(f"{file}, line ") for line in told.splitlines())
    assert store.ask("DBSIZE") == 0


@pytest.mark.usefixtures("site")
def test_a_queue_goes_only_when_that_is_said(chatsvc: CommandLine, file: Path) -> None:
    """A queue that the file no longer names is removed with `--prune`; without it nothing is applied."""
    without_nuoret(file)
    assert "kunta/nuoret" in chatsvc("apply", file, code=2)
    told = chatsvc("apply", "--prune", file)
    assert told == "kunta/paihde: rule 2: queue: nuoret → (none)\nkunta/nuoret: gone\n"


@pytest.mark.usefixtures("site")
def test_a_rule_that_leads_to_a_queue_that_goes_is_refused(chatsvc: CommandLine, file: Path) -> None:
    """With its line and the reason; whatever else the file changes is not applied either."""
    without_nuoret(file, ruled=True)
    change(file, "waiting_limit = 50 ", "waiting_limit = 51 ")
    told = chatsvc("apply", "--prune", file, code=2)
    assert (
        "site.kunta.queue.paihde.rule.2.queue: there is no such queue in this site. Queues: paihde." in told
    )
    file.write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    assert chatsvc("apply", file) == "Nothing changed.\n"


@pytest.mark.usefixtures("site")
def test_a_site_changes_its_pool_only_while_closed(chatsvc: CommandLine, file: Path) -> None:
    """People waiting in the old pool would be lost, so the queues must be closed first."""
    change(file, '# pool = "seutu"', 'pool = "seutu"')
    assert "Close its queues first" in chatsvc("apply", file, code=2)
    change(file, 'pool = "seutu"', '# pool = "seutu"')
    change(file, "open = true", "open = false")
    change(file, 'mode = "offer"', 'mode = "offer"\nopen = false')
    chatsvc("apply", file)
    change(file, '# pool = "seutu"', 'pool = "seutu"')
    assert "kunta: pool: (none) → seutu" in chatsvc("apply", file)


def closed(file: Path) -> None:
    """Close both queues in the file."""
    change(file, "open = true", "open = false")
    change(file, 'mode = "offer"', 'mode = "offer"\nopen = false')


@pytest.mark.usefixtures("site")
def test_a_site_changes_its_pool_only_while_empty(
    chatsvc: CommandLine, store: SingleStore, file: Path
) -> None:
    """What can still be read counts as there, and so does whoever of its people is on duty."""
    chatsvc("counsellor", "add", "anna", "--alias", "Anna", "--site", "kunta", stdin="five blue horses")
    closed(file)
    chatsvc("apply", file)
    change(file, '# pool = "seutu"', 'pool = "seutu"')
    record = {
        "id": "x", "site": "kunta", "queue": "kunta/nuoret", "lang": "fi", "visitor": "v", "state": "closed", "rev": 1,
        "joined": 1, "score": 1, "priority": 0, "parts": [], "pend": [],
    }  # fmt: skip
    store.ask("HSET", "chatsvc:{kunta}:conv", "x", msgspec.msgpack.encode(record))
    assert "In kunta/nuoret, 1 conversations go on" in chatsvc("apply", file, code=2)
    store.ask("HDEL", "chatsvc:{kunta}:conv", "x")
    duty = {
        "id": "anna",
        "alias": "Anna",
        "state": "paused",
        "queues": [],
        "languages": [],
        "capacity": 1,
        "since": 1,
    }
    duty |= {"convs": [], "wraps": [], "consults": [], "idle": 1, "missed": 0, "rev": 1, "grace_ms": 1}
    store.ask("HSET", "chatsvc:{kunta}:staff", "anna", msgspec.msgpack.encode(duty))
    assert "anna is on duty and would move to the pool seutu" in chatsvc("apply", file, code=2)
    store.ask("HDEL", "chatsvc:{kunta}:staff", "anna")
    told = chatsvc("apply", file)
    assert "kunta: pool: (none) → seutu" in told
    assert "anna: pool: kunta → seutu" in told
    assert chatsvc("apply", file) == "Nothing changed.\n"
    assert store.ask("HLEN", "chatsvc:{kunta}:queues") == 0
    assert store.ask("HLEN", "chatsvc:{seutu}:queues") == 2
    stored = msgspec.msgpack.decode(store.ask("HGET", "chatsvc:{dir}:sites", "kunta"))
    assert (stored["pool"], stored["former_pools"]) == ("seutu", ["kunta"])


@pytest.mark.usefixtures("site")
def test_nobody_is_left_between_two_pools(chatsvc: CommandLine, file: Path, tmp_path: Path) -> None:
    """A site leaves a pool only without those who also work for another; that other one can go along in one file."""
    other = tmp_path / "other.toml"
    text = EXAMPLE.read_text(encoding="utf-8").replace("site.kunta", "site.naapuri")
    other.write_text(text.replace('# pool = "seutu"', 'pool = "kunta"'), encoding="utf-8")
    closed(file)
    closed(other)
    chatsvc("apply", file)
    chatsvc("apply", other)
    add = ("counsellor", "add", "anna", "--alias", "Anna", "--site", "kunta", "--site", "naapuri")
    chatsvc(*add, stdin="five blue horses")
    change(other, 'pool = "kunta"', 'pool = "seutu"')
    told = chatsvc("apply", other, code=2)
    assert "anna works for kunta (pool kunta), naapuri (pool seutu), and nobody works in 2 pools" in told
    chatsvc("counsellor", "change", "anna", "--site", "kunta")
    chatsvc("apply", other)


@pytest.mark.usefixtures("site")
def test_the_scripts_learn_the_queues_settings(chatsvc: CommandLine, store: SingleStore, file: Path) -> None:
    """The pool holds what its scripts read, and applying mends it when an earlier run ended midway."""
    key = "chatsvc:{kunta}:queues"
    assert msgspec.msgpack.decode(store.ask("HGET", key, "kunta/nuoret"))["mode"] == "offer"
    store.ask("DEL", key)
    assert chatsvc("apply", file) == "Nothing changed.\n"
    assert store.ask("HLEN", key) == 2


@pytest.mark.usefixtures("site")
def test_a_queue_is_not_removed_under_people(chatsvc: CommandLine, store: SingleStore, file: Path) -> None:
    """While somebody waits or talks there the removal is refused; afterwards it is not."""
    record = {
        "id": "x", "site": "kunta", "queue": "kunta/nuoret", "lang": "fi", "visitor": "v", "state": "waiting", "rev": 1,
        "joined": 1, "score": 1, "priority": 0, "parts": [], "pend": [],
    }  # fmt: skip
    store.ask("HSET", "chatsvc:{kunta}:conv", "x", msgspec.msgpack.encode(record))
    without_nuoret(file)
    assert "queue kunta/nuoret has 1 conversations" in chatsvc("apply", "--prune", file, code=2)
    store.ask("HDEL", "chatsvc:{kunta}:conv", "x")
    assert "nuoret" in chatsvc("apply", "--prune", file)


def test_files_that_cannot_be_read_are_named(chatsvc: CommandLine, tmp_path: Path) -> None:
    """A missing file and one in another encoding are told in a sentence."""
    assert "No such file" in chatsvc("apply", tmp_path / "none.toml", code=1)
    (tmp_path / "latin.toml").write_bytes("# päihde".encode("latin-1"))
    assert "not UTF-8" in chatsvc("apply", tmp_path / "latin.toml", code=2)
