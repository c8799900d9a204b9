"""`chatsvc site …`: a site leaves, with everything or without a trace."""

import asyncio
import sys
from pathlib import Path

import click

from chatsvc.cli.auditing import checkpoints_of, record, record_first
from chatsvc.cli.context import Context, open_store, pass_settings
from chatsvc.cli.site_archive import Recipient, read_recipient, write_archive
from chatsvc.cli.site_erasing import Erased, SiteErasure
from chatsvc.cli.site_export import SiteExport
from chatsvc.cli.trouble import Refused
from chatsvc.config import Settings
from chatsvc.config_keys import master_keys
from chatsvc.domain.declaration_text import did_you_mean
from chatsvc.domain.errors import NotRewritten, StoreUnavailable
from chatsvc.domain.sites import Site
from chatsvc.services.audit import SERVICE
from chatsvc.store.directory import Directory
from chatsvc.store.directory_keys import ABOUT
from chatsvc.store.keys import PoolKeys
from chatsvc.store.link import Link
from chatsvc.store.log_rewrite import StoreLogs
from chatsvc.store.site_traces import LeavingSites
from chatsvc.store.vault_open import open_vault
from chatsvc.telemetry.logging import configure


@click.group(short_help="A site leaves: export everything, erase every trace.")
def site() -> None:
    """Give a site everything that is there of it, or remove every trace (deploy/leaving.md)."""


@site.command("export")
@click.argument("name", metavar="SITE")
@click.option(
    "--to", "target", required=True, type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
    help="The archive; it must not be there yet.",
)  # fmt: skip
@click.option(
    "--for", "certificate", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="CERTIFICATE",
    help="Encrypt for the owner of this certificate (PEM, RSA).",
)  # fmt: skip
@click.option(
    "--readable", is_flag=True, help="Don't encrypt: anybody who gets the file reads every conversation."
)
@pass_settings
def export_command(
    context: Context, name: str, target: Path, certificate: Path | None, readable: bool
) -> None:
    """Write everything that is there of SITE into FILE, conversations decrypted for their owner.

    The archive is encrypted for whoever has the key of a certificate, or it is readable and you say so. Recorded in
    the site's audit log before anything is opened.
    """
    settings = context.settings()
    configure("error", sys.stderr)
    if readable == (certificate is not None):
        raise Refused(
            "Say who may read the archive: --for CERTIFICATE encrypts it for its owner; with --readable whoever has "
            "the file reads what every visitor has written."
        )
    if target.exists():
        raise Refused(f"{target} is there already; choose another name.")
    recipient = read_recipient(certificate) if certificate else None
    counts, digest = asyncio.run(_export(settings, name, target, recipient))
    click.echo(f"{target}: {counts}.")
    click.echo(f"SHA-256 {digest}")
    if recipient is None:
        click.echo(
            "This file can be read by whoever has it. Hand it over at once, in a way that is encrypted, and delete it "
            "here.",
            err=True,
        )


async def _export(
    settings: Settings, name: str, target: Path, recipient: Recipient | None
) -> tuple[str, str]:
    async with open_store(settings) as link:
        snapshot = await Directory(link).load()
        declared = snapshot.site(name)
        if declared is None:
            raise Refused(f"There is no site {name}.{did_you_mean(name, snapshot.sites)}")
        vault = await open_vault(settings.vault_file, settings.vault_url, master_keys(settings), store=link)
        try:
            readers = recipient.fingerprint if recipient else "anybody: it is not encrypted"
            await record_first(settings, link, name, "site export", name, readers=readers)
            export = SiteExport(link, vault, checkpoints_of(settings), snapshot, declared)
            digest = await write_archive(export.files(), target, recipient)
            told = export.told
            await record(
                settings, link, [name], "site exported", name, sha256=digest, conversations=export.opened
            )
        finally:
            await vault.close()
    return told, digest


@site.command("erase")
@click.argument("name", metavar="SITE")
@click.option(
    "--yes", "typed", metavar="SITE", help="The site's name once more, instead of being asked for it."
)
@click.option(
    "--end-conversations",
    "ending",
    is_flag=True,
    help="End conversations that are open; visitors are told that all is erased.",
)
@pass_settings
def erase_command(context: Context, name: str, typed: str | None, ending: bool) -> None:
    """Erase SITE without a trace: its keys first, then all that the store holds of it.

    Cut short at any moment, run it again: it finishes. What can't be undone: make an archive before (chatsvc site
    export). Backups of the key vault open what copies of the store hold for up to 24 hours.
    """
    settings = context.settings()
    configure("error", sys.stderr)
    if typed is None and sys.stdin.isatty():
        typed = click.prompt(f"This can't be undone. Type the site's name ({name}) to erase it")
    if typed != name:
        raise Refused(f"Nothing is erased: give the site's name once more, as in --yes {name}.")
    erased, in_log = asyncio.run(_erase(settings, name, ending))
    click.echo(
        f"{name} is erased: {erased.conversations} conversations and tombstones, {erased.accounts} accounts. A note "
        "of it stands in the service's audit log. Backups of the key vault hold its keys for 24 hours at most "
        "(chatsvc vault prune-backups); checkpoints of its audit log on other machines are yours to delete."
    )
    click.echo(in_log or "The store's append-only files are rewritten without it.", err=bool(in_log))


async def _erase(settings: Settings, name: str, ending: bool) -> tuple[Erased, str]:
    """What went, and why the store's log still holds it, if it does."""
    async with open_store(settings) as link:
        declared = await _leaving(link, name)
        vault = await open_vault(settings.vault_file, settings.vault_url, master_keys(settings), store=link)
        try:
            erasure = SiteErasure(link, vault, checkpoints_of(settings), declared)
            await erasure.refuse_while_needed(ending=ending)
            await record_first(settings, link, SERVICE, "site erase", name)
            await LeavingSites(link).begin(declared)
            await erasure.close()
            await erasure.refuse_while_needed(ending=ending)  # who came in that moment
            erased = await erasure.erase()
            await record(
                settings,
                link,
                [],
                "site erased",
                name,
                conversations=erased.conversations,
                accounts=erased.accounts,
            )
            await LeavingSites(link).finish(declared.id)
            in_log = await _out_of_the_log(link, declared)
        finally:
            await vault.close()
    return erased, in_log


async def _out_of_the_log(link: Link, site: Site) -> str:
    try:
        await StoreLogs(link).rewrite([ABOUT, *(PoolKeys(pool).meta for pool in site.pools)])
    except NotRewritten as error:
        return str(error)
    except StoreUnavailable as error:
        return f"The store's append-only files hold it until the worker has them rewritten, within a day: {error}"
    return ""


async def _leaving(link: Link, name: str) -> Site:
    """The site to be erased, as it was declared. Raises Refused."""
    snapshot = await Directory(link).load()
    found = await LeavingSites(link).find(name) or snapshot.site(name)
    if found is None:
        raise Refused(
            f"There is no site {name}, and none is being erased.{did_you_mean(name, snapshot.sites)}"
        )
    return found
