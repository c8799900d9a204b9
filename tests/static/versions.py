"""Holds what the locks contain beside `deploy/versions.toml`; whatever can't be read is a fault, never a pass."""

import json
import re
import subprocess
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.version import InvalidVersion, Version

ROOT = Path(__file__).resolve().parents[2]
LIST = ROOT / "deploy" / "versions.toml"
RUNTIME_LOCK = "requirements.lock"
OTHER_LOCKS = ("requirements-dev.lock", "requirements-node.lock")
NPM_LOCK, NPM_PROJECT = "widget/package-lock.json", "widget/package.json"
ADVISORY = re.compile(r"CVE-\d{4}-\d{4,}|GHSA(-[23456789cfghjmpqrvwx]{4}){3}")
PINNED = re.compile(r"^([a-z0-9][a-z0-9._-]*)==([^\s;\\]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Locked:
    """What the project is built from: name → versions, and those that must be in the list."""

    python: Mapping[str, frozenset[str]]
    npm: Mapping[str, frozenset[str]]
    must: frozenset[tuple[str, str]]
    declared: tuple[str, ...]
    changed: date


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _pins(texts: list[str]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for text in texts:
        for name, version in PINNED.findall(text):
            found.setdefault(_plain(name), set()).add(version)
    return {name: frozenset(versions) for name, versions in found.items()}


def _npm_pins(lock: str) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for path, package in json.loads(lock)["packages"].items():
        if path:
            found.setdefault(path.rpartition("node_modules/")[2], set()).add(package["version"])
    return {name: frozenset(versions) for name, versions in found.items()}


def read_locks(root: Path = ROOT) -> Locked:
    """What the locks and the declarations say now. Raises OSError, ValueError, KeyError if they can't be read."""
    texts = {name: (root / name).read_text(encoding="utf-8") for name in (RUNTIME_LOCK, *OTHER_LOCKS)}
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    front_end = json.loads((root / NPM_PROJECT).read_text(encoding="utf-8"))
    extras = [line for lines in project["optional-dependencies"].values() for line in lines]
    direct = {_plain(Requirement(line).name) for line in [*project["dependencies"], *extras]}
    must = {("python", name) for name in direct | set(_pins([texts[RUNTIME_LOCK]]))}
    must |= {("npm", name) for part in ("dependencies", "devDependencies") for name in front_end[part]}
    npm = _npm_pins((root / NPM_LOCK).read_text(encoding="utf-8"))
    return Locked(
        _pins(list(texts.values())), npm, frozenset(must), tuple(project["dependencies"]), _changed(root)
    )


def _changed(root: Path) -> date:
    """The day of the locks' last change; today if they differ from what was committed."""
    names = [RUNTIME_LOCK, *OTHER_LOCKS, NPM_LOCK]

    def git(*arguments: str) -> str:
        command = ["git", *arguments, "--", *names]
        return subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout.strip()

    if git("status", "--porcelain"):
        return datetime.now(UTC).date()
    return date.fromisoformat(git("log", "-1", "--format=%cs"))


def version_faults(text: str, locked: Locked) -> list[str]:
    """What is wrong with the list, or with what is locked. A list that can't be read is one fault."""
    try:
        rows = tomllib.loads(text)
        looked, most = rows["looked"], rows["max_age_days"]
        minima = _minima(rows)
        looked.toordinal()
    except (tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError, InvalidVersion) as error:
        return [f"versions.toml can't be read as such a list: {error!r}"]
    if not locked.python or not locked.npm:
        return ["the locks could not be read: nothing was compared"]
    faults = [*_entry_faults(rows), *_age_faults(looked, most, locked.changed)]
    for kind, name in sorted(locked.must - set(minima)):
        faults.append(f"{kind} {name} is not in versions.toml; look it up and add it")
    for kind, pins in (("python", locked.python), ("npm", locked.npm)):
        for name, versions in pins.items():
            least = minima.get((kind, name))
            faults += [
                f"{kind} {name} {version} is locked, and {least} is the oldest without a known hole"
                for version in versions
                if least is not None and Version(version) < least
            ]
        listed = {name for which, name in minima if which == kind}
        faults += [
            f"{kind} {name} is in versions.toml and nowhere else" for name in sorted(listed - set(pins))
        ]
    return [*faults, *_declared_faults(locked.declared, minima)]


def _minima(rows: Mapping[str, Any]) -> dict[tuple[str, str], Version]:
    found: dict[tuple[str, str], Version] = {}
    for kind in ("python", "npm"):
        found |= {(kind, name): Version(row["minimum"]) for name, row in rows[kind].items()}
        found |= {(kind, name): Version(least) for name, least in rows["none_known"][kind].items()}
    for lines in rows["server"].values():
        for row in lines.values():
            Version(row["minimum"])
    return found


def _entry_faults(rows: Mapping[str, Any]) -> list[str]:
    entries = [(f"{kind} {name}", row) for kind in ("python", "npm") for name, row in rows[kind].items()]
    entries += [
        (f"{name} {line}", row) for name, lines in rows["server"].items() for line, row in lines.items()
    ]
    faults = []
    for name, row in entries:
        named = row.get("advisory") or []
        if not named or not all(ADVISORY.fullmatch(one) for one in named):
            faults.append(f"{name}: name the advisory, CVE-… or GHSA-…")
        if not isinstance(row.get("seen"), date) or row["seen"] > rows["looked"]:
            faults.append(f"{name}: `seen` is the day of the record, not after `looked`")
    for kind in ("python", "npm"):
        twice = set(rows[kind]) & set(rows["none_known"][kind])
        faults += [f"{kind} {name} has a known hole and none" for name in sorted(twice)]
    return faults


def _age_faults(looked: date, most: Any, changed: date) -> list[str]:
    if not isinstance(most, int) or not 0 < most <= 90:
        return ["`max_age_days` is a number of days up to 90"]
    age = (changed - looked).days
    return [f"the locks changed {age} days after anybody looked; look again"] if age > most else []


def _declared_faults(declared: tuple[str, ...], minima: Mapping[tuple[str, str], Version]) -> list[str]:
    """Requirements of the wheel that would also be content with a version that has a hole."""
    faults = []
    for line in declared:
        requirement = Requirement(line)
        least = minima.get(("python", _plain(requirement.name)))
        floors = [
            Version(part.version.removesuffix(".*"))
            for part in requirement.specifier
            if part.operator in {">=", "~=", "=="}
        ]
        if least is not None and not any(floor >= least for floor in floors):
            faults.append(f"pyproject.toml takes {line}, which admits versions below {least}")
    return faults
