"""`chatsvc staffing` from a queue's statistics, as a process on a real store."""

from datetime import timedelta

import pytest

from chatsvc.domain.hours import local_day
from chatsvc.domain.statistics import Tally
from chatsvc.store.directory import wall_clock_ms
from chatsvc.store.keys import PoolKeys
from tests.cli.conftest import CommandLine
from tests.support.store_server import SingleStore

pytestmark = pytest.mark.usefixtures("site")
TARGET = ("--target", "80 % within 3 min, abandon < 10 %")
QUEUE = ("--site", "kunta", "--queue", "paihde")


def record(store: SingleStore, *, gave_up: int = 40) -> str:
    """Ten visitors at ten o'clock on each of the last 20 days, each handled for half an hour; gives the first day."""
    today, key = local_day(wall_clock_ms()), PoolKeys("kunta").count
    days = [today - timedelta(days=number) for number in range(1, 21)]
    counts = {(f"{day}T10", "admitted"): 10 for day in days}
    month = f"{days[0]:%Y-%m}"
    counts |= {
        (f"{days[0]}T10", "abandoned"): gave_up, (month, "answered_ms"): 200 * 60_000,
        (month, "gave_up_ms"): 200 * 60_000, (month, "handled"): 160, (month, "handling_ms"): 160 * 1_800_000,
    }  # fmt: skip
    with store.client() as client:
        mapping = {"|".join(Tally("kunta/paihde", "fi", when, what)): n for (when, what), n in counts.items()}
        client.hset(key, mapping=mapping)
    return str(days[-1])


def test_a_recorded_queue_is_answered(chatsvc: CommandLine, store: SingleStore) -> None:
    """Arrivals, patience (400 minutes of waiting by 40 who gave up) and handling come from the store; options win."""
    first = record(store)
    told = chatsvc("staffing", *QUEUE, *TARGET)
    assert "A conversation takes 30 min, patience lasts 10 min (means); 1 at once each." in told
    assert f"Recorded: 200 visitors from {first} to " in told
    assert "10–11" in told
    other = chatsvc("staffing", *QUEUE, *TARGET, "--patience", "2 min", "--capacity", "2", "--language", "fi")
    assert "jaksaa odottaa 2 min" in other
    assert "Tilastoitu: 200 kävijää" in other


def test_too_little_is_said(chatsvc: CommandLine, store: SingleStore) -> None:
    """An empty record, too few who gave up, a name that is not there, both a file and a queue: a sentence each."""
    assert "Nobody has been counted in kunta/paihde" in chatsvc("staffing", *QUEUE, *TARGET, code=2)
    record(store, gave_up=3)
    assert "give --patience" in chatsvc("staffing", *QUEUE, *TARGET, code=2)
    assert "--target is missing" in chatsvc("staffing", *QUEUE, code=2)
    wrong = chatsvc("staffing", "--site", "kunta", "--queue", "paihd", *TARGET, code=2)
    assert "Did you mean paihde?" in wrong
    assert "Give either FILE" in chatsvc("staffing", "week.csv", *QUEUE, code=2)
    assert "Give either FILE" in chatsvc("staffing", code=2)
