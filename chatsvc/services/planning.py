"""The plan as one node serves it: what is declared, what is planned, and where changes go."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from chatsvc.domain.ports import Clock
from chatsvc.domain.sites import Queue, Site, SiteId, Staff, StaffId
from chatsvc.services.hours import Sites


class Declared(Protocol):
    """What is declared, at one version."""

    @property
    def sites(self) -> Mapping[SiteId, Site]: ...
    @property
    def people(self) -> Mapping[StaffId, Staff]: ...
    @property
    def version(self) -> int: ...
    def queues_of(self, staff: Staff) -> tuple[Queue, ...]: ...


class Planning:
    """What the plan's use cases share. `refresh` makes `declared` what is in the store now."""

    def __init__(
        self, *, sites: Sites, declared: Callable[[], Declared], refresh: Callable[[], Awaitable[None]],
        clock: Callable[[], Clock],
    ) -> None:  # fmt: skip
        self.sites = sites
        self.refresh = refresh
        self._declared = declared
        self._clock = clock

    @property
    def declared(self) -> Declared:
        """What is declared now."""
        return self._declared()

    @property
    def now(self) -> int:
        """The time that counts, ms."""
        return self._clock().now()
