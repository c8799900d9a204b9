"""`chatsvc counsellor second-factor …`: somebody's authenticator app."""

import click

from chatsvc.cli.accounts import existing
from chatsvc.cli.auditing import WallClock, record
from chatsvc.cli.context import Context, pass_settings, with_directory
from chatsvc.cli.passkeys import still_signing_in
from chatsvc.cli.trouble import Refused
from chatsvc.config import Settings
from chatsvc.config_keys import master_keys
from chatsvc.domain.second_factor import has_app
from chatsvc.domain.sites import Staff
from chatsvc.services.second_factor import Enrolment, SecondStep
from chatsvc.store.directory import Directory
from chatsvc.store.link import Link
from chatsvc.store.second_factors import SecondFactors
from chatsvc.store.vault_keys import SIGN_IN
from chatsvc.store.vault_open import open_vault
from chatsvc.web.sign_in_picture import letters_of


@click.command("second-factor")
@click.argument("name")
@click.option("--remove", is_flag=True, help="Take the app away, as when the phone is lost.")
@pass_settings
def second_factor(context: Context, name: str, remove: bool) -> None:
    """Set up an authenticator app for NAME, and print what it needs, with recovery codes.

    Whoever sees this can sign in with it and the password: show it to nobody else. With --remove the account goes on
    with its password alone; if its role needs an app, the next sign-in offers a new one.
    """
    settings = context.settings()

    async def write(directory: Directory, link: Link) -> tuple[Staff, Enrolment | str, list[str]]:
        staff = existing(await directory.load(), name)
        if remove:
            if not has_app(await SecondFactors(link).of(staff.id)):
                raise Refused(f"{staff.id} has no authenticator app.")
            await SecondFactors(link).put(staff.id, None)
            await record(settings, link, staff.sites, "counsellor second-factor remove", staff.id)
            return staff, await still_signing_in(link, staff.id), []
        offer, codes = await (await _second_step(settings, link)).enrol(staff)
        await record(settings, link, staff.sites, "counsellor second-factor", staff.id)
        return staff, offer, codes

    staff, offer, codes = with_directory(settings, write)
    if isinstance(offer, str):
        click.echo(f"{staff.id} has no authenticator app any more.{offer}")
        return
    click.echo(letters_of(offer.uri))
    click.echo(f"{staff.id} needs a code of the app at every sign-in from now on.\n\nSecret: {offer.secret}")
    click.echo("Recovery codes, each good once, for when the app is gone:\n")
    click.echo("\n".join(f"    {code}" for code in codes))


async def _second_step(settings: Settings, link: Link) -> SecondStep:
    vault = await open_vault(settings.vault_file, settings.vault_url, master_keys(settings), store=link)
    try:
        key = await vault.secret(SIGN_IN)
    finally:
        await vault.close()
    return SecondStep(
        SecondFactors(link), key, WallClock(), rules=settings.second_factor, service=settings.service_name
    )
