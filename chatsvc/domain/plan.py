"""The plan of every site as it is kept: shifts, absences, swaps and required minima, each site's at a version."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from chatsvc.domain.hours import OpeningHours
from chatsvc.domain.shifts import Absence, AbsenceId, Shift, ShiftId
from chatsvc.domain.sites import QueueKey, SiteId
from chatsvc.domain.swaps import Swap, SwapId

Kind = Literal["shifts", "absences", "swaps", "minima"]
KINDS: tuple[Kind, ...] = ("shifts", "absences", "swaps", "minima")
MOST_ROWS = 5_000  # of one kind and site
MOST_MINIMA = 20  # of one queue
LARGEST_MINIMUM = 100


@dataclass(frozen=True, slots=True)
class Required:
    """How many must be planned in a queue, at least, at the times of `hours`; None: whenever the queue is open."""

    least: int
    hours: OpeningHours | None = None


Row = Shift | Absence | Swap | tuple[Required, ...]


@dataclass(frozen=True, slots=True)
class Edit:
    """One row written, or removed when `row` is None. Minima are by queue key, the others by their ids."""

    kind: Kind
    id: str
    row: Row | None


@dataclass(frozen=True, slots=True)
class SitePlan:
    """One site's plan. `version` counts its changes; `changed` is when the last one was made, ms."""

    site: SiteId
    version: int = 0
    changed: int = 0
    shifts: Mapping[ShiftId, Shift] = field(default_factory=dict)
    absences: Mapping[AbsenceId, Absence] = field(default_factory=dict)
    swaps: Mapping[SwapId, Swap] = field(default_factory=dict)
    minima: Mapping[QueueKey, tuple[Required, ...]] = field(default_factory=dict)

    def edited(self, edits: Iterable[Edit]) -> "SitePlan":
        """This plan with other rows, at the same version."""
        kinds: dict[str, dict[str, Row]] = {kind: dict(getattr(self, kind)) for kind in KINDS}
        for edit in edits:
            if edit.row is None:
                kinds[edit.kind].pop(edit.id, None)
            else:
                kinds[edit.kind][edit.id] = edit.row
        return replace(self, **kinds)  # type: ignore[arg-type]  # each kind keeps its type


@dataclass(frozen=True, slots=True)
class Plan:
    """Every site's plan; `version` counts the changes of all."""

    sites: Mapping[SiteId, SitePlan] = field(default_factory=dict)
    version: int = 0

    def of(self, site: SiteId) -> SitePlan:
        """A site's plan, an empty one if nothing is planned there."""
        return self.sites.get(site) or SitePlan(site)

    def edited(self, site: SiteId, edits: Iterable[Edit]) -> "Plan":
        """All plans with other rows of one site."""
        return replace(self, sites={**self.sites, site: self.of(site).edited(edits)})

    def shifts(self) -> Iterator[Shift]:
        """Those of every site."""
        for plan in self.sites.values():
            yield from plan.shifts.values()

    def absences(self) -> Iterator[Absence]:
        """Those of every site: whoever is absent is so everywhere."""
        for plan in self.sites.values():
            yield from plan.absences.values()

    def swaps(self) -> Iterator[Swap]:
        """Those of every site."""
        for plan in self.sites.values():
            yield from plan.swaps.values()
