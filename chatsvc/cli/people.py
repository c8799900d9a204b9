"""`chatsvc counsellor …`: the accounts of people who sign in."""

import asyncio
import json
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import get_args

import click

from chatsvc.cli.context import Context, pass_settings, with_directory
from chatsvc.cli.trouble import Refused
from chatsvc.domain.declaration_text import did_you_mean
from chatsvc.domain.sites import LANGUAGES, PoolId, QueueKey, Role, SiteId, Staff, StaffId
from chatsvc.store.directory import Directory
from chatsvc.store.directory_snapshot import DirectorySnapshot
from chatsvc.web.auth import hash_password, password_problem

ROLES = get_args(Role)
TALKING_ROLES = ("counsellor", "supervisor")  # these have conversations, so they need a site
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,38}[a-z0-9])?")

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
        id=_checked_name(name),
        alias=_checked_alias(alias, name, role),
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
        return replace(wish, pool=_pool_of(wish, snapshot))

    # All that can be wrong is told before anybody is asked for a password.
    staff = with_directory(settings, prepare)
    password_hash = _new_hash(staff.id, password_file)

    async def write(directory: Directory, _: object) -> None:
        if await directory.staff(staff.id) is not None:
            raise Refused(f"There is an account {staff.id} already; nothing was changed.")
        await directory.put_staff(replace(staff, password_hash=password_hash))

    with_directory(settings, write)
    click.echo(f"{staff.id} can sign in now, as {role}.")


@counsellor.command("list")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@pass_settings
def list_people(context: Context, as_json: bool) -> None:
    """List all accounts."""

    async def read(directory: Directory, _: object) -> DirectorySnapshot:
        return await directory.load()

    people = sorted(with_directory(context.settings(), read).people.values(), key=lambda staff: staff.id)
    if as_json:
        click.echo(json.dumps([_row(staff) for staff in people], indent=2, ensure_ascii=False))
        return
    for staff in people:
        where = ", ".join(staff.queues or staff.sites) or "no site"
        state = "  disabled" if staff.disabled else ""
        click.echo(f"{staff.id}  {staff.role}  “{staff.alias}”  {where}  {staff.capacity} at a time{state}")
    if not people:
        click.echo("There are no accounts yet. `chatsvc counsellor add NAME --role admin` makes the first.")


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
        return _existing(await directory.load(), name)

    staff = with_directory(settings, find)
    password_hash = _new_hash(staff.id, password_file)

    async def write(directory: Directory, _: object) -> None:
        now = _existing(await directory.load(), name)
        await directory.put_staff(replace(now, password_hash=password_hash))

    with_directory(settings, write)
    click.echo(f"{staff.id} has a new password.")


def _change(context: Context, name: str, *, disabled: bool) -> bool:
    async def write(directory: Directory, _: object) -> bool:
        staff = _existing(await directory.load(), name)
        if staff.disabled == disabled:
            return False
        await directory.put_staff(replace(staff, disabled=disabled))
        return True

    return with_directory(context.settings(), write)


def _existing(snapshot: DirectorySnapshot, name: str) -> Staff:
    staff = snapshot.staff(name.lower())
    if staff is None:
        near = did_you_mean(name, snapshot.people)
        raise Refused(f"There is no account {name}.{near}")
    return staff


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
    }


def _checked_name(name: str) -> StaffId:
    if not _NAME.fullmatch(name):
        raise Refused(
            "A name to sign in with has 1-40 of a-z, 0-9, dot, - and _, and a letter or digit at both ends."
        )
    return StaffId(name)


def _checked_alias(alias: str | None, name: str, role: str) -> str:
    if alias is None and role in TALKING_ROLES:
        raise Refused(f"Visitors will see this person: give --alias, as in --alias {name.capitalize()}.")
    alias = (alias or name).strip()
    if not 1 <= len(alias) <= 40 or not alias.isprintable():
        raise Refused("An alias has 1 to 40 characters on one line.")
    return alias


def _pool_of(staff: Staff, snapshot: DirectorySnapshot) -> PoolId:
    """The pool that all sites of a person share. Raises `Refused` for what is not declared."""
    if not staff.sites and staff.role in TALKING_ROLES:
        known = ", ".join(sorted(snapshot.sites)) or "none yet; `chatsvc apply site.toml` declares them"
        raise Refused(f"A {staff.role} works for a site: give --site. Sites: {known}.")
    for site in staff.sites:
        if snapshot.site(site) is None:
            raise Refused(f"There is no site {site}.{did_you_mean(site, snapshot.sites)}")
    for key in staff.queues:
        queue = snapshot.queue(key)
        if queue is None:
            known_queues = ", ".join(sorted(snapshot.queues))
            raise Refused(f"There is no queue {key}. Queues: {known_queues or 'none'}.")
        if queue.site not in staff.sites:
            raise Refused(f"The queue {key} belongs to another site; add --site {queue.site}.")
    pools = {snapshot.sites[site].pool_id for site in staff.sites}
    if len(pools) > 1:
        raise Refused(
            "One person can work only for sites that share their counsellors (with the same `pool`)."
        )
    return pools.pop() if pools else PoolId("")


def _new_hash(name: str, file: Path | None) -> str:
    password = _read_password(file)
    problem = password_problem(password, name)
    if problem:
        raise Refused(problem)
    return asyncio.run(hash_password(password))


def _read_password(file: Path | None) -> str:
    if file is not None and str(file) != "-":
        return file.read_text(encoding="utf-8").rstrip("\r\n")
    if file is not None or not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    return str(click.prompt("New password", hide_input=True, confirmation_prompt="The same again"))
