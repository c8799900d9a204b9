"""What `chatsvc apply` does when a site joins or leaves a pool: refuses while anybody is there, moves its people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chatsvc.cli.trouble import Refused
from chatsvc.domain.declaration_changes import Change
from chatsvc.domain.pools import pools_of, relocated, torn, with_former_pools
from chatsvc.domain.sites import Site, SiteId, Staff
from chatsvc.store.chats import PoolChats
from chatsvc.store.clock import StoreClock
from chatsvc.store.directory_snapshot import DirectorySnapshot
from chatsvc.store.link import Link


@dataclass(frozen=True, slots=True)
class Relocation:
    """Sites that remember where they were, and the people who go along."""

    sites: tuple[Site, ...]
    people: tuple[Staff, ...]

    def changes(self, before: DirectorySnapshot) -> list[Change]:
        """The moves, in words."""
        return [
            Change("changed", staff.id, "pool", before.people[staff.id].pool, staff.pool)
            for staff in self.people
        ]


def plan_relocation(before: DirectorySnapshot, declared: Sequence[Site]) -> Relocation:
    """Who moves. Raises `Refused` for people who would have to work in two pools."""
    sites = tuple(with_former_pools(before.site(site.id), site) for site in declared)
    after = {**before.sites, **{site.id: site for site in sites}}
    people = before.people.values()
    if apart := torn(people, after):
        raise Refused("\n".join(_torn(staff, after) for staff in apart))
    return Relocation(sites, relocated(people, after))


async def refuse_while_present(link: Link, before: DirectorySnapshot, relocation: Relocation) -> None:
    """A site changes its pool only while closed and empty, its people off duty. Raises `Refused` with every reason."""
    reasons = []
    for site in relocation.sites:
        known = before.site(site.id)
        if known is not None and known.pool_id != site.pool_id:
            reasons += _open_queues(known, site) or await _still_there(link, known)
    for staff in relocation.people:
        duty = await _chats(link, before.people[staff.id].pool).person(staff.id)
        if duty is not None and duty.state != "off":
            reasons.append(
                f"The counsellor {staff.id} is on duty and would move to the pool {staff.pool}: they clock out first."
            )
    if reasons:
        raise Refused("\n".join(reasons))


def _open_queues(known: Site, site: Site) -> list[str]:
    if not any(queue.open for queue in known.queues):
        return []
    told = (
        f"The pool of {site.id} would change from {known.pool_id} to {site.pool_id}. Close its queues "
        "first (open = false), wait until the last conversation has ended, then apply this."
    )
    return [told]


async def _still_there(link: Link, known: Site) -> list[str]:
    found = await _chats(link, known.pool_id).present_by_queue()
    return [
        f"In {queue.key}, {found[queue.key]} conversations go on, are being wrapped up, or can still be read by their "
        "visitors. Wait until they are over, then apply this."
        for queue in known.queues
        if found[queue.key]
    ]


def _torn(staff: Staff, sites: Mapping[SiteId, Site]) -> str:
    where = ", ".join(f"{site} (pool {sites[site].pool_id})" for site in staff.sites if site in sites)
    pools = len(pools_of(staff, sites))
    return (
        f"The counsellor {staff.id} works for {where}, and nobody works in {pools} pools. Declare these sites "
        f"together in one file, or give {staff.id} other sites first: chatsvc counsellor change {staff.id} --site …"
    )


def _chats(link: Link, pool: str) -> PoolChats:
    return PoolChats(link, pool, "", StoreClock(), list)
