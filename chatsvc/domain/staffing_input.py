"""What `chatsvc staffing` reads: arrivals per weekday and hour, and how they are served, from TOML or CSV."""

import csv
import io
import math
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chatsvc.domain.declaration_text import Path, Problem, did_you_mean, duration_ms, line_numbers
from chatsvc.domain.declaration_values import Refusal, choice, duration, integer
from chatsvc.domain.staffing import CARRY_OVER, HOURS_OF_WEEK, Service, Target

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
COLUMNS = ("weekday", "hour", "arrivals")
MOST_ARRIVALS = 5_000
MOST_PROBLEMS = 20
TARGET_EXAMPLE = "80 % within 3 min, abandon < 10 %, mean wait < 1 min"
_HOURS = re.compile(r"([0-9]{1,2})(?:[:.]00)?(?: ?- ?([0-9]{1,2})(?:[:.]00)?)?")
_SHARE = r"([0-9]{1,2}(?:[.,][0-9]{1,3})?) ?%"
_LESS = r"(?:<|under|below|less than|fewer than)"
_WITHIN = re.compile(rf"{_SHARE} within (.+)")
_ABANDON = re.compile(rf"abandon(?:ed|ment)? ?{_LESS} ?{_SHARE}|{_LESS} ?{_SHARE} abandon(?:ed)?")
_MEAN_WAIT = re.compile(rf"mean wait ?{_LESS} ?(.+)")


class StaffingRefused(Exception):
    """A file from which no need can be computed, with what is wrong in it."""

    def __init__(self, file: str, problems: list[Problem]) -> None:
        problems = sorted(problems, key=lambda problem: problem.line or 0)
        lines = [problem.render(file) for problem in problems[:MOST_PROBLEMS]]
        if len(problems) > MOST_PROBLEMS:
            lines.append(f"{file}: and {len(problems) - MOST_PROBLEMS} more like these.")
        super().__init__("\n".join(lines))


@dataclass(frozen=True, slots=True)
class StaffingQuestion:
    """What is to be answered: a week's mean arrivals per hour (Monday 00-01 first), the service, the promise."""

    arrivals: tuple[float, ...]
    service: Service
    target: Target


def percent(least: float, most: float) -> Callable[[Any], float]:
    """A reader of a share that is written with its sign, such as `25 %`; it gives 0..1."""

    def read(value: Any) -> float:
        found = re.fullmatch(_SHARE, value.strip()) if isinstance(value, str) else None
        share = _number(found[1]) if found else math.nan
        if not least <= share <= most:
            raise Refusal(f'must be a share with its sign, such as "25 %", from {least:g} % to {most:g} %.')
        return share / 100

    return read


def target(value: Any) -> Target:
    """A reader of promises, such as `80 % within 3 min, abandon < 10 %`; each kind once, in any order."""
    accepted = f'must be one or more of the limits in "{TARGET_EXAMPLE}".'
    if not isinstance(value, str) or not value.strip():
        raise Refusal(accepted)
    limits: dict[str, float] = {}
    for part in re.split(r",(?![0-9])|;|\band\b", value.lower()):
        try:
            limit = _limit(" ".join(part.split()))
            unreachable = {limit.get(name) for name in ("answered_share", "abandonment")} & {0.0}
        except ValueError:
            limit, unreachable = {}, set()
        if not limit or unreachable or limit.keys() & limits:
            raise Refusal(f"{part.strip()!r} can't be promised; {accepted}")
        limits |= limit
    return Target(**limits)


READERS: Mapping[str, Callable[[Any], Any]] = {
    "handling": duration("10 s", "8 h"),
    "patience": duration("1 s", "24 h"),
    "capacity": integer(1, 20),
    "shrinkage": percent(0, 90),
    "minimum": integer(1, 100),
    "carry_over": choice(*CARRY_OVER),
    "target": target,
}
MEANING: Mapping[str, str] = {
    "handling": "how long a conversation takes on average, wrap-up included",
    "patience": "how long a visitor would wait on average before giving up",
    "target": f'what is promised, such as "{TARGET_EXAMPLE}"',
}


def read_question(text: str, file: str, options: Mapping[str, Any]) -> StaffingQuestion:
    """The question that a file asks; `options` (already read) win over its settings.

    A name that ends with `.csv` is read as CSV, any other as TOML. Raises `StaffingRefused` with what is wrong.
    """
    reading = _Reading()
    is_csv = file.lower().endswith(".csv")
    reading.csv(text) if is_csv else reading.toml(text)
    values = reading.settings | {name: value for name, value in options.items() if value is not None}
    for name, meaning in MEANING.items():
        if name not in values and name not in reading.refused:
            where = f"give --{name}" if is_csv else f"give it under [staffing], or as --{name}"
            reading.problem((), f"{name} is missing ({meaning}); {where}.")
    if not reading.problems and not any(reading.arrivals.values()):
        reading.problem((), "nobody comes in any hour; at least one hour needs arrivals above 0.")
    if reading.problems:
        raise StaffingRefused(file, reading.problems)
    week = tuple(reading.arrivals.get(number, 0.0) for number in range(HOURS_OF_WEEK))
    promised = values.pop("target")
    seconds = {f"{name}_s": values.pop(name) / 1_000 for name in ("handling", "patience")}
    return StaffingQuestion(week, Service(**seconds, **values), promised)


@dataclass(slots=True)
class _Reading:
    """One pass over a file, which goes on after a problem to find the next."""

    arrivals: dict[int, float] = field(default_factory=dict)  # by hour of the week
    settings: dict[str, Any] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)
    _lines: Mapping[Path, int] = field(default_factory=dict)
    _places: dict[int, str] = field(default_factory=dict)  # where the arrivals of an hour were given

    def toml(self, text: str) -> None:
        """Tables [staffing] and [arrivals]."""
        self._lines = line_numbers(text)
        try:
            tables = tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            self.problem((), f"this is not TOML: {error}.")
            return
        self._refuse_unknown((), tables, ("staffing", "arrivals"))
        for name, value in self._table((), tables, "staffing").items():
            self._setting(name, value)
        days = self._table((), tables, "arrivals")
        for name in days:
            self._day(name, self._table(("arrivals",), days, name))

    def csv(self, text: str) -> None:
        """Lines `weekday,hour,arrivals` under a header; semicolons and tabs separate as well."""
        header = text.partition("\n")[0].strip().lower()
        separator = next((sign for sign in ";\t" if sign in header), ",")
        if tuple(word.strip(' "') for word in header.split(separator)) != COLUMNS:
            self.problem((), f"the first line must be {','.join(COLUMNS)}.", 1)
            return
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        try:
            next(rows)
            for row in rows:
                if any(cell.strip() for cell in row):
                    self._row([cell.strip() for cell in row], rows.line_num)
        except csv.Error as error:
            self.problem((), f"this is not CSV: {error}.", rows.line_num)

    def problem(self, path: Path, message: str, line: int | None = None) -> None:
        """Note what is wrong, and where."""
        known = (self._lines[path[:n]] for n in range(len(path), 0, -1) if path[:n] in self._lines)
        self.problems.append(Problem(".".join(path), message, line or next(known, None)))

    def _setting(self, name: str, value: Any) -> None:
        if name not in READERS:
            self._refuse_unknown(("staffing",), {name: value}, tuple(READERS))
            return
        try:
            self.settings[name] = READERS[name](value)
        except Refusal as refusal:
            self.refused.add(name)
            self.problem(("staffing", name), str(refusal))

    def _day(self, name: str, table: Mapping[str, Any]) -> None:
        path = ("arrivals", name)
        try:
            days = _weekdays(name)
        except Refusal as refusal:
            self.problem(path, str(refusal))
            return
        for hours, value in table.items():
            try:
                self._enter(days, _hours(hours), _arrivals(value), ".".join((*path, hours)))
            except Refusal as refusal:
                self.problem((*path, hours), str(refusal))

    def _row(self, row: list[str], line: int) -> None:
        if len(row) != len(COLUMNS):
            self.problem((), f"must have {len(COLUMNS)} cells: {', '.join(COLUMNS)}.", line)
            return
        days, hours, value = row
        try:
            number = _number(value) if re.fullmatch(r"[0-9]+(?:[.,][0-9]+)?", value) else None
            self._enter(_weekdays(days), _hours(hours), _arrivals(number), f"line {line}")
        except Refusal as refusal:
            self.problem((), str(refusal), line)

    def _enter(self, days: range, hours: range, value: float, place: str) -> None:
        numbers = [24 * day + hour for day in days for hour in hours]
        if again := [number for number in numbers if number in self._places]:
            first = again[0]
            hour = f"{WEEKDAYS[first // 24]} {first % 24}-{first % 24 + 1}"
            raise Refusal(f"{hour} has its arrivals from {self._places[first]} already; name each hour once.")
        for number in numbers:
            self.arrivals[number] = value
            self._places[number] = place

    def _table(self, path: Path, table: Mapping[str, Any], key: str) -> dict[str, Any]:
        value = table.get(key, {})
        if isinstance(value, dict):
            return value
        self.problem((*path, key), "must be a table, such as { 9 = 2.5, 10-12 = 4 }.")
        return {}

    def _refuse_unknown(self, path: Path, table: Mapping[str, Any], known: tuple[str, ...]) -> None:
        for name in table:
            if name not in known:
                near = did_you_mean(name, known)
                self.problem((*path, name), f"there is no such key.{near} Accepted: {', '.join(known)}.")


def _number(text: str) -> float:
    return float(text.replace(",", "."))


def _limit(part: str) -> dict[str, float]:
    """The fields of `Target` that one promise sets; none if it is not understood. Raises ValueError."""
    if found := _WITHIN.fullmatch(part):
        return {"answered_share": _number(found[1]) / 100, "within_s": duration_ms(found[2]) / 1_000}
    if found := _ABANDON.fullmatch(part):
        return {"abandonment": _number(found[1] or found[2]) / 100}
    if found := _MEAN_WAIT.fullmatch(part):
        seconds = duration_ms(found[1]) / 1_000
        return {"mean_wait_s": seconds} if seconds else {}
    return {}


def _weekdays(text: str) -> range:
    """Days of `monday`, `mon`, `1` or, from the first to the last, `monday-friday`. Raises `Refusal`."""
    numbers = [_weekday(word.strip()) for word in text.lower().split("-")]
    if len(numbers) > 2 or None in numbers or numbers != sorted(numbers, key=str):
        near = did_you_mean(text.lower(), WEEKDAYS)
        raise Refusal(
            f"{text[:40]!r} is no weekday.{near} Accepted: {', '.join(WEEKDAYS)}; ranges such as monday-friday."
        )
    return range(int(numbers[0] or 0), int(numbers[-1] or 0) + 1)


def _weekday(word: str) -> int | None:
    """0 for Monday; None for what is no weekday."""
    return next((n for n, name in enumerate(WEEKDAYS) if word in (name, name[:3], str(n + 1))), None)


def _hours(text: str) -> range:
    """Hours of `9` (from 9 to 10) or `9-12` (from 9 to 12). Raises `Refusal`."""
    found = _HOURS.fullmatch(text.strip())
    first = int(found[1]) if found else 24
    end = int(found[2]) if found and found[2] else first + 1
    if not 0 <= first < end <= 24:
        raise Refusal(
            f"{text[:40]!r} is no hour: 9 means from 9 to 10, 9-12 from 9 to 12; from 0 to 24, the end after the begin."
        )
    return range(first, end)


def _arrivals(value: Any) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 <= value <= MOST_ARRIVALS:
        raise Refusal(
            f"must be the mean number of visitors who come in one hour, from 0 to {MOST_ARRIVALS}, such as 3.5."
        )
    return float(value)
