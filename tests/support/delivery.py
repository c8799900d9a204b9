"""What a client holds of a log, and the rules of delivery: once, in order, on both sides and in the log."""

from collections.abc import Mapping, Sequence
from typing import Any

Entry = Mapping[str, Any]


class LogCopy:
    """A client's copy of one log. Whatever arrives twice, late or with a gap is kept as a fault."""

    def __init__(self) -> None:
        self.epoch = ""
        self.entries: dict[int, str] = {}  # number -> the entry's id
        self.said: list[str] = []  # own messages in the order in which they were first said
        self.acked: dict[str, int] = {}
        self.faults: list[str] = []
        self.last = 0
        self.whole = True
        self._before: set[str] = set()
        self._renewed = False

    def begin(self, epoch: str, log: Sequence[Entry], *, more: bool) -> None:
        """The first page after a (re)connection; when the epoch has changed, all comes anew."""
        changed = bool(self.epoch) and epoch != self.epoch
        if changed:
            self._before = set(self.entries.values())
            self.entries.clear()
            self.last = 0
            self._renewed = True
        self.epoch = epoch
        self.page(log, more=more)

    def renewed(self) -> bool:
        """Once after each change of epoch, when the log is there whole: time to compare."""
        if not self._renewed or not self.whole:
            return False
        self._renewed = False
        return True

    def page(self, log: Sequence[Entry], *, more: bool) -> None:
        """Entries that follow what is held."""
        self.whole = not more
        for entry in log:
            self._next(entry["seq"], entry["id"], "page")

    def pushed(self, entry: Entry) -> None:
        """A live entry."""
        self._next(entry["seq"], entry["id"], "push")

    def acknowledged(self, seq: int, ident: str) -> None:
        """An own message has its place. Sent again, it may be answered again, with the same place."""
        if self.entries.get(seq) == ident:
            self.acked[ident] = seq
            return
        self._next(seq, ident, "ack")
        self.acked[ident] = seq

    def lost(self) -> set[str]:
        """What was held before the change of epoch, is not ours and is not there any more. Ask when it is `whole`."""
        return self._before - set(self.entries.values()) - set(self.said)

    def missing(self) -> list[str]:
        """Own messages that were acknowledged and are not held any more, in the order in which they were said."""
        held = set(self.entries.values())
        gone = [ident for ident in self.said if ident in self.acked and ident not in held]
        for ident in gone:
            del self.acked[ident]
        return gone

    def _next(self, seq: int, ident: str, how: str) -> None:
        if seq != self.last + 1:
            self.faults.append(f"{how} of {ident} at {seq} after {self.last}")
        self.entries[seq] = ident
        self.last = max(self.last, seq)


def delivery_faults(
    log: Sequence[Entry], copies: Mapping[str, LogCopy], *, ordered: bool = True
) -> list[str]:
    """Every breach of the promise of delivery; empty when all is well.

    `log` is the log as a fresh reader gets it, `copies` what each side holds. `ordered` is false after a loss of
    power, when messages were sent again.
    """
    faults = []
    held = {entry["seq"]: entry["id"] for entry in log}
    if sorted(held) != list(range(1, len(log) + 1)):
        faults.append(f"the log's numbers are {sorted(held)}")
    if [entry["seq"] for entry in log] != sorted(held):
        faults.append("the log is not in order")
    places = {ident: seq for seq, ident in held.items()}
    faults += [
        f"{ident} is in the log more than once" for ident in places if list(held.values()).count(ident) > 1
    ]
    for name, copy in copies.items():
        faults += [f"{name}: {fault}" for fault in copy.faults]
        faults += [
            f"{name}: {ident} is acknowledged but not in the log"
            for ident in copy.acked
            if ident not in places
        ]
        faults += [
            f"{name}: {ident} was acknowledged at {seq} and is at {places[ident]}"
            for ident, seq in copy.acked.items()
            if ident in places and places[ident] != seq
        ]
        found = [places[ident] for ident in copy.said if ident in places]
        if ordered and found != sorted(found):
            faults.append(f"{name}: what was said stands in another order")
        if copy.entries != held:
            differing = [
                seq for seq in held.keys() | copy.entries.keys() if held.get(seq) != copy.entries.get(seq)
            ]
            faults.append(f"{name}: holds something else at {sorted(differing)[:5]}")
    return faults
