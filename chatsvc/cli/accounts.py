"""Accounts on the command line: what may be in one, and what is said of what may not."""

import asyncio
import re
import sys
from pathlib import Path

import click

from chatsvc.cli.trouble import Refused
from chatsvc.domain.declaration_text import did_you_mean
from chatsvc.domain.sites import PoolId, Staff, StaffId
from chatsvc.store.directory_snapshot import DirectorySnapshot
from chatsvc.web.auth import hash_password, password_problem

TALKING_ROLES = ("counsellor", "supervisor")  # these have conversations, so they need a site
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,38}[a-z0-9])?")


def existing(snapshot: DirectorySnapshot, name: str) -> Staff:
    """The account with this name. Raises `Refused`."""
    staff = snapshot.staff(name.lower())
    if staff is None:
        near = did_you_mean(name, snapshot.people)
        raise Refused(f"There is no account {name}.{near}")
    return staff


def checked_name(name: str) -> StaffId:
    """A name that somebody can sign in with. Raises `Refused`."""
    if not _NAME.fullmatch(name):
        raise Refused(
            "A name to sign in with has 1-40 of a-z, 0-9, dot, - and _, and a letter or digit at both ends."
        )
    return StaffId(name)


def checked_alias(alias: str | None, name: str, role: str) -> str:
    """What visitors will see; the name where nobody sees it. Raises `Refused`."""
    if alias is None and role in TALKING_ROLES:
        raise Refused(f"Visitors will see this person: give --alias, as in --alias {name.capitalize()}.")
    alias = (alias or name).strip()
    if not 1 <= len(alias) <= 40 or not alias.isprintable():
        raise Refused("An alias has 1 to 40 characters on one line.")
    return alias


def pool_of(staff: Staff, snapshot: DirectorySnapshot) -> PoolId:
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


def new_hash(name: str, file: Path | None) -> str:
    """The hash of a new password, read from a file, standard input or the keyboard. Raises `Refused`."""
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


def state_of(staff: Staff) -> str:
    """What is special about whether somebody can sign in, for a line of a list; empty for nothing."""
    found = f"  from {staff.identity.issuer}" if staff.identity else ""
    if staff.identity and staff.identity.lapsed:
        return f"{found}  no group of theirs gives a role"
    return f"{found}  disabled" if staff.disabled else found
