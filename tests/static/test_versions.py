"""Nothing that we build on has a hole that we know of; and nobody can forget to look."""

import re
import subprocess
import tomllib
from dataclasses import replace
from datetime import date, timedelta

import pytest
from packaging.version import Version

from chatsvc.doctor_versions import SERVERS
from tests.static.versions import LIST, Locked, read_locks, version_faults
from tests.support.store_server import valkey_binary

TEXT = """
looked = 2026-05-01
max_age_days = 30
[python.aiohttp]
minimum = "3.14.3"
advisory = ["CVE-2026-69244"]
seen = 2026-04-01
[npm.preact]
minimum = "10.28.2"
advisory = ["GHSA-36hm-qxxp-pg3m"]
seen = 2026-04-01
[none_known.python]
click = "8.3"
[none_known.npm]
[server.valkey]
"9.1" = { minimum = "9.1.1", advisory = ["CVE-2026-56684"], seen = 2026-04-01 }
"""
LOCKED = Locked(
    {"aiohttp": frozenset({"3.14.5"}), "click": frozenset({"8.5.1"})},
    {"preact": frozenset({"11.2.0"})},
    frozenset({("python", "aiohttp"), ("python", "click"), ("npm", "preact")}),
    ("aiohttp~=3.14,>=3.14.3",),
    date(2026, 5, 20),
)


def test_everything_locked_is_without_a_known_hole() -> None:
    """Each dependency of the program, and each direct one of build and tests, is listed and new enough."""
    faults = version_faults(LIST.read_text(encoding="utf-8"), read_locks())
    assert not faults, "\n".join(["", *faults])


def test_the_doctor_knows_the_same_servers() -> None:
    """What the program warns of is what the list says."""
    rows = tomllib.loads(LIST.read_text(encoding="utf-8"))["server"]
    listed = {
        (name, line): (row["minimum"], row["advisory"][0], row.get("by_distribution", ""))
        for name, lines in rows.items()
        for line, row in lines.items()
    }
    assert {
        (one.name, one.line): (one.minimum, one.advisory, one.by_distribution) for one in SERVERS
    } == listed


def server_fault(name: str, version: str) -> str:
    """Why a server of this version should not be shipped; nothing if it may."""
    lines = tomllib.loads(LIST.read_text(encoding="utf-8"))["server"][name]
    line = ".".join(version.split(".")[:2])
    if line not in lines:
        return f"{name} {version} is of no line that anybody has looked at"
    least = lines[line]["minimum"]
    return f"{name} {version} is older than {least}" if Version(version) < Version(least) else ""


def test_the_bundled_server_has_no_known_hole() -> None:
    """The Valkey that comes with the program, asked for its version; an older one and an unknown line are faults."""
    said = subprocess.run([valkey_binary(), "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"v=(\d+\.\d+\.\d+)", said)
    assert found is not None, said
    assert server_fault("valkey", found[1]) == ""
    assert server_fault("valkey", found[1].rpartition(".")[0] + ".0")
    assert server_fault("valkey", "99.0.1")


def test_a_list_in_order_has_no_faults() -> None:
    """The example of the tests below has nothing wrong before a fault is planted."""
    assert version_faults(TEXT, LOCKED) == []


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (TEXT, "", "can't be read"),
        (TEXT, "looked = ", "can't be read"),
        ("[none_known.npm]\n", "", "can't be read"),
        ('click = "8.3"', "", "python click is not in versions.toml"),
        ('click = "8.3"', 'click = "9.0"', "click 8.5.1 is locked, and 9.0"),
        ('click = "8.3"', 'click = "newest"', "can't be read"),
        ('minimum = "10.28.2"', 'minimum = "12.0.0"', "npm preact 11.2.0 is locked"),
        ('minimum = "3.14.3"', 'minimum = "3.14.4"', "admits versions below 3.14.4"),
        ('["CVE-2026-69244"]', "[]", "python aiohttp: name the advisory"),
        ('["CVE-2026-69244"]', '["a hole"]', "python aiohttp: name the advisory"),
        ('click = "8.3"', 'click = "8.3"\nold = "1"', "python old is in versions.toml and nowhere else"),
        ('click = "8.3"', 'click = "8.3"\naiohttp = "3.0"', "aiohttp has a known hole and none"),
        ("looked = 2026-05-01", "looked = 2026-04-01", "changed 49 days after anybody looked"),
        ("looked = 2026-05-01", 'looked = "lately"', "can't be read"),
        ("max_age_days = 30", "max_age_days = 3000", "a number of days up to 90"),
        ("seen = 2026-04-01", "seen = 2026-06-01", "`seen` is the day of the record"),
    ],
)
def test_a_planted_fault_is_caught(before: str, after: str, told: str) -> None:
    """A list that is missing, broken, too old or incomplete, and a version that is too old, fail the gate."""
    assert any(told in fault for fault in version_faults(TEXT.replace(before, after), LOCKED))


def test_locks_that_can_not_be_read_are_no_pass() -> None:
    """With nothing to compare, nothing was compared."""
    assert version_faults(TEXT, replace(LOCKED, python={}))
    assert version_faults(TEXT, replace(LOCKED, npm={}))


def test_a_lock_that_changes_later_needs_another_look() -> None:
    """The real list fails once the locks change more than its days after somebody looked."""
    text, locked = LIST.read_text(encoding="utf-8"), read_locks()
    rows = tomllib.loads(text)
    late = replace(locked, changed=rows["looked"] + timedelta(days=rows["max_age_days"] + 1))
    assert any("look again" in fault for fault in version_faults(text, late))
