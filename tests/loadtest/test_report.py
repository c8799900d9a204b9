"""What a run found, and whether it is within the budgets."""

import pytest

from loadtest.report import Findings
from loadtest.rounds import Round, Sample


def sample(system: str, cpu_us: float, generator_share: float = 0.3) -> Sample:
    """A sample of 1,000 messages in a second that cost so much each (µs of one server's CPU)."""
    return Sample(system, 1000, 1.0, cpu_us / 1000, (cpu_us / 1e6 * 1000,), generator_share, 0.1)


def findings(ours: float = 50.0, theirs: float = 600.0, idle: float = 5.0, share: float = 0.3) -> Findings:
    """Three rounds beside an echo of 10 µs, one of them disturbed."""
    echo = sample("echo", 10.0, share)
    usual = Round(sample("chatsvc", ours), (echo, echo), sample("socketio", theirs), (echo, echo))
    disturbed = Round(sample("chatsvc", 9 * ours), (echo, echo), sample("socketio", theirs), (echo, echo))
    return Findings((usual, disturbed, usual), {"watch": idle}, {})


def test_medians_pass_over_a_disturbed_round() -> None:
    """Ratios are taken within each round, and the middle one counts."""
    found = findings()
    assert found.against_yardstick == pytest.approx(5.0)
    assert found.socketio_against_yardstick == pytest.approx(60.0)
    assert found.against_socketio == pytest.approx(12.0)
    assert found.excesses() == []


@pytest.mark.parametrize(
    "found",
    [findings(ours=61.0), findings(theirs=390.0), findings(idle=20.1), findings(share=0.95)],
    ids=["message", "peer", "idle", "generator"],
)
def test_every_budget_is_held(found: Findings) -> None:
    """A message that costs too much, a peer that comes too near, heavy idle sockets and a busy generator are told."""
    assert len(set(found.excesses())) == 1


def test_a_busy_generator_is_no_limit_beside_a_busier_server() -> None:
    """Whoever uses a whole core is what limits: a server that does shows that the generator did not."""
    saturated = Sample("echo", 100_000, 1.0, 0.98, (0.0098,), 0.95, 0.0)
    waiting = Sample("echo", 100_000, 1.0, 0.60, (0.0060,), 0.95, 0.0)
    ours = sample("chatsvc", 40.0)
    assert Findings((Round(ours, (saturated, saturated)),), {}, {}).excesses() == []
    assert "Beside echo" in Findings((Round(ours, (saturated, waiting)),), {}, {}).excesses()[0]
