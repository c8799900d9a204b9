"""`chatsvc vault …`: the key vault: another master key, backups that don't outlive what is erased."""

import asyncio
import sys

import click

from chatsvc.cli.context import Context, pass_settings
from chatsvc.cli.trouble import Refused
from chatsvc.config import Settings
from chatsvc.config_keys import adopt_next_key, make_next_key, master_keys
from chatsvc.store.vault_open import open_vault
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
    click.echo("The master key was changed." if changed else "The vault has the new master key already.")
    click.echo(THEN if settings.master_key else FILES_DONE)


async def _rotate(settings: Settings, new: bytes) -> bool:
    vault = await open_vault(settings.vault_file, settings.vault_url, master_keys(settings))
    try:
        return await vault.rotate(new)
    finally:
        await vault.close()
