"""What the board and the statistics give. Instants are ms since the epoch; `deploy/statistics.md` defines the words."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from chatsvc.domain.records import DutyReason
from chatsvc.web.frames import Texts

Count = Annotated[int, Meta(ge=0)]
Shown = Annotated[
    Count | None, Meta(description="null: left out, as it is small or would give a small one away.")
]


class TodayCounts(Struct, frozen=True):
    """What became of the attempts of today, by the hour of joining; nothing is left out."""

    attempts: Count
    answered: Count
    prompt: Count
    abandoned: Count
    dropped: Count
    told_closed: Count
    full: Count
    message: Count
    waiting: Count


class BoardQueue(Struct, frozen=True):
    """A queue now. `oldest` is when the first of those present joined, `first` of all, those who are away too."""

    queue: str
    names: Texts
    state: Literal["open", "closed", "full", "no_staff"]
    waiting: Count
    away: Count
    oldest: int | None
    first: int | None
    estimate_s: tuple[int, int] | None
    on_duty: Count
    free: Count
    staffed: Count
    opens_at: int | None
    closes_at: int | None
    today: TodayCounts


class BoardPerson(Struct, frozen=True):
    """Somebody who is not off duty. `since` is of the state, `away_since` of a connection that is gone."""

    id: str
    alias: str
    state: Literal["available", "paused", "draining"]
    reason: DutyReason | None
    since: int
    clocked: int | None
    queues: list[str]
    load: Count
    capacity: Count
    conversations: Count
    wrap_ups: Count
    consultations: Count
    offered: bool
    away_since: int | None


class BoardLate(Struct, frozen=True):
    """Somebody on shift who is not on duty since `since`; the shift ends at `until`."""

    id: str
    alias: str
    queues: list[str]
    since: int
    until: int


class BoardNow(Struct, frozen=True):
    """A site at the instant `now`. `today` is the local date that the counts are of."""

    now: int
    today: str
    queues: list[BoardQueue]
    people: list[BoardPerson]
    late: list[BoardLate]


class WaitFigures(Struct, frozen=True):
    """Of how many people the waits are, and in seconds how long; null: longer than an hour."""

    people: Count
    median_s: int | None
    ninety_s: int | None
    mean_s: float


class StatisticsRow(Struct, frozen=True):
    """A queue and a language; a queue (no language); or the whole site (neither)."""

    queue: str | None
    names: Texts
    language: str | None
    attempts: Shown
    answered: Shown
    prompt: Shown
    abandoned: Shown
    dropped: Shown
    told_closed: Shown
    full: Shown
    message: Shown
    waiting: Shown
    prompt_share: float | None
    answered_waits: WaitFigures | None
    gave_up_waits: WaitFigures | None
    handling_s: float | None


class StatisticsDay(Struct, frozen=True):
    """A local date of the whole site."""

    date: str
    attempts: Shown
    answered: Shown
    gave_up: Shown
    told_closed: Shown
    turned_away: Shown


class Statistics(Struct, frozen=True):
    """A site's month. Numbers from 1 to `below` - 1 are left out, figures of waits below `few_waits` people too."""

    site: str
    month: str
    now: int
    over: bool
    below: int
    few_waits: int
    rows: list[StatisticsRow]
    days: list[StatisticsDay]
