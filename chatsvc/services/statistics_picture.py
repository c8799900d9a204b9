"""A month by day as an SVG picture: a panel for each outcome, readable without colours and on paper."""

from collections.abc import Iterable, Iterator
from html import escape

from chatsvc.domain.statistics import DAY_COLUMNS, Day, MonthTable
from chatsvc.services.statistics_csv import HIDDEN
from chatsvc.services.statistics_words import WORDS, Words

WIDTH, LEFT, RIGHT, TOP = 960, 30, 30, 96
PANEL, TALLEST = 128, 70  # height of a panel, and of its highest bar
# Of which columns of the table a day's column is the sum.
_COLUMNS = {
    "attempts": ("attempts",), "answered": ("answered",), "gave_up": ("abandoned", "dropped"),
    "told_closed": ("told_closed",), "turned_away": ("full", "message"),
}  # fmt: skip
INK, FILL = "#1a1a1a", "#1b5e8c"  # 17:1 and 7:1 on white


def picture(table: MonthTable, site_name: str, lang: str, *, over: bool) -> str:
    """An SVG with its title, and a description that says every number for those who listen."""
    words = WORDS[lang]
    height = TOP + PANEL * len(DAY_COLUMNS) + 20
    title = words.title.format(site=site_name, month=words.month(table.month))
    head = [_text(LEFT, 30, title, size=20, bold=True)]
    lines = " ".join([words.days, *([] if over else [words.unfinished])]), words.left_out
    head += [_text(LEFT, 54 + 18 * number, line) for number, line in enumerate(lines)]
    panels = [
        part
        for number, name in enumerate(DAY_COLUMNS)
        for part in _panel(table, name, words, TOP + PANEL * number)
    ]
    spoken = " ".join([*lines, *_spoken(table.days, words)])
    drawn = "\n".join([*head, *panels])
    size = f'viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
    label = f'role="img" aria-labelledby="title desc" xml:lang="{lang}"'
    return f"""<svg xmlns="http://www.w3.org/2000/svg" {size} {label} font-family="Helvetica, Arial, sans-serif">
<title id="title">{escape(title)}</title>
<desc id="desc">{escape(spoken)}</desc>
<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>
{drawn}
</svg>
"""


def _panel(table: MonthTable, name: str, words: Words, top: int) -> Iterator[str]:
    """One outcome's bars on a scale of its own, each with its number; a dash where a number is left out."""
    rows = table.days
    most = max((day.cells[name] or 0 for day in rows), default=0)
    floor, width = top + PANEL - 30, (WIDTH - LEFT - RIGHT) / max(1, len(rows))
    yield _text(LEFT, top + 8, _heading(table, name, words), bold=True)
    yield f'<path d="M{LEFT} {floor}H{WIDTH - RIGHT}" stroke="{INK}"/>'
    for number, day in enumerate(rows):
        value, middle = day.cells[name], LEFT + width * (number + 0.5)
        sunday = day.day.weekday() == 6
        yield _text(middle, floor + 14, str(day.day.day), size=11, bold=sunday, anchor="middle")
        if value is None:
            yield _text(middle, floor - 4, HIDDEN, anchor="middle")
        elif value:
            tall = TALLEST * value / most
            yield (
                f'<rect x="{middle - width * 0.36:.1f}" y="{floor - tall:.1f}" width="{width * 0.72:.1f}"'
                f' height="{tall:.1f}" fill="{FILL}"/>'
            )
            yield _text(middle, floor - tall - 3, str(value), size=10, anchor="middle")


def _heading(table: MonthTable, name: str, words: Words) -> str:
    """The outcome with its sum, if that may be shown."""
    cells = [table.rows[0].cells[column] for column in _COLUMNS[name]]
    total = HIDDEN if None in cells else str(sum(cell or 0 for cell in cells))
    return words.panel.format(name=words.columns[name], total=total)


def _spoken(days: Iterable[Day], words: Words) -> Iterator[str]:
    """Each outcome with its days; days without anybody are left away."""
    rows = list(days)
    for name in DAY_COLUMNS:
        values = [(day.day.day, day.cells[name]) for day in rows if day.cells[name] != 0]
        said = [f"{number}.: {HIDDEN if value is None else value}" for number, value in values]
        yield f"{words.columns[name]}: {', '.join(said) or '0'}."


def _text(x: float, y: float, text: str, *, size: int = 13, bold: bool = False, anchor: str = "start") -> str:
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{INK}"{weight} text-anchor="{anchor}">'
        f"{escape(text)}</text>"
    )
