"""`chatsvc vault …`: the key vault: another master key, backups that don't outlive what is erased."""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from chatsvc.cli.auditing import record_first
from chatsvc.cli.context import Context, open_store, pass_settings
from chatsvc.cli.trouble import Refused
from chatsvc.config import Settings
from chatsvc.config_keys import MasterKeyMissing, adopt_next_key, make_next_key, master_keys
from chatsvc.doctor_files import holder
from chatsvc.domain.errors import StoreUnavailable
from chatsvc.services.audit import SERVICE
from chatsvc.store.directory import Directory, wall_clock_ms
from chatsvc.store.embedded import EmbeddedStoreFailed
from chatsvc.store.remains import Remains, owner
from chatsvc.store.resp import StoreRefused
from chatsvc.store.vault import BUSY_SECONDS
from chatsvc.store.vault_backup import (
    LIFE_S,
    Backup,
    check_belongs,
    copy_file,
    copy_without_mark,
    draft_beside,
    prune,
    put_in_place,
    usable,
    write_backup,
)
from chatsvc.store.vault_copies import VaultRows
from chatsvc.store.vault_file import VaultFile
from chatsvc.store.vault_open import open_vault, run_ids
from chatsvc.store.vault_redis import RedisVault
from chatsvc.telemetry.logging import configure

ASK_FOR_NEXT = (
    "There is no next master key. Make one (`openssl rand -hex 32`), give it to every node and worker as "
    "master_key_next (CHATSVC_MASTER_KEY_NEXT_FILE) beside master_key, start them again one after the other, and "
    "then run this once more."
)
THEN = (
    "Now give every node and worker the new key as master_key, and no master_key_next. Backups that were made "
    "before open only with the old key: make a new one now (`chatsvc vault backup`). Then destroy the old key."
)
FILES_DONE = (
    "Running processes take the new key by themselves. Backups that were made before open only with the old key, "
    "which is gone: make a new one now (`chatsvc vault backup`)."
)


@click.group(short_help="The key vault: a new master key, backups.")
def vault() -> None:
    """The key vault: change its master key, make backups, and see to it that none lives longer than a day."""


@vault.command()
@pass_settings
def rotate(context: Context) -> None:
    """Change the master key, while everything runs.

    All that the old key wraps is wrapped with the new one in one step; then the old key opens nothing. The key in
    data_dir is made and put in place by this command; a master_key that is set needs master_key_next beside it.
    May be run again, also after it was cut short.
    """
    settings = context.settings()
    configure("error", sys.stderr)
    if settings.master_key and not settings.master_key_next:
        raise Refused(ASK_FOR_NEXT)
    if not settings.vault_url and not settings.vault_file.exists():
        raise Refused(
            f"There is no key vault at {settings.vault_file} yet; the first `chatsvc serve` makes it."
        )
    new = settings.master_key_next or make_next_key(settings)
    changed = asyncio.run(_rotate(settings, new))
    if not settings.master_key:
        adopt_next_key(settings)
    if changed:
        _note(settings, "vault rotate")
    click.echo("The master key was changed." if changed else "The vault has the new master key already.")
    click.echo(THEN if settings.master_key else FILES_DONE)


async def _rotate(settings: Settings, new: bytes) -> bool:
    vault = await open_vault(settings.vault_file, settings.vault_url, master_keys(settings))
    try:
        return await vault.rotate(new)
    finally:
        await vault.close()


def _check_there(settings: Settings) -> None:
    if not settings.vault_url and not settings.vault_file.exists():
        raise Refused(
            f"There is no key vault at {settings.vault_file} yet; the first `chatsvc serve` makes it."
        )


@vault.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@pass_settings
def backup(context: Context, file: Path) -> None:
    """Copy the vault to FILE, while everything runs; good for 24 hours.

    The copy opens only with the master key, and holds the keys of what is erased later: it must not live longer than
    a day, nor be copied to where `chatsvc vault prune-backups` does not reach.
    """
    settings = context.settings()
    configure("error", sys.stderr)
    _check_there(settings)
    made = asyncio.run(_backup(settings, file))
    _note(settings, "vault backup", file.name)
    click.echo(
        f"{file} is a backup of the key vault as of {_time(made.made_at)}, good for {LIFE_S // 3600} hours."
    )
    click.echo(f"Delete it by then: `chatsvc vault prune-backups {file.absolute().parent}`, every hour.")


async def _backup(settings: Settings, file: Path) -> Backup:
    vault = await open_vault(settings.vault_file, settings.vault_url, master_keys(settings))
    try:
        now = wall_clock_ms()  # before copying: what is erased from now on is in the copy
        fill = (await vault.rows()).fill if isinstance(vault, RedisVault) else copy_file(settings.vault_file)
        return write_backup(fill, file, now)
    finally:
        await vault.close()


@vault.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@pass_settings
def restore(context: Context, file: Path) -> None:
    """Make the vault anew from the backup FILE, without what was erased since.

    For a vault that was lost; every node and worker must be stopped. A backup older than 24 hours is refused. Keys
    for which the store holds no text any more are destroyed before the vault can be used. Conversations that began
    after the backup can't be read.
    """
    settings = context.settings()
    configure("error", sys.stderr)
    found = usable(file, wall_clock_ms())
    _check_lost(settings)
    kept, destroyed = asyncio.run(_restore(settings, found))
    _note(settings, "vault restore", file.name, made_at=found.made_at, kept=kept, destroyed=destroyed)
    click.echo(f"The key vault is back as of {_time(found.made_at)}, with keys of {kept} conversations.")
    click.echo(
        f"Keys of {destroyed} conversations, of which the store holds nothing or only a part, were destroyed."
    )
    click.echo(
        "Conversations that began after the backup can't be read: their keys were only in the lost vault."
    )
    click.echo(f"Delete {file} and make a new backup: it holds the keys that were destroyed now.")


def _check_lost(settings: Settings) -> None:
    if not settings.vault_url and settings.vault_file.exists():
        raise Refused(
            f"There is a key vault at {settings.vault_file}. Move it away if it is the damaged one."
        )
    if not settings.master_key and not settings.master_key_file.exists():
        raise MasterKeyMissing(
            f"The master key {settings.master_key_file} is not here. Put it back; without it no backup opens."
        )
    user = holder(settings.data_dir) if settings.embedded else ""
    if user:
        raise Refused(f"{settings.data_dir} is used by {user}. Stop it first.")


async def _restore(settings: Settings, found: Backup) -> tuple[int, int]:
    """How many conversations have keys again, and of how many some or all were destroyed."""
    masters = master_keys(settings)
    async with open_store(settings) as link:
        declared = await Directory(link).load()
        check_belongs(found, declared.vault_id)
        with draft_beside(found.path if settings.vault_url else settings.vault_file) as draft:
            copy_without_mark(found.path, draft)
            file = VaultFile(draft, masters, BUSY_SECONDS)
            needless = await Remains(link, declared.pools).needless(file.conversations())
            file.shred(list(needless.items()))
            destroyed = len({owner(name) for name in needless})
            kept = len({owner(name) for name, _ in file.conversations()})
            file.close()
            if settings.vault_url:
                rows = VaultRows.of_file(draft)
                vault = await RedisVault.open(
                    settings.vault_url, masters, apart_from=run_ids(link), rows=rows
                )
                await vault.close()
            else:
                put_in_place(draft, settings.vault_file)
    return kept, destroyed


@vault.command("prune-backups")
@click.argument("directory", type=click.Path(path_type=Path, exists=True, file_okay=False))
@pass_settings
def prune_backups(context: Context, directory: Path) -> None:
    """Delete backups in DIRECTORY that are older than 24 hours.

    Tells backups by what is in them, whatever they are called. Does not look into folders below, and can't reach
    copies that somebody else has made of them: snapshots of the disk, backups of the whole machine.
    """
    gone = prune(directory, wall_clock_ms())
    for path in gone:
        click.echo(f"Deleted {path}")
    if gone:  # settings are needed for this alone: old backups go whatever is wrong with them
        _note(context.settings(), "vault prune-backups", deleted=len(gone))
    click.echo(f"{len(gone)} deleted." if gone else "Nothing there is older than 24 hours.")


def _note(settings: Settings, action: str, about: str = "", **details: str | int | bool) -> None:
    """Write to the service's audit log what was done. The vault comes first: it is done even if nobody can note it."""
    configure("error", sys.stderr)

    async def note() -> None:
        async with open_store(settings) as link:
            await record_first(settings, link, SERVICE, action, about, **details)

    try:
        asyncio.run(note())
    except (StoreUnavailable, StoreRefused, EmbeddedStoreFailed, MasterKeyMissing, OSError) as error:
        click.echo(f"Done, but not written to the audit log: {error}", err=True)


def _time(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
