"""The examination of the key vault: whether it opens, whether its server can be one, what copies lie around."""

import asyncio
import sqlite3
from pathlib import Path

from chatsvc.config import Settings
from chatsvc.config_keys import MasterKeyMissing, master_keys, next_key_file
from chatsvc.doctor_apart import HERE, machine
from chatsvc.doctor_files import private
from chatsvc.doctor_findings import Findings
from chatsvc.domain.errors import StoreUnavailable, VaultUnavailable
from chatsvc.store.directory import wall_clock_ms
from chatsvc.store.link_url import parse_url
from chatsvc.store.resp import StoreRefused
from chatsvc.store.vault_backup import LIFE_S, described
from chatsvc.store.vault_file import FORMAT, format_of, proven_id
from chatsvc.store.vault_keys import WrongVault
from chatsvc.store.vault_open import open_vault
from chatsvc.store.vault_redis import peek
from chatsvc.store.vault_server import SETTINGS, VaultServer

OPEN_WITHIN_S = 4.0
BEING_WRITTEN_S = 600  # a log is rewritten in seconds, and what is older is left over
SEEN_IN_INFO = ("aof_enabled", "aof_last_write_status", "rdb_saves", "maxmemory_policy", "connected_slaves")


async def examine_vault(settings: Settings, findings: Findings) -> str:
    """The vault's id; empty if there is none, or it can't be opened."""
    if settings.master_key_file.exists() and not settings.master_key:
        private(settings.master_key_file, 0o600, "keys", findings)
    _unfinished(settings, findings)
    if settings.vault_url:
        where = f"at {parse_url(settings.vault_url).endpoints[0]}"
        return await _opened(settings, where, findings) if await _server(settings, where, findings) else ""
    path = settings.vault_file
    if not path.exists():
        findings.warning(
            "keys", f"there is no key vault at {path} yet", "The first `chatsvc serve` makes it."
        )
        return ""
    private(path, 0o600, "keys", findings)
    return "" if _of_another_format(path, findings) else await _opened(settings, str(path), findings)


def _of_another_format(path: Path, findings: Findings) -> bool:
    """Whether opening the vault would change it: an examination changes nothing."""
    try:
        found = format_of(path)
    except sqlite3.Error:  # opening it says what is wrong
        return False
    if found == FORMAT:
        return False
    if found == 0:
        findings.warning(
            "keys", f"{path} is there and holds no key vault", "The first `chatsvc serve` makes it."
        )
    else:
        findings.warning(
            "keys",
            f"the key vault {path} has format {found}, and this version writes format {FORMAT}",
            "If that is the lower number, the next start brings the vault up to date, for good: earlier versions "
            "can't open it then. If not, use the version that wrote it.",
        )
    return True


def _unfinished(settings: Settings, findings: Findings) -> None:
    if settings.master_key_next or (not settings.master_key and next_key_file(settings).exists()):
        findings.warning(
            "keys",
            "a change of the master key was begun and is not finished",
            "Run `chatsvc vault rotate`, then give the new key as master_key and take master_key_next away.",
        )


async def _opened(settings: Settings, where: str, findings: Findings) -> str:
    try:
        vault_id = await _identified(settings)
    except (WrongVault, MasterKeyMissing, VaultUnavailable, OSError, sqlite3.Error) as error:
        findings.error("keys", str(error), "Without it no conversation can begin or be read; see above.")
        return ""
    findings.ok("keys", f"the key vault {where} opens with the master key; its id is {vault_id}")
    return vault_id


async def _identified(settings: Settings) -> str:
    """The vault's id, once a master key fits it. A file is only read: opened as a node does, it would be put right."""
    if not settings.vault_url:
        return await asyncio.to_thread(proven_id, settings.vault_file, master_keys(settings))
    vault = await open_vault(settings.vault_file, settings.vault_url, master_keys(settings))
    await vault.close()
    return vault.vault_id


async def _server(settings: Settings, where: str, findings: Findings) -> bool:
    """Whether there is a vault on the server of vault_url, which may be one."""
    try:
        server, there = await peek(settings.vault_url, OPEN_WITHIN_S)
    except StoreUnavailable as error:
        remedy = "Check vault_url, and that the server runs: without it no conversation can begin."
        findings.error("keys", f"the key vault {where} can't be used: {error}", remedy)
        return False
    except StoreRefused as error:
        remedy = "Let its user do what deploy/store/users.acl allows chatsvc-vault."
        findings.error("keys", f"the key vault {where} refuses a command: {error}", remedy)
        return False
    _fitness(server, where, findings)
    if machine(parse_url(settings.vault_url).endpoints[0]) == HERE and server.directory:
        _leftovers(Path(server.directory), findings)
    if not there:
        findings.warning("keys", f"there is no key vault {where} yet", "The first `chatsvc serve` makes it.")
    return bool(there) and not server.faults


def _fitness(server: VaultServer, where: str, findings: Findings) -> None:
    for fault in server.faults:
        findings.error("keys", f"the server {where} can't be a key vault: {fault.text}", fault.remedy)
    if server.tells:
        if not server.faults:
            findings.ok(
                "keys",
                f"the server {where} is configured to keep keys and to erase them; whether a crash left files with "
                "keys in its directory is seen only by who can read that (deploy/vault.md)",
            )
        return
    seen = ", ".join(f"{name} {server.info[name]}" for name in SEEN_IN_INFO if name in server.info)
    needed = ", ".join(f"{name} {wanted or chr(34) * 2}" for name, (wanted, _) in SETTINGS.items())
    findings.warning(
        "keys",
        f"how the server {where} is configured can't be told from here (CONFIG is not allowed); INFO says {seen}",
        f"See with whoever runs it that its configuration says: {needed}.",
    )


def _leftovers(directory: Path, findings: Findings) -> None:
    """Files of the vault's server that no rewrite reaches: snapshots, and logs that a crash left half-written."""
    before = wall_clock_ms() / 1000 - BEING_WRITTEN_S
    for path in _files(directory):
        if path.suffix == ".rdb" or (path.match("temp-*.aof") and path.stat().st_mtime < before):
            findings.error(
                "keys",
                f"{path} keeps keys that are erased: the key vault's server wrote it once and does not delete it",
                f"Delete it, and see to it at each start (deploy/vault.md): rm {path}",
            )


def examine_backups(settings: Settings, findings: Findings) -> None:
    """Backups that lie where they are found at once: too old, or beside what they open."""
    now = wall_clock_ms()
    for folder in dict.fromkeys((settings.vault_file.parent, settings.data_dir)):
        for path in _files(folder):
            found = described(path)
            if found is None:
                continue
            if found.age_s(now) > LIFE_S:
                findings.error(
                    "keys",
                    f"{path} is a backup of the key vault that is older than {LIFE_S // 3600} hours: it still holds "
                    "keys of conversations that are erased",
                    f"Run: chatsvc vault prune-backups {folder.absolute()}",
                )
            else:
                findings.warning(
                    "keys",
                    f"{path} is a backup of the key vault, and lies beside it",
                    "Keep backups elsewhere, where `chatsvc vault prune-backups` runs every hour.",
                )


def _files(folder: Path) -> list[Path]:
    try:
        return [path for path in sorted(folder.iterdir()) if path.is_file() and not path.is_symlink()]
    except OSError:
        return []
