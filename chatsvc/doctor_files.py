"""The examination of this machine: directories, the front end's files."""

import fcntl
import json
import stat
from importlib.resources import files
from pathlib import Path

from chatsvc.config import Settings
from chatsvc.doctor_findings import Findings

STATIC_FILES = ("w.js", "panel.html", "console.html", "manifest.json")


def examine_listener(settings: Settings, findings: Findings) -> None:
    """Where browsers and Prometheus connect."""
    findings.ok("listener", f"browsers: {settings.host} port {settings.port}, as {settings.origin}")
    if settings.metrics_host in ("127.0.0.1", "::1", "localhost"):
        findings.ok("listener", f"metrics: {settings.metrics_host} port {settings.metrics_port}")
    else:
        findings.warning(
            "listener",
            f"metrics: {settings.metrics_host} port {settings.metrics_port}, which other machines can reach",
            "Make sure that a firewall lets only Prometheus in, or set metrics_host to 127.0.0.1.",
        )

    _examine_proxies(settings, findings)


def _examine_proxies(settings: Settings, findings: Findings) -> None:
    """Whether the service can tell one network from another: behind a proxy it has to be told which one that is."""
    if settings.trusted_proxies:
        told = ", ".join(str(network) for network in settings.trusted_proxies)
        findings.ok("abuse", f"networks are told apart by what these proxies say: {told}")
    elif settings.origin.startswith("https://"):
        findings.warning(
            "abuse",
            "nothing is limited by network: https needs a proxy in front, and trusted_proxies is empty",
            "Set trusted_proxies to the addresses of the proxy; deploy/abuse.md says what is limited then.",
        )


def examine_front_end(findings: Findings) -> None:
    """Whether the pages are there."""
    static = files("chatsvc").joinpath("static")
    missing = [name for name in STATIC_FILES if not static.joinpath(name).is_file()]
    if missing:
        findings.error(
            "front end",
            f"{', '.join(missing)} is missing from the package",
            "Install chatsvc from its wheel, or build the front end with `make frontend`.",
        )
    else:
        findings.ok("front end", "all pages are there")


def examine_data_dir(settings: Settings, findings: Findings) -> bool:
    """Whether data_dir is ours alone; false when it is not there yet."""
    path = settings.data_dir
    if not path.exists():
        findings.warning("data", f"{path.absolute()} is not there yet", "The first `chatsvc serve` makes it.")
        return False
    if not path.is_dir():
        findings.error("data", f"{path.absolute()} is not a directory", "Set data_dir to a directory.")
        return False
    private(path, 0o700, "data", findings)
    who = holder(path)
    findings.ok("data", f"{path} is used by {who}" if who else f"no process uses {path}")
    if not who and not (path / "appendonlydir").exists():
        findings.warning("data", f"there is no store in {path} yet", "The first `chatsvc serve` makes it.")
        return False
    return True


def holder(data_dir: Path) -> str:
    """Which process has the data directory, as it wrote itself down; empty if none has."""
    try:
        with (data_dir / "lock").open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return ""
    except FileNotFoundError:
        return ""
    except BlockingIOError:
        pass
    try:
        note = json.loads((data_dir / "lock").read_text())
        return f"process {note['pid']}" + (f", which serves {note['serves']}" if note["serves"] else "")
    except (ValueError, KeyError, TypeError):
        return "a process that is just starting"


def private(path: Path, mode: int, area: str, findings: Findings) -> None:
    """Whether nobody but the owner can get at `path`."""
    now = stat.S_IMODE(path.stat().st_mode)
    if now & 0o077:
        findings.error(
            area,
            f"{path} is open to other users (mode {now:04o})",
            f"Run: chmod {mode:04o} {path.absolute()}",
        )
    else:
        findings.ok(area, f"{path} is private (mode {now:04o})")
