"""What must hold for every acknowledged message, checked as the frames come in."""

from dataclasses import dataclass, field


class Broken(Exception):
    """A promise of the delivery was broken: the load client says which, and where."""


@dataclass(slots=True)
class Direction:
    """The messages from one person to the other, numbered 1, 2, 3 …: each acknowledged once and delivered once.

    With `ordered`, both in order. An ack must not overtake nothing, so it may come before or after the delivery.
    """

    name: str
    ordered: bool = True
    sent: int = 0
    acked: int = 0
    delivered: int = 0
    _acks: set[int] = field(default_factory=set)
    _deliveries: set[int] = field(default_factory=set)

    def send(self) -> int:
        """The number of the next message."""
        self.sent += 1
        return self.sent

    def ack(self, number: int) -> None:
        """The server says that it has stored `number`. Raises Broken."""
        if self.ordered:
            self._expect("ack", number, self.acked + 1)
        else:
            self._once("ack", number, self._acks)
        self.acked += 1

    def deliver(self, number: int) -> None:
        """`number` has come to the peer. Raises Broken."""
        if self.ordered:
            self._expect("delivery", number, self.delivered + 1)
        else:
            self._once("delivery", number, self._deliveries)
        self.delivered += 1

    @property
    def settled(self) -> bool:
        """Whether everything sent was acknowledged and delivered."""
        return self.sent == self.acked == self.delivered

    def missing(self) -> str:
        """What is still owed, in a sentence."""
        return f"{self.name}: {self.sent} sent, {self.acked} acknowledged, {self.delivered} delivered"

    def _expect(self, what: str, number: int, due: int) -> None:
        if number != due:
            raise Broken(f"{self.name}: {what} of message {number} where {due} was due")
        if number > self.sent:
            raise Broken(f"{self.name}: {what} of message {number}, which was never sent")

    def _once(self, what: str, number: int, seen: set[int]) -> None:
        if number in seen:
            raise Broken(f"{self.name}: a second {what} of message {number}")
        if not 1 <= number <= self.sent:
            raise Broken(f"{self.name}: {what} of message {number}, which was never sent")
        seen.add(number)


@dataclass(slots=True)
class LogOrder:
    """What one connection sees of one log: acks and entries together, every number once, without a gap."""

    name: str
    seq: int = 0

    def saw(self, seq: int) -> None:
        """An ack or an entry with this number. Raises Broken."""
        if self.seq and seq != self.seq + 1:
            raise Broken(f"{self.name}: entry {seq} of the log after {self.seq}")
        self.seq = seq
