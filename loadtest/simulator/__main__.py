"""`make simulate`: weeks of a service over the real scripts and store; waits, fairness, and how good estimates are."""

import asyncio
import sys

import click
import structlog

from loadtest.simulator.report import faults, judged, report
from loadtest.simulator.run import play_alone
from loadtest.simulator.scenario import Scenario


@click.command(help=__doc__)
@click.option("--days", type=click.IntRange(1, 366), default=28, show_default=True)
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same run.")
@click.option("--load", type=float, default=1.0, show_default=True, help="Times as many visitors.")
@click.option(
    "--oracle", type=click.IntRange(10, 10_000), default=100, show_default=True, help="Futures it plays."
)
def main(days: int, seed: int, load: float, oracle: int) -> None:
    """Simulate, print the tables, and end with 1 if the estimates don't keep what is asked of them."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    play = asyncio.run(play_alone(Scenario(days, seed, load=load), oracle))
    visits = list(play.visits.values())
    print(report(visits, dict(play.work)), end="")
    sys.exit(1 if faults(judged(visits)) else 0)


if __name__ == "__main__":
    main()
