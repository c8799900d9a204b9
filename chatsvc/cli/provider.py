"""`chatsvc counsellor provider …`: whom an identity provider vouches for."""

from dataclasses import replace

import click

from chatsvc.cli.accounts import existing
from chatsvc.cli.auditing import record
from chatsvc.cli.context import Context, pass_settings, with_directory
from chatsvc.cli.trouble import Refused
from chatsvc.domain.declaration_text import did_you_mean
from chatsvc.domain.identity import Provider, subject_digest
from chatsvc.domain.sites import Identity, Staff
from chatsvc.services.vouched import account_of
from chatsvc.store.directory import Directory
from chatsvc.store.link import Link


@click.command("provider")
@click.argument("name")
@click.option("--provider", help="The name of the provider in the settings, as in [oidc.kunta].")
@click.option(
    "--subject", help="What the provider calls the person for ever: `sub`, not a name or an e-mail."
)
@click.option("--remove", is_flag=True, help="Make it an account of this service's own.")
@pass_settings
def provider(context: Context, name: str, provider: str | None, subject: str | None, remove: bool) -> None:
    """Tie NAME, an account that exists, to a person at an identity provider; or untie it.

    From the next sign-in there on, role, sites and queues are what the groups say; alias, languages and planned shifts
    stay. An account that is untied needs a password: `chatsvc counsellor set-password`.

    \b
    chatsvc counsellor provider anna --provider kunta --subject 248289761001
    chatsvc counsellor provider anna --remove
    """
    settings = context.settings()
    identity = None if remove else _identity(settings.oidc, provider, subject)
    if remove and (provider or subject):
        raise Refused("--remove unties the account; leave --provider and --subject out.")

    async def write(directory: Directory, link: Link) -> Staff:
        snapshot = await directory.load()
        staff = existing(snapshot, name)
        if identity is not None:
            other = account_of(snapshot.people, identity.issuer, identity.subject)
            if other is not None and other.id != staff.id:
                raise Refused(f"That person has the account {other.id} already; nothing was changed.")
        if staff.identity == identity:
            raise Refused(f"{staff.id} is {'tied to that person' if identity else 'untied'} already.")
        await directory.change_staff(
            staff.id, lambda now: replace(now, identity=identity, sign_outs=now.sign_outs + 1)
        )
        action = "counsellor provider" if identity else "counsellor provider remove"
        await record(settings, link, staff.sites, action, staff.id, provider=provider or "none")
        return staff

    staff = with_directory(settings, write)
    click.echo(f"{staff.id} signs in {'with ' + str(provider) if identity else 'by itself'} from now on.")


def _identity(providers: tuple[Provider, ...], name: str | None, subject: str | None) -> Identity:
    if not name or not subject:
        raise Refused("Give --provider and --subject, or --remove.")
    found = next((one for one in providers if one.id == name), None)
    if found is None:
        known = [one.id for one in providers]
        raise Refused(f"The settings have no provider {name}.{did_you_mean(name, known)}")
    return Identity(found.issuer, subject_digest(found.issuer, subject))
