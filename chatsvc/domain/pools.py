"""Sites that share their counsellors: what a site leaves behind, and who goes along, when it changes its pool."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from chatsvc.domain.sites import PoolId, Site, SiteId, Staff


def with_former_pools(known: Site | None, declared: Site) -> Site:
    """The declared site, which remembers every pool that it was in: its records and counts stay there."""
    if known is None:
        return declared
    before = dict.fromkeys((*known.former_pools, known.pool_id))
    return replace(declared, former_pools=tuple(pool for pool in before if pool != declared.pool_id))


def pools_of(staff: Staff, sites: Mapping[SiteId, Site]) -> frozenset[PoolId]:
    """The pools of the sites that somebody works for; more than one is impossible for one person."""
    return frozenset(sites[site].pool_id for site in staff.sites if site in sites)


def relocated(people: Iterable[Staff], sites: Mapping[SiteId, Site]) -> tuple[Staff, ...]:
    """Those who work in another pool than their sites are in, as they are there."""
    found = ((staff, pools_of(staff, sites)) for staff in people)
    return tuple(
        replace(staff, pool=next(iter(pools)))
        for staff, pools in found
        if len(pools) == 1 and staff.pool not in pools
    )


def torn(people: Iterable[Staff], sites: Mapping[SiteId, Site]) -> tuple[Staff, ...]:
    """Those whose sites are not all in one pool, so that they could not work."""
    return tuple(staff for staff in people if len(pools_of(staff, sites)) > 1)
