"""`chatsvc counsellor passkeys …`: somebody's passkeys."""

from datetime import UTC, datetime

import click

from chatsvc.cli.accounts import existing
from chatsvc.cli.auditing import record
from chatsvc.cli.context import Context, pass_settings, with_directory
from chatsvc.cli.trouble import Refused
from chatsvc.domain.passkeys import OwnPasskeys
from chatsvc.domain.second_factor import has_app
from chatsvc.domain.sites import StaffId
from chatsvc.store.directory import Directory
from chatsvc.store.link import Link
from chatsvc.store.passkeys import PasskeyStore
from chatsvc.store.second_factors import SecondFactors


@click.command()
@click.argument("name")
@click.option(
    "--remove", is_flag=True, help="Take them all away and sign NAME out, as when a device is lost."
)
@pass_settings
def passkeys(context: Context, name: str, remove: bool) -> None:
    """List the passkeys of NAME.

    With --remove none of them signs in any more, and all sessions end. NAME signs in with the password then, and with a
    code if there is an app; if the role needs a second step and there is none, the next sign-in offers an app.
    """
    settings = context.settings()

    async def work(directory: Directory, link: Link) -> tuple[str, OwnPasskeys | None]:
        staff = existing(await directory.load(), name)
        own = await PasskeyStore(link).of(staff.id)
        if own is not None and remove:
            await _remove_all(link, staff.id)
            await directory.sign_out_everywhere(staff.id)
            await record(
                settings, link, staff.sites, "counsellor passkeys remove", staff.id, passkeys=len(own.keys)
            )
        return staff.id, own

    who, own = with_directory(settings, work)
    if own is None:
        raise Refused(f"{who} has no passkeys.")
    if remove:
        click.echo(f"{who} has no passkeys any more ({len(own.keys)} removed), and is signed out everywhere.")
        return
    for key in own.keys:
        used = f"last used {_day(key.used_at)}" if key.used_at else "never used"
        click.echo(f"{key.id}  “{key.name}”  {key.host}  added {_day(key.created_at)}  {used}")


async def _remove_all(link: Link, staff: StaffId) -> None:
    kept = PasskeyStore(link)
    while (own := await kept.of(staff)) is not None and not await kept.put(staff, None, own):
        pass
    factors = SecondFactors(link)
    factor = await factors.of(staff)
    if factor is not None and not has_app(factor):  # recovery codes that have nothing left to recover
        await factors.put(staff, None, factor)


async def still_signing_in(link: Link, staff: StaffId) -> str:
    """A sentence for whoever has changed something else of an account that has passkeys; empty if it has none."""
    own = await PasskeyStore(link).of(staff)
    if own is None:
        return ""
    return (
        f" It has {len(own.keys)} passkeys, which sign in as before: see chatsvc counsellor passkeys {staff}."
    )


def _day(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).date().isoformat()
