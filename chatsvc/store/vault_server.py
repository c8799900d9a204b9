"""What a Redis or Valkey must be like to be a key vault: it keeps what it is told, and forgets what it is told to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from chatsvc.store.resp import StoreRefused

Ask = Callable[..., Any]
Info = Mapping[str, str]

SETTINGS: Final = {
    "appendonly": ("yes", "a restart would lose every key"),
    "appendfsync": ("always", "a power failure would lose keys, or bring erased ones back"),
    "no-appendfsync-on-rewrite": ("no", "a power failure while the log is rewritten would lose keys"),
    "maxmemory-policy": ("noeviction", "keys would be thrown away when memory is short"),
    "save": ("", "snapshots keep what was erased"),
    "aof-disable-auto-gc": ("no", "old logs, which hold what was erased, would stay"),
}
"""What each setting must be, and why."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something about the server that must not be so, and how to mend it."""

    text: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.text}. {self.remedy}"


@dataclass(frozen=True, slots=True)
class VaultServer:
    """A server as it describes itself; `tells` is false if it does not say how it is configured.

    `directory` is where it says that its files are; empty if it does not.
    """

    info: Info
    faults: tuple[Fault, ...]
    tells: bool
    directory: str = ""

    @property
    def run_id(self) -> str:
        """The name of this life of the server."""
        return self.info.get("run_id", "")


async def look_at(ask: Ask) -> VaultServer:
    """How the server is now. `ask` sends one command. Raises what `ask` raises."""
    info = read_info(await ask("INFO", "everything"))
    try:
        config = _pairs(await ask("CONFIG", "GET", "dir", *SETTINGS))
    except StoreRefused:
        return VaultServer(info, tuple(faults(info, None)), tells=False)
    return VaultServer(info, tuple(faults(info, config)), tells=True, directory=config.get("dir", ""))


def read_info(reply: bytes) -> Info:
    """The answer to INFO."""
    lines = (line.partition(":") for line in reply.decode("utf-8", "replace").splitlines() if ":" in line)
    return {name: value for name, _, value in lines}


def _pairs(reply: list[bytes]) -> Info:
    texts = [item.decode("utf-8", "replace") for item in reply]
    return dict(zip(texts[::2], texts[1::2], strict=True))


def faults(info: Info, config: Info | None) -> list[Fault]:
    """What must not be so, from INFO and from CONFIG GET where that is allowed."""
    found = []
    for name, (wanted, why) in SETTINGS.items():
        now = _told(info).get(name) if config is None else config.get(name)
        if now is not None and now != wanted:
            mending = f"Set `{name} {_shown(wanted)}` in its configuration."
            found.append(Fault(f"{name} is {_shown(now)} ({why})", mending))
    if info.get("connected_slaves", "0") != "0":
        found.append(
            Fault(
                "it has a replica, whose files keep what was erased, and can't be rewritten from here",
                "Take the replica away; a copy of the vault is made with `chatsvc vault backup`.",
            )
        )
    if info.get("rdb_saves", "0") != "0":
        found.append(
            Fault(
                "it has written a snapshot since it was started, which keeps what was erased",
                "Delete its dump.rdb and start it again.",
            )
        )
    if info.get("cluster_enabled") == "1":
        found.append(Fault("it belongs to a cluster", "Use a single server of its own."))
    return found


def _shown(value: str) -> str:
    return f'"{value}"' if not value or " " in value else value


def _told(info: Info) -> Info:
    """The settings that show in INFO."""
    enabled = info.get("aof_enabled")
    told = {"maxmemory-policy": info.get("maxmemory_policy")}
    if enabled is not None:
        told["appendonly"] = "yes" if enabled == "1" else "no"
    return {name: value for name, value in told.items() if value is not None}
