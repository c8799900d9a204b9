"""`chatsvc staffing`: how many counsellors each hour needs, as a table, as CSV and as a picture."""

import csv
import io
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import astuple, fields
from pathlib import Path
from typing import Any, TypeVar

import click

from chatsvc.cli.context import Context, pass_settings
from chatsvc.cli.staffing_picture import open_hours, picture
from chatsvc.cli.staffing_recorded import recorded_question
from chatsvc.cli.staffing_words import WORDS, Words, time
from chatsvc.cli.trouble import Refused
from chatsvc.domain.declaration_values import Refusal
from chatsvc.domain.retention_statistics import STATISTICS_KEPT
from chatsvc.domain.staffing import CARRY_OVER, HourNeed, plan_week, rostered
from chatsvc.domain.staffing_input import (
    READERS,
    TARGET_EXAMPLE,
    WEEKDAYS,
    StaffingQuestion,
    StaffingRefused,
    read_question,
)

Command = TypeVar("Command", bound=Callable[..., Any])
LARGEST_FILE = 1 << 20  # a week's arrivals fill a few kilobytes


def _setting(name: str, metavar: str, about: str) -> Callable[[Command], Command]:
    """An option that is read as the key of the same name in a file."""

    def read(context: click.Context, parameter: click.Parameter, value: str | None) -> Any:
        if value is None:
            return None
        try:
            return READERS[name](int(value) if re.fullmatch(r"[0-9]{1,9}", value) else value)
        except Refusal as refusal:
            raise click.BadParameter(str(refusal), context, parameter) from None

    return click.option(f"--{name.replace('_', '-')}", name, callback=read, metavar=metavar, help=about)


@click.command("staffing", short_help="How many counsellors each hour needs.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), required=False)
@click.option("--site", help="Instead of FILE: whose recorded arrivals; needs --queue.")
@click.option("--queue", help="The queue of that site.")
@click.option(
    "--months",
    type=click.IntRange(1, STATISTICS_KEPT.months),
    default=3,
    show_default=True,
    help="So much of what is recorded, the present month included.",
)
@_setting("target", "LIMITS", f'What is promised: "{TARGET_EXAMPLE}", or some of these.')
@_setting("handling", "TIME", "How long a conversation takes on average, wrap-up included.")
@_setting("patience", "TIME", "How long a visitor would wait on average before giving up.")
@_setting("capacity", "NUMBER", "Conversations that a counsellor carries at once.  [default: 1]")
@_setting("shrinkage", "PERCENT", "Breaks, meetings and absences, of the rostered time.  [default: 0 %]")
@_setting("minimum", "NUMBER", "Counsellors in every hour in which anybody comes.  [default: 1]")
@_setting("carry_over", "|".join(CARRY_OVER), "Conversations that reach into the next hour.  [default: mean]")
@click.option(
    "--csv", "csv_file", metavar="FILE", help="Write every number as CSV; - prints it instead of the table."
)
@click.option(
    "--picture", "picture_file", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
    help="Draw the week, as SVG.",
)  # fmt: skip
@click.option("--details", is_flag=True, help="Also print what each hour's visitors may expect.")
@click.option(
    "--language",
    type=click.Choice(list(WORDS)),
    default="en",
    show_default=True,
    help="Of table and picture.",
)
@pass_settings
def staffing(
    context: Context, /, file: Path | None, site: str | None, queue: str | None, months: int, csv_file: str | None,
    picture_file: Path | None, details: bool, language: str, **settings: Any,
) -> None:  # fmt: skip
    """Say how many counsellors each hour of the week needs, so that a promise to visitors is kept.

    FILE holds the mean arrivals per weekday and hour: TOML (see deploy/example-arrivals.toml), or CSV with the columns
    weekday, hour, arrivals. Options win over the file's settings. Instead of a file, --site and --queue name a
    queue whose statistics have them, with patience and handling times. deploy/staffing.md says what is assumed.
    """
    words = WORDS[language]
    if file is not None and site is None and queue is None:
        question, source = given_arrivals(file, settings), []
    elif file is None and site and queue:
        question, week = recorded_question(context, site, queue, months, settings)
        source = [words.recorded.format(visitors=week.visitors, first=week.first, last=week.last)]
    else:
        raise click.UsageError("Give either FILE, or --site and --queue.")
    needs = plan_week(question.arrivals, question.service, question.target)
    lines = [*summary(question, needs, words), *source]
    if picture_file:
        picture_file.write_text(picture(needs, words, lines[:3], language), encoding="utf-8")
    if csv_file == "-":
        click.echo(as_csv(needs), nl=False)
        return
    if csv_file:
        Path(csv_file).write_text(as_csv(needs), encoding="utf-8")
    print_tables(needs, question.service.shrinkage, words, details=details)
    for line in lines:
        click.echo(line)


def given_arrivals(file: Path, settings: dict[str, Any]) -> StaffingQuestion:
    """The question as a file and options put it. Raises `Refused`, OSError.

    What the tables show depends on a `StaffingQuestion` alone, wherever its arrivals come from.
    """
    if file.suffix.lower() not in {".toml", ".csv"}:
        raise Refused(f"{file} must end with .toml or .csv, which says how it is to be read.")
    if file.stat().st_size > LARGEST_FILE:
        raise Refused(
            f"{file} has more than {LARGEST_FILE:,} bytes; a week of arrivals needs a few thousand."
        )
    try:
        return read_question(file.read_text(encoding="utf-8-sig"), str(file), settings)
    except UnicodeError:
        raise Refused(f"{file} is not UTF-8 text.") from None
    except StaffingRefused as refused:
        raise Refused(str(refused)) from None


def summary(question: StaffingQuestion, needs: Sequence[HourNeed], words: Words) -> list[str]:
    """What was asked, and what the week brings, in sentences."""
    service, target = question.service, question.target
    visitors = math.fsum(need.arrivals for need in needs)

    def mean(name: str) -> float:
        """Over all visitors of the week."""
        return math.fsum(need.arrivals * (getattr(need, name) or 0.0) for need in needs) / visitors

    present = sum(need.counsellors for need in needs)
    return [
        words.promise.format(promises=words.promises(target)),
        words.service.format(
            handling=time(service.handling_s), patience=time(service.patience_s), capacity=service.capacity
        ),
        words.hours.format(
            present=present, rostered=rostered(present, service.shrinkage)
        ),
        words.expected.format(
            visitors=words.number(visitors), share=words.share(mean("answered_within")), time=time(target.within_s),
            gone=words.share(mean("abandonment")), wait=time(mean("mean_wait_s")),
        ),
    ]  # fmt: skip


def as_csv(needs: Sequence[HourNeed]) -> str:
    """A line per hour in which anybody comes; the columns are the fields of `HourNeed`, shares are in 0..1."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow([field.name for field in fields(HourNeed)])
    for need in needs:
        if need.counsellors:
            _, *values = astuple(need)
            lines.writerow([WEEKDAYS[need.weekday], *(_plain(value) for value in values)])
    return text.getvalue()


def print_tables(needs: Sequence[HourNeed], shrinkage: float, words: Words, *, details: bool) -> None:
    """The week, one column per weekday; with `details` also every hour on a line of its own."""
    from rich.console import Console

    console = Console(highlight=False)
    console.print(_week(needs, shrinkage, words))
    if details:
        console.print(_details(needs, words))


def _week(needs: Sequence[HourNeed], shrinkage: float, words: Words) -> Any:
    from rich.table import Table

    table = Table(title=words.title)
    for heading in (words.hour, *words.weekdays):
        table.add_column(heading, justify="right")
    for hour in open_hours(needs):
        cells = [str(needs[24 * day + hour].counsellors or "–") for day in range(7)]
        table.add_row(f"{hour:02}–{hour + 1:02}", *cells)
    table.add_section()
    per_day = [sum(need.counsellors for need in needs[24 * day : 24 * day + 24]) for day in range(7)]
    table.add_row(words.total, *map(str, per_day))
    if shrinkage:
        # Breaks and absences are spread over a day, so that only its sum is rounded.
        table.add_row(words.rostered_total, *(str(rostered(present, shrinkage)) for present in per_day))
    return table


def _details(needs: Sequence[HourNeed], words: Words) -> Any:
    from rich.box import SIMPLE
    from rich.table import Table

    table = Table(box=SIMPLE, pad_edge=False)
    for heading in words.columns:
        table.add_column(heading, justify="right", no_wrap=True)
    for need in needs:
        if need.counsellors:
            table.add_row(
                words.weekdays[need.weekday], f"{need.hour:02}–{need.hour + 1:02}", words.number(need.arrivals),
                words.number(need.load), str(need.counsellors), str(need.rostered), words.share(need.answered_within),
                words.share(need.abandonment), time(need.mean_wait_s), words.share(need.occupancy),
            )  # fmt: skip
    return table


def _plain(value: float | None) -> str:
    return "" if value is None else str(round(value, 4))
