"""The directory as one node holds it in memory: who and what was declared, at one version."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from chatsvc.domain.sites import Queue, QueueKey, Site, SiteId, Staff, StaffId

Mark = Literal["", "demo"]


@dataclass(frozen=True, slots=True)
class DirectorySnapshot:
    """Sites, queues and staff at `version`. `mark` is "demo" in a store that the demo has seeded."""

    sites: Mapping[SiteId, Site] = field(default_factory=dict)
    people: Mapping[StaffId, Staff] = field(default_factory=dict)
    version: int = 0
    mark: Mark = ""
    vault_id: str = ""
    queues: Mapping[QueueKey, Queue] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        queues = {queue.key: queue for site in self.sites.values() for queue in site.queues}
        object.__setattr__(self, "queues", queues)

    def site(self, site: str) -> Site | None:
        """The site with this id."""
        return self.sites.get(SiteId(site))

    def queue(self, key: str) -> Queue | None:
        """The queue with this deployment-wide name, `site/queue`."""
        return self.queues.get(QueueKey(key))

    def staff(self, staff: str) -> Staff | None:
        """The person with this id, disabled ones included."""
        return self.people.get(StaffId(staff))

    def queues_of(self, staff: Staff) -> tuple[Queue, ...]:
        """The queues a person answers: those named for them, or else all of their sites; in their pool."""
        own = (self.sites[site] for site in staff.sites if site in self.sites)
        return tuple(
            queue
            for site in own
            if site.pool_id == staff.pool
            for queue in site.queues
            if not staff.queues or queue.key in staff.queues
        )

    def all_sites(self) -> tuple[Site, ...]:
        """Every site."""
        return tuple(self.sites.values())

    def sites_of_pool(self, pool: str) -> tuple[Site, ...]:
        """The sites that share a pool, in the order of their ids."""
        return tuple(site for _, site in sorted(self.sites.items()) if site.pool_id == pool)

    @property
    def pools(self) -> frozenset[str]:
        """Every pool that some site is in or has left records in."""
        return frozenset(pool for site in self.sites.values() for pool in site.pools)
