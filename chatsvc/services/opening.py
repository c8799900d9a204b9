"""When queues are open: their hours with the holidays of Finland, expanded once per change."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Literal

from chatsvc.domain.hours import OpeningHours, Texts, Timetable, expand, local_day
from chatsvc.domain.sites import LANGUAGES, Queue

AHEAD_DAYS = 400  # a queue that opens in summer only knows its next opening
FRESH_DAYS = 7  # then the expansion is made anew
Entry = Literal["open", "closed", "closing"]
# All that the package `holidays` knows of Finland's in languages of ours; of the Sámi languages it has none.
_LANGUAGES = {"fi": "fi", "sv": "sv_FI", "en": "en_US"}
# In each language of a site: the language of the holidays' names there, for the page to mark them with (WCAG 3.1.2).
NAMED_IN: Mapping[str, str] = {lang: lang if lang in _LANGUAGES else "fi" for lang in LANGUAGES}


@cache
def holidays_of(year: int) -> Mapping[date, Texts]:
    """The days off of Finland in a year with their names in fi, sv and en; the eves of Christmas and Midsummer too."""
    import holidays  # takes half a second, which only those pay who have opening hours

    named = {
        code: holidays.country_holidays("FI", years=year, language=name) for code, name in _LANGUAGES.items()
    }
    return {day: {code: found[day] for code, found in named.items()} for day in named["fi"]}


def learn_holidays(now: int) -> None:
    """Fetch the holidays of the years around `now` (ms), so that nobody waits for them later."""
    for year in range(local_day(now).year - 1, local_day(now).year + 2):
        holidays_of(year)


class Holidays:
    """All public holidays of Finland, whatever the year."""

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and day in holidays_of(day.year)


@dataclass(frozen=True, slots=True)
class Opening:
    """A queue's hours at an instant; times in ms, None when it stays as it is for as far as one knows.

    `opens_at` of one that is closed; `closes_at` of one that is open, and `reopens_at`: when it opens again after that.
    """

    is_open: bool
    opens_at: int | None = None
    closes_at: int | None = None
    reopens_at: int | None = None

    def entry(self, last_entry_ms: int, now: int) -> Entry:
        """Whether the hours by themselves let somebody join; the door closes `last_entry_ms` before the queue does."""
        if not self.is_open:
            return "closed"
        if self.closes_at is None:
            return "open"
        return "closing" if self.closes_at - now <= last_entry_ms else "open"


@dataclass(frozen=True, slots=True)
class _Made:
    hours: OpeningHours
    day: date
    timetable: Timetable


class Openings:
    """The timetables of a pool's queues, each expanded when its hours are first asked for, or have changed."""

    def __init__(self) -> None:
        self._made: dict[str, _Made] = {}

    def at(self, queue: Queue, now: int) -> Opening:
        """How the hours of a queue stand at `now` (ms). What an operator has closed by hand does not open."""
        if not queue.open:
            return Opening(False)
        if queue.hours is None:
            return Opening(True)
        timetable = self.timetable(queue.key, queue.hours, now)
        closes_at = timetable.closes_at(now)
        return Opening(
            timetable.is_open(now),
            timetable.opens_at(now),
            closes_at,
            None if closes_at is None else timetable.opens_at(closes_at),
        )

    def timetable(self, key: str, hours: OpeningHours, now: int) -> Timetable:
        """The expansion that holds `now`."""
        made = self._made.get(key)
        if made is None or made.hours is not hours or not self._holds(made, now):
            day = local_day(now)
            timetable = expand(hours, Holidays(), day - timedelta(days=1), day + timedelta(days=AHEAD_DAYS))
            made = self._made[key] = _Made(hours, day, timetable)
        return made.timetable

    @staticmethod
    def _holds(made: _Made, now: int) -> bool:
        begin, end = made.timetable.known
        return begin <= now < end - (AHEAD_DAYS - FRESH_DAYS) * 86_400_000
