"""`make redaction`: recall and precision of redaction on lines made for it; ends with 1 under the floor."""

import sys

import click
from rich.console import Console
from rich.table import Table

from chatsvc.services.redaction import findings
from loadtest.redaction.lines import LANGUAGES, lines
from loadtest.redaction.measure import PRECISION_FLOOR, RECALL_FLOOR, Measured, measure
from loadtest.redaction.shares import Share


@click.command(help=__doc__)
@click.option("--lines", "number", type=click.IntRange(1), default=5000, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option(
    "--share", type=click.Choice([share.value for share in Share]), default=Share.JUDGED.value, show_default=True,
    help="Which sentences and words.",
)  # fmt: skip
@click.option(
    "--show", is_flag=True, help="Print the lines that were missed or mistaken; all of them are invented."
)
def main(number: int, seed: int, share: str, show: bool) -> None:
    """Measure, print a table, and end with 1 if a floor is not reached."""
    console = Console()
    measured = measure(lines(number, seed, Share(share)), findings)
    console.print(_table(measured, f"{number:,} lines, share {share}, seed {seed}"))
    spoken = ", ".join(f"{measured.lines[language]:,} {language}" for language in LANGUAGES)
    console.print(
        f"Lines: {spoken}. Nothing to take out in {measured.harmless:,}; "
        f"of these {measured.unharmed:,} were left as they were."
    )
    if show:
        _show(console, measured)
    shortfalls = measured.shortfalls()
    for shortfall in shortfalls:
        console.print(f"Under the floor: {shortfall}.", style="bold red")
    sys.exit(1 if shortfalls else 0)


def _table(measured: Measured, title: str) -> Table:
    table = Table(title=title, caption=f"Floor of the precision of every kind: {PRECISION_FLOOR:.0%}")
    for heading in ("kind", "language", "there", "recall", "floor", "precision", "signs leaked"):
        table.add_column(heading, justify="left" if heading in {"kind", "language"} else "right")
    for kind, floor in RECALL_FLOOR.items():
        for language in (*LANGUAGES, None):
            tally = measured.of(kind, language)
            table.add_row(
                kind if language == LANGUAGES[0] else "", language or "all", f"{tally.there:,}", f"{tally.recall:.1%}",
                "" if language else f"{floor:.0%}", f"{tally.precision:.1%}", f"{tally.leak:.2%}",
                end_section=language is None,
            )  # fmt: skip
    return table


def _show(console: Console, measured: Measured) -> None:
    for what, found in (("missed", measured.missed), ("mistaken", measured.mistaken)):
        for kind, line in found:
            console.print(f"{what} {kind} ({line.language}): {line.text}", markup=False, highlight=False)


if __name__ == "__main__":
    main()
