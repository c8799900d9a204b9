"""The need of a week as a picture: an SVG of its own, that needs no colours to be read and prints on white paper."""

from collections.abc import Iterable, Sequence
from html import escape

from chatsvc.cli.staffing_words import Words
from chatsvc.domain.staffing import HourNeed

WIDTH, LEFT, RIGHT, TOP = 960, 72, 24, 118
PANEL, TALLEST, WIDEST = 124, 64, 110  # height of a day; height and width of a column, at most
ROOMY = 50  # a column of this width has room for both numbers in a line, and for both ends of its hour
INK, FILL = "#1a1a1a", "#1b5e8c"  # 17:1 and 7:1 on white


def picture(needs: Sequence[HourNeed], words: Words, lines: Sequence[str], language: str) -> str:
    """An SVG with one panel per weekday that needs anybody; `lines` stand under its title.

    The description holds every number, for those who listen.
    """
    days = [[need for need in needs if need.weekday == day] for day in range(7)]
    days = [day for day in days if any(need.counsellors for need in day)]
    height = TOP + PANEL * len(days) + 20
    body = [
        *_head(words, lines, legend=any(need.rostered > need.counsellors for need in needs)),
        *(
            part
            for number, day in enumerate(days)
            for part in _panel(day, needs, words, TOP + PANEL * number)
        ),
    ]
    description = " ".join([*lines, *(_in_words(day, words) for day in days)])
    drawn = "\n".join(body)
    size = f'viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
    spoken = f'role="img" aria-labelledby="title desc" xml:lang="{language}"'
    return f"""<svg xmlns="http://www.w3.org/2000/svg" {size} {spoken} font-family="Helvetica, Arial, sans-serif">
<title id="title">{escape(words.title)}</title>
<desc id="desc">{escape(description)}</desc>
<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>
{drawn}
</svg>
"""


def open_hours(needs: Iterable[HourNeed]) -> range:
    """From the first to the last hour of a day in which anybody is needed on some weekday."""
    hours = [need.hour for need in needs if need.counsellors]
    return range(min(hours), max(hours) + 1)


def _head(words: Words, lines: Sequence[str], *, legend: bool) -> list[str]:
    parts = [_text(LEFT, 30, words.title, size=20, bold=True)]
    parts += [_text(LEFT, 52 + 18 * number, line, size=13) for number, line in enumerate(lines)]
    if legend:
        parts += [_column(LEFT, TOP - 17, 18, 12), _text(LEFT + 26, TOP - 6, words.legend_present, size=13)]
        parts += [_outline(LEFT + 150, TOP - 17, 18, 12)]
        parts += [_text(LEFT + 176, TOP - 6, words.legend_rostered, size=13)]
    return parts


def _panel(day: Sequence[HourNeed], needs: Sequence[HourNeed], words: Words, top: int) -> list[str]:
    """The columns of one day; all days share the scale and the hours."""
    hours, highest = open_hours(needs), max(need.rostered for need in needs)
    width = min(WIDEST, (WIDTH - LEFT - RIGHT) / len(hours))
    floor = top + PANEL - 32
    parts = [
        _text(LEFT - 14, floor - 4, words.weekdays[day[0].weekday], size=15, bold=True, anchor="end"),
        f'<path d="M{LEFT} {floor}H{WIDTH - RIGHT}" stroke="{INK}"/>',
    ]
    for need in day:
        if need.hour not in hours:
            continue
        x = LEFT + width * (need.hour - hours.start)
        middle = x + width / 2
        hour = f"{need.hour}–{need.hour + 1}" if width > ROOMY else str(need.hour)
        parts.append(_text(middle, floor + 16, hour, size=12, anchor="middle"))
        if not need.counsellors:
            continue
        present, roster = (TALLEST * number / highest for number in (need.counsellors, need.rostered))
        if need.rostered > need.counsellors:
            parts.append(_outline(x + 3, floor - roster, width - 6, roster))
        parts.append(_column(x + 3, floor - present, width - 6, present))
        parts += _numbers(middle, floor - roster - 5, need, wide=width > ROOMY)
    return parts


def _numbers(middle: float, y: float, need: HourNeed, *, wide: bool) -> list[str]:
    """How many are needed, and in brackets how many on the roster if they are more."""
    if need.rostered == need.counsellors:
        return [_text(middle, y, str(need.counsellors), size=13, bold=True, anchor="middle")]
    if wide:
        label = f"{need.counsellors} ({need.rostered})"
        return [_text(middle, y, label, size=13, bold=True, anchor="middle")]
    return [
        _text(middle, y - 13, str(need.counsellors), size=13, bold=True, anchor="middle"),
        _text(middle, y, f"({need.rostered})", size=12, anchor="middle"),
    ]


def _in_words(day: Sequence[HourNeed], words: Words) -> str:
    spoken = [f"{need.hour}–{need.hour + 1}: {need.counsellors}" for need in day if need.counsellors]
    return f"{words.weekdays[day[0].weekday]} {', '.join(spoken)}."


def _column(x: float, y: float, width: float, height: float) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{FILL}"/>'


def _outline(x: float, y: float, width: float, height: float) -> str:
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="none"'
        f' stroke="{FILL}" stroke-width="1.5" stroke-dasharray="4 3"/>'
    )


def _text(x: float, y: float, text: str, *, size: int, bold: bool = False, anchor: str = "start") -> str:
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{INK}"{weight}'
        f' text-anchor="{anchor}">{escape(text)}</text>'
    )
