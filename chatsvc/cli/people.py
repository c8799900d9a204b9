"""`chatsvc counsellor …`: the accounts of people who sign in."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import click

from chatsvc.cli.accounts import checked_alias, checked_name, existing, new_hash, pool_of, state_of
from chatsvc.cli.auditing import record
from chatsvc.cli.context import Context, pass_settings, with_directory
from chatsvc.cli.passkeys import passkeys, still_signing_in
from chatsvc.cli.provider import provider
from chatsvc.cli.second_factor import second_factor
from chatsvc.cli.trouble import Refused
from chatsvc.domain.identity import may_use_own_ways, with_disabled
from chatsvc.domain.passkeys import OwnPasskeys
from chatsvc.domain.sites import LANGUAGES, PoolId, QueueKey, Role, SiteId, Staff, StaffId
from chatsvc.store.chats import PoolChats
from chatsvc.store.clock import StoreClock
from chatsvc.store.directory import Directory
from chatsvc.store.directory_snapshot import DirectorySnapshot
from chatsvc.store.link import Link
from chatsvc.store.passkeys import PasskeyStore
from chatsvc.store.second_factors import SecondFactors

ROLES = get_args(Role)

password_option = click.option(
    "--password-file", type=click.Path(path_type=Path, allow_dash=True), metavar="FILE",
    help="Read the password from this file; - is standard input. Without it you are asked.",
)  # fmt: skip


@click.group(short_help="Accounts of those who sign in: add, list, disable, …")
def counsellor() -> None:
    """Accounts: counsellors, supervisors, administrators, operators, auditors.

    Works whether or not the service is running; a running one knows at once.
    """


@counsellor.command()
@click.argument("name")
@click.option(
    "--role",
    type=click.Choice(ROLES),
    default="counsellor",
    show_default=True,
    help="What the person may do.",
)
@click.option(
    "--alias", help="What visitors see; counsellors and supervisors need one. Not their whole name."
)
@click.option("--site", "sites", multiple=True, metavar="SITE", help="A site they work for; may be repeated.")
@click.option(
    "--queue", "queues", multiple=True, metavar="SITE/QUEUE",
    help="A queue they answer; may be repeated. Without it, all queues of their sites.",
)  # fmt: skip
@click.option(
    "--language", "languages", multiple=True, type=click.Choice(LANGUAGES),
    help="A language they serve in; may be repeated. Without it, Finnish, Swedish and English.",
)  # fmt: skip
@click.option(
    "--capacity",
    type=click.IntRange(1, 20),
    default=3,
    show_default=True,
    help="Conversations at the same time.",
)
@password_option
@pass_settings
def add(
    context: Context,
    name: str,
    role: Role,
    alias: str | None,
    sites: tuple[str, ...],
    queues: tuple[str, ...],
    languages: tuple[str, ...],
    capacity: int,
    password_file: Path | None,
) -> None:
    """Make an account for NAME, the name to sign in with.

    \b
    The first administrator:   chatsvc counsellor add maija --role admin
    A counsellor:              chatsvc counsellor add anna --alias Anna --site kunta --queue kunta/paihde
    """
    settings = context.settings()
    wish = Staff(
        id=checked_name(name),
        alias=checked_alias(alias, name, role),
        role=role,
        password_hash="",
        pool=PoolId(""),
        sites=tuple(map(SiteId, sites)),
        queues=tuple(map(QueueKey, queues)),
        languages=languages or ("fi", "sv", "en"),
        capacity=capacity,
    )

    async def prepare(directory: Directory, _: object) -> Staff:
        snapshot = await directory.load()
        if snapshot.staff(wish.id) is not None:
            raise Refused(f"There is an account {wish.id} already; nothing was changed.")
        return replace(wish, pool=pool_of(wish, snapshot))

    # All that can be wrong is told before anybody is asked for a password.
    staff = with_directory(settings, prepare)
    password_hash = new_hash(staff.id, password_file)

    async def write(directory: Directory, link: Link) -> None:
        if await directory.staff(staff.id) is not None:
            raise Refused(f"There is an account {staff.id} already; nothing was changed.")
        await directory.put_staff(replace(staff, password_hash=password_hash))
        await record(settings, link, staff.sites, "counsellor add", staff.id, role=role)

    with_directory(settings, write)
    click.echo(f"{staff.id} can sign in now, as {role}.")


@counsellor.command("list")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@pass_settings
def list_people(context: Context, as_json: bool) -> None:
    """List all accounts."""

    async def read(
        directory: Directory, link: Link
    ) -> tuple[DirectorySnapshot, set[StaffId], Mapping[StaffId, OwnPasskeys]]:
        return (
            await directory.load(), await SecondFactors(link).everybody(), await PasskeyStore(link).everybody()
        )  # fmt: skip

    snapshot, with_app, with_passkeys = with_directory(context.settings(), read)
    counts = {staff: len(own.keys) for staff, own in with_passkeys.items()}
    people = sorted(snapshot.people.values(), key=lambda staff: staff.id)
    if as_json:
        rows = [
            _row(staff) | {"second_factor": staff.id in with_app, "passkeys": counts.get(staff.id, 0)}
            for staff in people
        ]
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    for staff in people:
        where = ", ".join(staff.queues or staff.sites) or "no site"
        state = (
            ("  with an app" if staff.id in with_app else "")
            + _passkeys(counts.get(staff.id, 0))
            + state_of(staff)
        )
        click.echo(f"{staff.id}  {staff.role}  “{staff.alias}”  {where}  {staff.capacity} at a time{state}")
    if not people:
        click.echo("There are no accounts yet. `chatsvc counsellor add NAME --role admin` makes the first.")


@counsellor.command()
@click.argument("name")
@click.option("--role", type=click.Choice(ROLES), help="What the person may do.")
@click.option("--alias", help="What visitors see.")
@click.option("--site", "sites", multiple=True, metavar="SITE", help="All sites they work for from now on.")
@click.option(
    "--queue", "queues", multiple=True, metavar="SITE/QUEUE", help="All queues they answer from now on."
)
@click.option("--all-queues", is_flag=True, help="They answer all queues of their sites.")
@click.option(
    "--language",
    "languages",
    multiple=True,
    type=click.Choice(LANGUAGES),
    help="All languages they serve in.",
)
@click.option("--capacity", type=click.IntRange(1, 20), help="Conversations at the same time.")
@pass_settings
def change(context: Context, /, name: str, all_queues: bool, **given: Any) -> None:
    """Change what NAME may do, where, and in which languages; what is not given stays.

    \b
    chatsvc counsellor change anna --language fi --language se
    chatsvc counsellor change anna --site kunta --site naapuri --all-queues
    """
    if all_queues and given["queues"]:
        raise Refused("--queue names some queues and --all-queues means all of them: give one of the two.")
    wanted: dict[str, Any] = {field: value for field, value in given.items() if value}
    if all_queues:
        wanted["queues"] = ()
    if not wanted:
        raise Refused("Nothing was given to change; --help lists what can be.")

    settings = context.settings()

    async def write(directory: Directory, link: Link) -> tuple[Staff, Staff]:
        snapshot = await directory.load()
        before = existing(snapshot, name)
        after = replace(before, **wanted)
        after = replace(
            after, alias=checked_alias(after.alias, after.id, after.role), pool=pool_of(after, snapshot)
        )
        if after.pool != before.pool:
            await _refuse_on_duty(link, before, after)
        if after != before:
            new = {field: getattr(after, field) for field in (*wanted, "alias", "pool")}
            await directory.change_staff(after.id, lambda now: replace(now, **new))
            sites, fields = {*before.sites, *after.sites}, ", ".join(sorted(wanted))
            await record(settings, link, sites, "counsellor change", before.id, fields=fields)
        return before, after

    before, after = (_row(staff) for staff in with_directory(settings, write))
    changed = [field for field in after if before[field] != after[field]]
    for field in changed:
        click.echo(f"{before['name']}: {field}: {_words(before[field])} → {_words(after[field])}")
    if not changed:
        click.echo("Nothing changed.")
    if before["issuer"] and {"role", "sites", "queues"} & set(changed):
        click.echo(
            "Role, sites and queues are as the groups say again, once they sign in with their provider."
        )


@counsellor.command()
@click.argument("name")
@pass_settings
def disable(context: Context, name: str) -> None:
    """Lock NAME out: sessions and API tokens stop working now. `enable` undoes it."""
    changed = _change(context, name, disabled=True)
    click.echo(f"{name} can't sign in any more." if changed else f"{name} was disabled already.")


@counsellor.command()
@click.argument("name")
@pass_settings
def enable(context: Context, name: str) -> None:
    """Let NAME, who was disabled, sign in again."""
    changed = _change(context, name, disabled=False)
    click.echo(f"{name} can sign in again." if changed else f"{name} was not disabled.")


@counsellor.command("set-password")
@click.argument("name")
@password_option
@pass_settings
def set_password(context: Context, name: str, password_file: Path | None) -> None:
    """Give NAME a new password; whoever is signed in with the old one is signed out."""
    settings = context.settings()

    async def find(directory: Directory, _: object) -> Staff:
        return existing(await directory.load(), name)

    staff = with_directory(settings, find)
    password_hash = new_hash(staff.id, password_file)

    async def write(directory: Directory, link: Link) -> str:
        now = existing(await directory.load(), name)
        await directory.change_staff(now.id, lambda now: replace(now, password_hash=password_hash))
        await record(settings, link, now.sites, "counsellor set-password", now.id)
        return await still_signing_in(link, now.id)

    more = with_directory(settings, write)
    if not may_use_own_ways(staff, settings.oidc):
        more += " It is of no use unless the table of their identity provider says passwords = true."
    click.echo(f"{staff.id} has a new password.{more}")


@counsellor.command("sign-out")
@click.argument("name")
@pass_settings
def sign_out(context: Context, name: str) -> None:
    """End all sessions of NAME, on every computer, within 5 seconds. They can sign in again; API tokens go on."""
    settings = context.settings()

    async def write(directory: Directory, link: Link) -> None:
        staff = existing(await directory.load(), name)
        await directory.sign_out_everywhere(staff.id)
        await record(settings, link, staff.sites, "counsellor sign-out", staff.id)

    with_directory(settings, write)
    click.echo(f"{name.lower()} is signed out everywhere.")


counsellor.add_command(second_factor)
counsellor.add_command(provider)
counsellor.add_command(passkeys)


def _change(context: Context, name: str, *, disabled: bool) -> bool:
    settings = context.settings()

    async def write(directory: Directory, link: Link) -> bool:
        staff = existing(await directory.load(), name)
        if with_disabled(staff, disabled=disabled) == staff:
            return False
        await directory.change_staff(staff.id, lambda now: with_disabled(now, disabled=disabled))
        await record(
            settings, link, staff.sites, f"counsellor {'disable' if disabled else 'enable'}", staff.id
        )
        return True

    return with_directory(settings, write)


async def _refuse_on_duty(link: Link, before: Staff, after: Staff) -> None:
    duty = (
        await PoolChats(link, before.pool, "", StoreClock(), list).person(before.id) if before.pool else None
    )
    if duty is not None and duty.state != "off":
        raise Refused(
            f"The counsellor {before.id} is on duty in the pool {before.pool} and would move to "
            f"{after.pool or 'none'}: they clock out first."
        )


def _passkeys(count: int) -> str:
    return f"  with {count} passkey{'s' if count > 1 else ''}" if count else ""


def _words(value: object) -> str:
    return (", ".join(value) or "all") if isinstance(value, tuple) else str(value)


def _row(staff: Staff) -> dict[str, object]:
    return {
        "name": staff.id,
        "alias": staff.alias,
        "role": staff.role,
        "sites": staff.sites,
        "queues": staff.queues,
        "languages": staff.languages,
        "capacity": staff.capacity,
        "disabled": staff.disabled,
        "issuer": staff.identity.issuer if staff.identity else "",
    }
