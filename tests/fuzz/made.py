"""What targets are made of: choices taken from bytes, and nearly right values that these choices make."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

VALUES: Final = ("a", "b", "paihde", "single", "multiple", "yes-no", "text", "yes", "no")
NOTHING, REFUSED, ACCEPTED = "nothing", "refused", "accepted"


@dataclass(frozen=True, slots=True)
class Target:
    """One parser, bytes to begin with, and the words that its language is made of.

    `run` says what became of the bytes: accepted, refused with a reason, or nothing that the parser could be shown.
    """

    run: Callable[[bytes], str]
    plant: Callable[[], None]
    seeds: tuple[bytes, ...]
    words: tuple[str, ...]


class Bytes:
    """Choices taken from bytes, the first ones first; noughts when they are used up."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def next(self, below: int) -> int:
        """A number from 0, below `below`."""
        value = self._data[self._at] if self._at < len(self._data) else 0
        self._at += 1
        return value % below

    def text(self) -> str:
        """A short text."""
        size = self.next(12)
        raw = self._data[self._at : self._at + size]
        self._at += size
        return raw.decode("utf-8", "replace")

    def one_of(self, some: Sequence[Any]) -> Any:
        """One of these."""
        return some[self.next(len(some))]


def anything(choices: Bytes, depth: int, names: Sequence[str]) -> Any:
    """Anything that a TOML file could say there, with keys out of `names`."""
    match choices.next(9 if depth < 5 else 6):
        case 0:
            return choices.one_of(VALUES)
        case 1:
            return choices.text()
        case 2:
            return choices.next(6) - 1
        case 3:
            return bool(choices.next(2))
        case 4:
            return 0.5
        case 5:
            return VALUES[choices.next(2)]
        case 6 | 7:
            return {
                choices.one_of(names): anything(choices, depth + 1, names) for _ in range(choices.next(8))
            }
        case _:
            return [anything(choices, depth + 1, names) for _ in range(choices.next(5))]


def table(choices: Bytes, shape: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """A table that is nearly right: each key with what belongs there, with anything, or not at all."""
    made = {}
    for key, right in shape.items():
        how = choices.next(24)
        if how:
            made[key] = (
                anything(choices, 3, names) if how == 1 else right(choices) if callable(right) else right
            )
    return made


def list_of(one: Callable[[Bytes], Any]) -> Callable[[Bytes], list[Any]]:
    """Up to three of them."""
    return lambda choices: [one(choices) for _ in range(choices.next(4))]
