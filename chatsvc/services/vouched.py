"""Accounts of people for whom an identity provider vouches: made, brought in line with their groups, taken away."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from chatsvc.domain.identity import Provider, Standing, account_name, first_alias, standing
from chatsvc.domain.sites import Identity, Site, Staff, StaffId
from chatsvc.services.audit import Audit


class People(Protocol):
    """Everything declared, at one version."""

    @property
    def people(self) -> Mapping[StaffId, Staff]: ...
    @property
    def version(self) -> int: ...
    def site(self, site: str) -> Site | None: ...


class Accounts(Protocol):
    """Where accounts are kept. Every method may raise `StoreUnavailable`."""

    async def load(self) -> People:
        """Everything, as it is now."""
        ...

    async def put_staff_on(self, staff: Staff, version: int) -> bool:
        """Write an account; false if the directory has another version by now."""
        ...


@dataclass(frozen=True, slots=True)
class Vouched:
    """Somebody as their provider has just described them. `subject` is a digest, `name` what they are called there."""

    provider: Provider
    subject: str
    groups: frozenset[str]
    name: str = ""


class NoEntry(Exception):
    """The provider vouches for somebody who may not come in: `no_role` or `disabled`."""

    def __init__(self, why: str, staff: Staff | None) -> None:
        super().__init__(why)
        self.why = why
        self.staff = staff


class Admission:
    """Lets people in as their groups say at that moment."""

    def __init__(
        self, accounts: Accounts, audit: Audit, clock_out: Callable[[Staff], Awaitable[None]]
    ) -> None:
        """`clock_out` takes somebody off duty who moves to another pool, or loses their role."""
        self._accounts = accounts
        self._audit = audit
        self._clock_out = clock_out

    async def admit(self, person: Vouched) -> Staff:
        """Their account, as it is from now on. Raises NoEntry, StoreUnavailable."""
        while True:  # until nobody else has written meanwhile
            known = await self._accounts.load()
            gives = standing(person.provider, person.groups, known.site)
            before = account_of(known.people, person.provider.issuer, person.subject)
            if before is None and gives is None:
                raise NoEntry("no_role", None)
            after = _made(person, gives, known.people) if before is None and gives else None
            after = after or _brought(before, gives)  # type: ignore[arg-type]  # there is an account, or a standing
            if after == before or await self._accounts.put_staff_on(after, known.version):
                break
        if after != before:
            await self._follow(person.provider, before, after)
        if after.disabled:
            raise NoEntry("no_role" if gives is None else "disabled", after)
        return after

    async def _follow(self, provider: Provider, before: Staff | None, after: Staff) -> None:
        """What comes of an account that is written. Not recorded before: somebody else's write may win instead."""
        who = f"oidc {provider.id}"
        if before is None:
            await self._audit.record_as(who, after.sites, "counsellor add", after.id, role=after.role)
            return
        sites = {*before.sites, *after.sites}
        if before.disabled != after.disabled:
            action = "counsellor disable" if after.disabled else "counsellor enable"
            await self._audit.record_as(who, sites, action, after.id)
        fields = [
            name for name in ("role", "sites", "queues") if getattr(before, name) != getattr(after, name)
        ]
        if fields:
            await self._audit.record_as(
                who, sites, "counsellor change", after.id, fields=", ".join(fields), role=after.role
            )
        if (before.pool, before.role) != (after.pool, after.role) or after.disabled:
            await self._clock_out(before)  # last: it may fail, and what is written by now must be in the log


def account_of(people: Mapping[StaffId, Staff], issuer: str, subject: str) -> Staff | None:
    """The account of somebody at an issuer, if there is one; `subject` is a digest."""
    return next(
        (
            one
            for one in people.values()
            if one.identity is not None and (one.identity.issuer, one.identity.subject) == (issuer, subject)
        ),
        None,
    )


def _made(person: Vouched, gives: Standing, people: Mapping[StaffId, Staff]) -> Staff:
    return Staff(
        id=account_name(person.provider.id, person.name, person.subject, lambda name: StaffId(name) in people),
        alias=first_alias(person.provider.alias, {one.alias for one in people.values()}),
        role=gives.role, password_hash="", pool=gives.pool, sites=gives.sites, queues=gives.queues,
        identity=Identity(person.provider.issuer, person.subject),
    )  # fmt: skip


def _brought(before: Staff, gives: Standing | None) -> Staff:
    """The account in line with what the groups give; whoever loses a role, or changes it, is signed out elsewhere."""
    assert before.identity is not None
    if gives is None:
        if before.disabled:
            return before
        lapsed = replace(before.identity, lapsed=True)
        return replace(before, disabled=True, identity=lapsed, sign_outs=before.sign_outs + 1)
    after = replace(before, role=gives.role, pool=gives.pool, sites=gives.sites, queues=gives.queues)
    if before.identity.lapsed:
        after = replace(after, disabled=False, identity=replace(before.identity, lapsed=False))
    if (after.role, after.pool) != (before.role, before.pool):
        after = replace(after, sign_outs=before.sign_outs + 1)
    return after
