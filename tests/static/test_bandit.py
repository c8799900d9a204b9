"""Bandit over the package and the build: what it finds is judged in pyproject.toml, one by one."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.static.judged import ROOT, Finding, judged, of_rules, open_faults

WHERE = ("chatsvc", "deploy/build")
PLANTED = """
import hashlib, pickle, ssl, subprocess, tempfile
subprocess.call(command, shell=True)
hashlib.md5(text)
pickle.loads(text)
ssl._create_unverified_context()
tempfile.mktemp()
eval(text)
"""


def report(*places: str, folder: Path = ROOT) -> dict[str, Any]:
    """What bandit says, as JSON. A file that it could not read fails the test."""
    command = [
        sys.executable,
        "-m",
        "bandit",
        "-q",
        "-f",
        "json",
        "-c",
        str(ROOT / "pyproject.toml"),
        "-r",
        *places,
    ]
    answer = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert answer.returncode in {0, 1}, answer.stderr
    told: dict[str, Any] = json.loads(answer.stdout)
    assert told["errors"] == []
    assert told["metrics"]["_totals"]["loc"] > 0
    return told


@pytest.mark.slow
def test_everything_that_bandit_finds_was_judged() -> None:
    """Each finding has its reason in pyproject.toml, and no reason is left without its finding."""
    told = report(*WHERE)
    read = {name.removeprefix("./") for name in told["metrics"]}
    missing = {str(path.relative_to(ROOT)) for path in (ROOT / "chatsvc").rglob("*.py")} - read
    assert not missing, f"bandit did not read {sorted(missing)}"
    found = [
        Finding(row["test_id"], row["filename"].removeprefix("./"), row["line_number"], row["issue_text"])
        for row in told["results"]
    ]
    known = of_rules(judged((ROOT / "pyproject.toml").read_text(encoding="utf-8")), "B")
    faults = open_faults(found, known)
    assert not faults, "\n".join(["", *faults])


def test_planted_faults_are_caught(tmp_path: Path) -> None:
    """A shell, a weak hash, an unpickling, an unchecked certificate, a guessable file and an eval are found."""
    (tmp_path / "planted.py").write_text(PLANTED)
    found = {row["test_id"] for row in report("planted.py", folder=tmp_path)["results"]}
    assert {"B602", "B324", "B301", "B323", "B306", "B307"} <= found
