"""The checker of delivery sees what it is for: each fault, planted, is told."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.delivery import LogCopy, delivery_faults

Log = list[dict[str, Any]]


def _talk() -> tuple[Log, dict[str, LogCopy]]:
    """Three messages, delivered as promised."""
    log: Log = [{"seq": 1, "id": "a1"}, {"seq": 2, "id": "b1"}, {"seq": 3, "id": "a2"}]
    one, two = LogCopy(), LogCopy()
    for copy, own in ((one, "a"), (two, "b")):
        copy.begin("e", [], more=False)
        for entry in log:
            if entry["id"].startswith(own):
                copy.said.append(entry["id"])
                copy.acknowledged(entry["seq"], entry["id"])
            else:
                copy.pushed(entry)
    return log, {"visitor": one, "counsellor": two}


def test_a_faultless_talk_has_no_faults() -> None:
    """What was delivered as promised is not complained about; an answer given twice is allowed."""
    log, copies = _talk()
    copies["visitor"].acknowledged(1, "a1")
    assert delivery_faults(log, copies) == []


def _lost(log: Log, _: dict[str, LogCopy]) -> None:
    log.pop()


def _stored_twice(log: Log, copies: dict[str, LogCopy]) -> None:
    log.append({"seq": 4, "id": "a2"})
    for copy in copies.values():
        copy.pushed(log[-1])


def _pushed_twice(log: Log, copies: dict[str, LogCopy]) -> None:
    copies["counsellor"].pushed(log[-1])


def _skipped(log: Log, copies: dict[str, LogCopy]) -> None:
    log.extend([{"seq": 4, "id": "x"}, {"seq": 5, "id": "y"}])
    for copy in copies.values():
        copy.pushed(log[-1])


def _not_delivered(log: Log, copies: dict[str, LogCopy]) -> None:
    log.append({"seq": 4, "id": "b2"})
    copies["counsellor"].pushed(log[-1])


def _turned_round(_: Log, copies: dict[str, LogCopy]) -> None:
    copies["visitor"].said.reverse()


def _gap_in_the_log(log: Log, _: dict[str, LogCopy]) -> None:
    log[2] = {"seq": 4, "id": "a2"}


@pytest.mark.parametrize(
    "plant", [_lost, _stored_twice, _pushed_twice, _skipped, _not_delivered, _turned_round, _gap_in_the_log]
)
def test_a_planted_fault_is_told(plant: Callable[[Log, dict[str, LogCopy]], None]) -> None:
    """Lost, doubled, skipped, withheld, turned round: none passes."""
    log, copies = _talk()
    plant(log, copies)
    assert delivery_faults(log, copies)
