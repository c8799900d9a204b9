"""What a run found, as a table for people and as JSON for programs, and whether it is within the budgets."""

from dataclasses import asdict, dataclass
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from loadtest.rounds import Round, Sample, middle

YARDSTICK_BUDGET: Final = 6.0  # bare echoes that a message may cost at most
SOCKETIO_BUDGET: Final = 8.0  # times cheaper than python-socketio at least
IDLE_BUDGET_KIB: Final = 20.0
SATURATED: Final = 0.9  # of a core: a process that uses more is what limits


@dataclass(frozen=True, slots=True)
class Findings:
    """A whole run. `idle_kib` maps what the idle visitors have said to KiB for each of them."""

    rounds: tuple[Round, ...]
    idle_kib: dict[str, float]
    sizes: dict[str, float]

    @property
    def against_yardstick(self) -> float | None:
        """The median over the rounds; None without rounds."""
        return middle([found.against_yardstick for found in self.rounds]) if self.rounds else None

    @property
    def against_socketio(self) -> float | None:
        """The median over the rounds; None if it was left out."""
        found = [ratio for each in self.rounds if (ratio := each.against_socketio) is not None]
        return middle(found) if found else None

    @property
    def socketio_against_yardstick(self) -> float | None:
        """The median over the rounds; None if it was left out."""
        found = [ratio for each in self.rounds if (ratio := each.socketio_against_yardstick) is not None]
        return middle(found) if found else None

    @property
    def samples(self) -> list[Sample]:
        """Everything that was measured at full speed."""
        found: list[Sample] = []
        for each in self.rounds:
            found += [*each.chatsvc_yardstick, each.chatsvc]
            found += [each.socketio] if each.socketio else []
        return found

    def excesses(self) -> list[str]:
        """A sentence for each budget that is not kept."""
        told = []
        if (ratio := self.against_yardstick) is not None and ratio > YARDSTICK_BUDGET:
            told.append(f"A message costs {ratio:.2f} bare echoes; the budget is {YARDSTICK_BUDGET:g}.")
        if (ratio := self.against_socketio) is not None and ratio < SOCKETIO_BUDGET:
            told.append(
                f"python-socketio costs only {ratio:.2f} times as much; {SOCKETIO_BUDGET:g} are asked for."
            )
        for says, kib in self.idle_kib.items():
            if kib > IDLE_BUDGET_KIB:
                told.append(
                    f"An idle visitor ({says}) takes {kib:.1f} KiB; the budget is {IDLE_BUDGET_KIB:g}."
                )
        told += [
            f"Beside {sample.system} the generator used {sample.generator_share:.0%} of a core and the busiest server"
            f" {sample.busiest_share:.0%}: the generator may have been the limit."
            for sample in self.samples
            if sample.generator_share > SATURATED > sample.busiest_share
        ]
        return told

    def as_json(self) -> dict[str, Any]:
        """Everything, for programs."""
        return {
            "sizes": self.sizes,
            "against_yardstick": self.against_yardstick,
            "socketio_against_yardstick": self.socketio_against_yardstick,
            "against_socketio": self.against_socketio,
            "idle_kib": self.idle_kib,
            "excesses": self.excesses(),
            "rounds": [asdict(each) for each in self.rounds],
        }


def show(findings: Findings, console: Console) -> None:
    """Tables and sentences. Ratios compare within this run only; other runs had another machine to themselves."""
    if findings.rounds:
        console.print(_costs(findings))
        console.print(_systems(findings))
    for says, kib in findings.idle_kib.items():
        console.print(f"An idle visitor who has said `{says}`: {kib:.1f} KiB (budget {IDLE_BUDGET_KIB:g}).")
    excesses = findings.excesses()
    for sentence in excesses:
        console.print(sentence, style="bold red")
    if not excesses:
        console.print("Everything is within the budgets.", style="bold green")


def _costs(findings: Findings) -> Table:
    table = Table(title="CPU of servers and store per delivered message")
    for heading in ("round", "chatsvc / echo", "python-socketio / echo", "python-socketio / chatsvc"):
        table.add_column(heading, justify="right")
    for index, each in enumerate(findings.rounds, 1):
        ratios = each.against_yardstick, each.socketio_against_yardstick, each.against_socketio
        table.add_row(str(index), *map(_ratio, ratios))
    table.add_section()
    medians = findings.against_yardstick, findings.socketio_against_yardstick, findings.against_socketio
    table.add_row("median", *map(_ratio, medians), style="bold")
    table.add_row("budget", f"≤ {YARDSTICK_BUDGET:g}", "", f"≥ {SOCKETIO_BUDGET:g}")
    return table


def _systems(findings: Findings) -> Table:
    table = Table(title="How each was measured (medians)")
    for heading in (
        "system",
        "messages",
        "of the CPU: each server, store",
        "busiest of them, of a core",
        "generator, of a core",
        "generator idle",
    ):
        table.add_column(heading, justify="right")
    names = dict.fromkeys(sample.system for sample in findings.samples)
    for name in names:
        samples = [sample for sample in findings.samples if sample.system == name]
        parts = [middle([sample.shares[at] for sample in samples]) for at in range(len(samples[0].shares))]
        table.add_row(
            name,
            f"{sum(sample.delivered for sample in samples)}",
            ", ".join(f"{part / sum(parts):.0%}" for part in parts),
            f"{middle([sample.busiest_share for sample in samples]):.0%}",
            f"{middle([sample.generator_share for sample in samples]):.0%}",
            f"{middle([sample.generator_idle for sample in samples]):.0%}",
        )
    return table


def _ratio(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
