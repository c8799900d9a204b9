"""The examination of how far keys and texts are apart: one disk or one backup with both undoes erasing."""

import socket
from pathlib import Path
from typing import Final

from chatsvc.config import Settings
from chatsvc.doctor_findings import Findings
from chatsvc.store import directory_keys
from chatsvc.store.directory import Directory
from chatsvc.store.link import Link
from chatsvc.store.link_url import Endpoint, parse_url
from chatsvc.store.resp import StoreRefused
from chatsvc.store.vault_server import read_info

AREA: Final = "apart"
ELSEWHERE: Final = (
    "Put the vault on a disk of its own, in no backup together with the store: see deploy/vault.md."
)
LOOK: Final = (
    "See that they have disks of their own, and that no backup or snapshot holds both: deploy/vault.md lists where "
    "to look."
)
HERE: Final = frozenset({"this machine"})


async def examine_apart(link: Link, settings: Settings, findings: Findings) -> None:
    """Whether the vault and the store share a machine, a disk or a directory. Not asked of the demo's."""
    if (await Directory(link).load()).mark == "demo":
        return
    if settings.vault_url:
        compare_servers(settings, findings)
    elif settings.vault_file.exists():
        await _file(link, settings, findings)


# -- a vault on a server


def compare_servers(settings: Settings, findings: Findings) -> None:
    """Whether the server of vault_url is on the store's machine, as far as names and addresses tell."""
    vault = machine(parse_url(settings.vault_url).endpoints[0])
    store = HERE if settings.embedded else frozenset[str]()
    if not settings.embedded:
        url = parse_url(settings.redis_url)
        # Sentinels are not the store, but mostly run beside it; a cluster names some of its servers.
        store = frozenset().union(*map(machine, url.endpoints))
    shared = vault & store
    if shared:
        findings.warning(
            AREA, f"the key vault and the store are on one machine ({', '.join(sorted(shared))})", ELSEWHERE
        )
    else:
        findings.warning(
            AREA,
            "whether the servers of vault_url and redis_url are two machines with disks and backups of their own can't "
            "be told from here",
            LOOK,
        )


def machine(place: Endpoint) -> frozenset[str]:
    """What a server's machine is known by: this machine, or its addresses; empty if it can't be looked up."""
    if place.path:
        return HERE
    try:
        found = socket.getaddrinfo(place.host, None, type=socket.SOCK_STREAM)
    except OSError:
        return frozenset()
    addresses = frozenset(str(address[0]) for *_, address in found)
    return HERE if any(map(_is_ours, addresses)) else addresses


def _is_ours(address: str) -> bool:
    """Whether this machine has the address: only then it can be listened on."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True


# -- a vault in a file


async def _file(link: Link, settings: Settings, findings: Findings) -> None:
    vault = settings.vault_file.absolute()
    if settings.embedded:
        _compare(vault, settings.data_dir.absolute(), certain=True, findings=findings)
    elif all(machine(place) == HERE for place in parse_url(settings.redis_url).endpoints):
        _compare(vault, *_directory(await _told(link)), findings=findings)
    else:
        findings.warning(
            AREA,
            f"the store is on another machine than {vault}; whether both lie on one network disk or in one backup "
            "can't be told from here",
            LOOK,
        )


async def _told(link: Link) -> tuple[str, str]:
    """Directory and process id of the store, as it tells them; empty where it does not."""
    key = directory_keys.ABOUT
    try:
        _, directory = await link.call(key, "CONFIG", "GET", "dir")
        info = read_info(await link.call(key, "INFO", "server"))
    except (StoreRefused, ValueError):
        return "", ""
    return directory.decode("utf-8", "surrogateescape"), info.get("process_id", "")


def _directory(told: tuple[str, str]) -> tuple[Path | None, bool]:
    """The store's directory, if there is such a one, and whether it is: in a container it has paths of its own."""
    directory, process = told
    if not directory or not Path(directory).is_dir():
        return None, False
    try:
        there, here = Path("/proc", process, "cwd").stat(), Path(directory).stat()
    except OSError:
        return Path(directory), False
    return Path(directory), (there.st_dev, there.st_ino) == (here.st_dev, here.st_ino)


def _compare(vault: Path, directory: Path | None, certain: bool, findings: Findings) -> None:
    if directory is None:
        text = f"whether {vault} shares a disk or a backup with the store can't be told from here"
        findings.warning(AREA, text, LOOK)
        return
    real, store, are = vault.resolve(), directory.resolve(), "are" if certain else "seem to be"
    if real.is_relative_to(store):
        text = f"{vault} is in the store's directory {directory}: whoever copies that has texts and keys"
        findings.warning(AREA, text, ELSEWHERE)
    elif real.stat().st_dev == store.stat().st_dev:
        text = f"{vault} and the store's directory {directory} {are} on one disk: an image of it has texts and keys"
        findings.warning(AREA, text, ELSEWHERE)
    elif store.parent in {real.parent, real.parent.parent}:
        text = (
            f"{vault} and the store's directory {directory} {are} side by side: a backup may well take both"
        )
        findings.warning(AREA, text, ELSEWHERE)
    elif certain:
        text = f"{vault} and the store's directory {directory} are on different file systems"
        findings.ok(AREA, f"{text}; whether one backup takes both can't be told from here")
    else:
        text = f"whether {vault} and the store, whose directory seems to be {directory}, share a disk can't be told"
        findings.warning(AREA, f"{text} from here", LOOK)
