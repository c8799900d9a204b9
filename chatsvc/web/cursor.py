"""One log on its way to one socket: every entry once and in order, whatever order the hints come in."""

from collections.abc import Callable
from typing import Any, NamedTuple


class _Held(NamedTuple):
    frame: Any
    own: bool


class Cursor:
    """What one socket has been sent of one log. It begins paused: what is offered is held until `go_on`."""

    __slots__ = ("_held", "_paused", "_send", "_want", "sent")

    def __init__(self, send: Callable[[Any], None], want: Callable[[], None]) -> None:
        """`send` is called with frames in order of `seq`; `want` when somebody should read the log after `sent`."""
        self._send = send
        self._want = want
        self._held: dict[int, _Held] = {}
        self._paused = True
        self.sent = 0

    def offer(self, seq: int, frame: Any, *, own: bool = False) -> None:
        """A frame that takes place `seq`. `own` is an ack: it wins over the entry that it stands for, and is owed."""
        if seq == self.sent + 1 and not self._paused and not self._held:
            self.sent = seq
            self._send(frame)
        elif seq <= self.sent:
            if own:  # sent again by the client: its place is long taken, the answer is still owed
                self._send(frame)
        else:
            if own or seq not in self._held:
                self._held[seq] = _Held(frame, own)
            if not self._paused:
                self._drain()

    def pause(self) -> None:
        """Hold everything: pages of the log are being sent another way."""
        self._paused = True

    def go_on(self, sent: int) -> None:
        """Everything up to `sent` has gone out; what was held follows."""
        self._paused = False
        self.sent = max(self.sent, sent)
        for seq in sorted(seq for seq in self._held if seq <= self.sent):
            held = self._held.pop(seq)
            if held.own:
                self._send(held.frame)
        self._drain()

    def _drain(self) -> None:
        while (held := self._held.pop(self.sent + 1, None)) is not None:
            self.sent += 1
            self._send(held.frame)
        if self._held:
            self._want()

    @property
    def gap(self) -> bool:
        """Whether something is held back."""
        return bool(self._held)
