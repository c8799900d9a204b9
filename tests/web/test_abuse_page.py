"""deploy/abuse.md gives the figures that the code has, settings that load, and alerts that Prometheus takes."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from chatsvc.config import load_settings
from chatsvc.telemetry.metrics import LIMIT_OUTCOMES, LIMITED, Metrics
from chatsvc.web.limits import FIGURES, GROWS_BY_BITS, MOST_SOURCES, WIDER_HAS
from chatsvc.web.neighbours import PREFIX, WIDER
from chatsvc.web.puzzles import BITS
from tests.support.nginx import PAGE

TEXT = PAGE.read_text(encoding="utf-8")


def row(beginning: str) -> str:
    """A row of the table of figures."""
    return next(line for line in TEXT.splitlines() if line.startswith(f"| {beginning}"))


def test_the_figures_are_those_of_the_code() -> None:
    """Each figure of the page, by what is limited."""
    joins, worked, messages = FIGURES.joins, FIGURES.worked_joins, FIGURES.messages
    assert f"{joins.burst} at once, {joins.per_s * 3600:.0f} an hour" in row("a new conversation")
    assert f"{worked.burst} more at once, {worked.per_s * 3600:.0f} an hour" in row("a new conversation")
    assert f"{messages.burst} at once, {messages.per_s:.0f} a second" in row("a message")
    proofs = FIGURES.worked_messages
    assert f"{FIGURES.messages_for_work} more for each proof, {proofs.burst} proofs at once" in row(
        "a message"
    )
    assert f"{FIGURES.watches.burst} at once, {FIGURES.watches.per_s:.0f} a second" in row("looking")
    assert f"with {BITS} zero bits" in TEXT
    assert f"to {BITS + GROWS_BY_BITS} bits at most" in TEXT
    assert f"at most {MOST_SOURCES:,} sources" in TEXT
    assert f"first {PREFIX[4]} bits of an IPv4 address, the first {PREFIX[6]} of an IPv6 address" in TEXT
    together = {2: "twice", 3: "three times", 4: "four times"}[WIDER_HAS]
    assert f"one customer's /{WIDER[6]} in IPv6 together have {together} what one has" in TEXT


def test_the_example_of_the_setting_loads(tmp_path: Path) -> None:
    """The line for the file and the variable say the same."""
    line = re.search(r"^    (trusted_proxies = .*?)\s+# or (CHATSVC_\w+)=(\S+)$", TEXT, re.MULTILINE)
    assert line is not None
    file = tmp_path / "settings.toml"
    file.write_text(line[1], encoding="utf-8")
    assert load_settings(file, {}).trusted_proxies == load_settings(None, {line[2]: line[3]}).trusted_proxies


def test_the_alerts_are_of_figures_that_there_are(tmp_path: Path) -> None:
    """Prometheus takes the rules, and what they look for is counted under that name and those labels."""
    rules = re.search(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    assert rules is not None
    file = tmp_path / "rules.yml"
    file.write_text(rules[1], encoding="utf-8")
    program = shutil.which("promtool")
    assert program, "The tests need promtool: apt-get install prometheus."
    checked = subprocess.run(
        [program, "check", "rules", str(file)], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert set(re.findall(r"chatsvc_\w+", rules[1])) == {"chatsvc_limited_total"}
    assert set(re.findall(r'kind="(\w+)"', rules[1])) <= LIMITED
    assert set(re.findall(r'outcome="(\w+)"', rules[1])) <= LIMIT_OUTCOMES


@pytest.mark.parametrize(
    ("kind", "outcome"), [("join", "set"), ("203.0.113.7", "refused"), ("join", "203.0.113.7")]
)
def test_only_kinds_and_outcomes_are_labels(kind: str, outcome: str) -> None:
    """Whatever is counted, no label holds anything that is in no list."""
    metrics = Metrics()
    metrics.limited(kind, outcome)
    expected = {
        "kind": kind if kind in LIMITED else "other",
        "outcome": outcome if outcome in LIMIT_OUTCOMES else "other",
    }
    assert metrics.registry.get_sample_value("chatsvc_limited_total", expected) == 1
