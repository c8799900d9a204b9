"""The load clients' checker sees what it is there to see."""

import pytest

from loadtest.invariants import Broken, Direction, LogOrder
from loadtest.talkers import MESSAGE_BYTES, ChatTalker, EchoTalker, encode


def test_everything_in_order_is_settled() -> None:
    """Messages that are acknowledged and delivered once, in order, leave nothing owed."""
    direction = Direction("a")
    numbers = [direction.send() for _ in range(3)]
    assert not direction.settled
    for number in numbers:
        direction.deliver(number)
        direction.ack(number)
    assert direction.settled


@pytest.mark.parametrize("ordered", [True, False])
@pytest.mark.parametrize(
    "numbers", [(1, 1), (2, 2), (4,), (0,)], ids=["again", "again later", "unsent", "never"]
)
def test_a_wrong_delivery_is_seen(numbers: tuple[int, ...], ordered: bool) -> None:
    """A second delivery, and one of a message that was never sent, are caught, in order or not."""
    direction = Direction("a", ordered)
    for _ in range(3):
        direction.send()
    *right, wrong = numbers
    if not ordered or right != [2]:
        for number in right:
            direction.deliver(number)
    with pytest.raises(Broken):
        direction.deliver(wrong)


def test_a_wrong_order_is_seen() -> None:
    """Where order is promised, an overtaking message is caught; elsewhere it may pass."""
    for ordered in (True, False):
        direction = Direction("a", ordered)
        direction.send()
        direction.send()
        if ordered:
            with pytest.raises(Broken):
                direction.deliver(2)
        else:
            direction.deliver(2)
            direction.deliver(1)
            assert direction.delivered == 2


def test_a_gap_in_the_log_is_seen() -> None:
    """Acks and entries of one connection have consecutive numbers, from wherever they begin."""
    log = LogOrder("a")
    log.saw(7)
    log.saw(8)
    with pytest.raises(Broken):
        log.saw(10)


def test_a_changed_text_is_seen() -> None:
    """An entry whose text is not the one that its sender wrote is caught."""
    writer, reader = ChatTalker(Direction("a"), 4), ChatTalker(Direction("b"), 4)
    writer.meet(reader)
    writer.direction.send()
    text = "00000001" + "x" * (MESSAGE_BYTES - 8)
    reader.heard(encode({"type": "entry", "seq": 1, "id": "00000001", "text": text}))
    assert writer.direction.delivered == 1
    writer.direction.send()
    with pytest.raises(Broken):
        reader.heard(encode({"type": "entry", "seq": 2, "id": "00000002", "text": text}))


def test_an_error_of_the_server_ends_the_run() -> None:
    """A message that the server refuses is not passed over."""
    with pytest.raises(Broken):
        ChatTalker(Direction("a"), 4).heard(encode({"type": "error", "code": "store_away"}))


def test_messages_have_the_size_that_is_said() -> None:
    """An echo is 120 bytes; so is the text of a message."""
    assert len(EchoTalker(Direction("a"), 1).frame(1)) == MESSAGE_BYTES == 120
