"""Accounts that an identity provider vouches for (OpenID Connect): what its groups give. Pure values."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256

from chatsvc.domain.sites import PoolId, QueueKey, Role, Site, SiteId, Staff, StaffId

ANYWHERE: tuple[Role, ...] = ("admin", "operator")  # all other roles are of some site
# Between provider and name. No name that is given here has it, so neither takes the other's; and it stands for nothing
# in calendars, keys and scripts, where names are beside : @ | ; and /.
MARK = "+"
_LONGEST_NAME = 30
_UNFIT = re.compile(r"[^a-z0-9._-]+")
_LETTERS = str.maketrans("åäöéèüáàæø", "aaoeeuaaao")


@dataclass(frozen=True, slots=True)
class Grant:
    """What one group gives: a role, of no site where the role needs none, or at a site, or for one of its queues."""

    role: Role
    site: SiteId | None = None
    queue: QueueKey | None = None


@dataclass(frozen=True, slots=True)
class Provider:
    """An identity provider as the operator has set it up; `id` is its name in our addresses."""

    id: str
    issuer: str
    client_id: str
    names: Mapping[str, str]
    grants: Mapping[str, tuple[Grant, ...]]  # by group, in the order of the table
    client_secret: str = field(default="", repr=False)  # none: a public client
    scopes: tuple[str, ...] = ("openid", "profile")
    groups_claim: str = "groups"
    name_claim: str = "preferred_username"
    alias: str = "Chat"
    passwords: bool = False
    prompt: str = ""
    second_factor_amr: tuple[str, ...] = ()
    second_factor_acr: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.id}: {self.issuer}"

    def second_factor_made(self, amr: Collection[str], acr: str) -> bool:
        """Whether the provider says that the person has made a second step there (RFC 8176; OpenID Connect Core, 2)."""
        return bool(set(self.second_factor_amr) & set(amr)) or (acr != "" and acr in self.second_factor_acr)


@dataclass(frozen=True, slots=True)
class Standing:
    """What somebody's groups come to: what an account has of them."""

    role: Role
    pool: PoolId
    sites: tuple[SiteId, ...] = ()
    queues: tuple[QueueKey, ...] = ()


def subject_digest(issuer: str, subject: str) -> str:
    """By what an account is known again: `sub` is unique at its issuer only, and may be a person's own number."""
    return sha256(f"{len(issuer)}:{issuer}{subject}".encode("utf-8", "surrogatepass")).hexdigest()


def standing(
    provider: Provider, groups: Collection[str], site_of: Callable[[str], Site | None]
) -> Standing | None:
    """What these groups give now; None for nothing.

    The first group of the table that somebody has, and that leads somewhere, decides the role and the pool. Others of
    the same role and pool add to it, and the rest give nothing: an account has one role, and nobody gets more than
    some group says.
    """
    ours = [grant for group, grants in provider.grants.items() if group in groups for grant in grants]
    first = next((grant for grant in ours if _leads(grant, site_of)), None)
    if first is None:
        return None
    pool = _pool(first, site_of)
    same = [
        grant
        for grant in ours
        if grant.role == first.role and _leads(grant, site_of) and _pool(grant, site_of) == pool
    ]
    if any(grant.site is None for grant in same):
        return Standing(first.role, PoolId(""))
    sites = tuple(dict.fromkeys(grant.site for grant in same if grant.site is not None))
    return Standing(first.role, pool, sites, _queues(same, sites, site_of))


def _leads(grant: Grant, site_of: Callable[[str], Site | None]) -> bool:
    if grant.site is None:
        return grant.role in ANYWHERE
    site = site_of(grant.site)
    return site is not None and (
        grant.queue is None or any(queue.key == grant.queue for queue in site.queues)
    )


def _pool(grant: Grant, site_of: Callable[[str], Site | None]) -> PoolId:
    site = site_of(grant.site) if grant.site is not None else None
    return site.pool_id if site is not None else PoolId("")


def _queues(
    grants: Collection[Grant], sites: Collection[SiteId], site_of: Callable[[str], Site | None]
) -> tuple[QueueKey, ...]:
    """None named: all of the sites. Where only some sites have queues named, all of the other sites are."""
    whole = {grant.site for grant in grants if grant.queue is None}
    if whole == set(sites):
        return ()
    found = [grant.queue for grant in grants if grant.queue is not None and grant.site not in whole]
    for name in whole:
        site = site_of(str(name))
        found += [queue.key for queue in site.queues] if site is not None else []
    return tuple(dict.fromkeys(found))


def account_name(provider: str, wished: str, subject: str, taken: Callable[[str], bool]) -> StaffId:
    """A name for a new account: what the provider calls them, or else a part of their digest; nobody else's."""
    plain = _UNFIT.sub("-", wished.strip().lower().translate(_LETTERS))[:_LONGEST_NAME].strip("-._")
    base = f"{provider}{MARK}{plain or subject[:8]}"
    name, number = base, 1
    while taken(name):
        number += 1
        name = f"{base}-{number}"
    return StaffId(name)


def first_alias(word: str, taken: Collection[str]) -> str:
    """What visitors see until somebody chooses better: no name of a person, and another for each account."""
    number = 1
    while f"{word} {number}" in taken:
        number += 1
    return f"{word} {number}"


def may_use_own_ways(staff: Staff, providers: Collection[Provider]) -> bool:
    """Whether an account may sign in here without its provider; one of a provider that is gone may not."""
    if staff.identity is None:
        return True
    return any(one.issuer == staff.identity.issuer and one.passwords for one in providers)


def with_disabled(staff: Staff, *, disabled: bool) -> Staff:
    """The account as an operator disables or enables it: what a provider's groups say does not undo the former."""
    identity = None if staff.identity is None else replace(staff.identity, lapsed=False)
    # Sessions end for good: enabling the account must not bring them back.
    sign_outs = staff.sign_outs + (disabled and not staff.disabled)
    return replace(staff, disabled=disabled, identity=identity, sign_outs=sign_outs)
