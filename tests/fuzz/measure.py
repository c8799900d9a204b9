"""`python -m tests.fuzz.measure RUNS [TARGET ...]`: fuzz each target in a process of its own, one line for each.

Ends with 1 if a run failed, made fewer runs than it was asked for, or never showed its parser anything that it accepts.
"""

import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEFAULT = ("messages", "rules", "retention", "origins")
LIMITS = ("-timeout=10", "-rss_limit_mb=2048", "-print_final_stats=1")


@dataclass(frozen=True, slots=True)
class Measured:
    """How one run went: how many, in which time, how many edges of the parser it took, what became of the bytes."""

    target: str
    runs: int
    seconds: float
    edges: int
    outcomes: str
    code: int
    said: str

    def faults(self, wanted: int) -> list[str]:
        """Why this run shows nothing, or shows a fault."""
        if self.code:
            return [f"{self.target} ended with {self.code}: {self.said[-3000:]}"]
        found = []
        if self.runs < wanted:
            found.append(f"{self.target} made {self.runs} runs of {wanted}")
        if "accepted" not in self.outcomes:
            found.append(f"{self.target} never saw anything accepted: {self.outcomes or 'no outcomes'}")
        return found

    def __str__(self) -> str:
        return f"{self.target:10} {self.runs:>9,} runs  {self.seconds:>6,.0f} s  {self.edges:>4} edges  {self.outcomes}"


def measure(target: str, runs: int, *options: str) -> Measured:
    """Fuzz one target."""
    command = [sys.executable, "-m", "tests.fuzz.run", target, f"-runs={runs}", *LIMITS, *options]
    began = time.monotonic()
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace", check=False)
    said = ended.stdout + ended.stderr
    return Measured(
        target, int(_last(r"Done (\d+) runs", said) or 0), time.monotonic() - began,
        int(_last(r" cov: (\d+)", said) or 0), _last(r"outcomes: \{(.*)\}", said), ended.returncode, said,
    )  # fmt: skip


def _last(pattern: str, said: str) -> str:
    found: list[str] = re.findall(pattern, said)
    return found[-1] if found else ""


def main() -> int:
    """What the command line asks for; 1 if anything is wrong with any run."""
    runs, targets = int(sys.argv[1]), sys.argv[2:] or DEFAULT
    faults = []
    for target in targets:
        measured = measure(target, runs)
        sys.stdout.write(f"{measured}\n")
        sys.stdout.flush()
        faults += measured.faults(runs)
    sys.stdout.write("".join(f"{fault}\n" for fault in faults))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
