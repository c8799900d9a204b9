"""What the decoder says of a body that it refuses, as a sentence with the place, and without any value of the body."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import inspect

from chatsvc.domain.declaration_text import did_you_mean
from chatsvc.services.drafts import WALL

LONGEST_KEY = 64  # of an unknown key that is named, in characters
_PLACED = re.compile(r"(.*?)(?: - at `\$((?:\.\w+|\[\d+\])*)`)?", re.DOTALL)
_STEP = re.compile(r"\.(\w+)|\[(\d+)\]")
_MISSING = re.compile(r"Object missing required field `(\w+)`")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_EXPECTED = re.compile(r"Expected `[^`]*`(?: of length [<>=]+ \d+| [<>=]+ \d+|, got `[a-z]+`)?")
_NUMBERED = re.compile(r"\.(\d+)(?=\.|$)")


def explained(said: str, kind: Any) -> tuple[str, str]:
    """A sentence about a message of msgspec, and the place in a body of `kind`; the whole body's place is empty."""
    placed = _PLACED.fullmatch(said)
    reason, path = (placed[1], placed[2] or "") if placed else (said, "")
    steps = [key or int(number) for key, number in _STEP.findall(path)]
    if missing := _MISSING.match(reason):
        place = _written([*steps, missing[1]])
        return f"`{place}` is missing.", place
    if unknown := _UNKNOWN.match(reason):
        key = "".join(sign if sign.isprintable() else "?" for sign in unknown[1][:LONGEST_KEY])
        known = _keys(kind, steps)
        place = _written([*steps, key])
        return f"There is no field `{place}`.{did_you_mean(key, known)} Accepted: {', '.join(known)}.", place
    detail, place = _expected(reason, kind, steps), _written(steps)
    return f"{place}: {detail}" if place else detail, place


def bracketed(path: str) -> str:
    """A path with its numbers in brackets, such as `minima[1].hours`; lists are counted from 1."""
    return _NUMBERED.sub(r"[\1]", path)


def _expected(reason: str, kind: Any, steps: Sequence[str | int]) -> str:
    if any(isinstance(one, inspect.StrType) and one.pattern == WALL for one in _at(kind, steps)):
        return "Expected a local time such as 2026-11-23T09:00."
    expected = _EXPECTED.match(reason)
    return f"{expected[0]}." if expected else "This value is not accepted."


def _written(steps: Sequence[str | int]) -> str:
    """Keys and indices (from 0) as a path in which lists are counted from 1."""
    return "".join(f"[{step + 1}]" if isinstance(step, int) else f".{step}" for step in steps).removeprefix(
        "."
    )


def _keys(kind: Any, steps: Sequence[str | int]) -> list[str]:
    found = _at(kind, steps)
    return [field.encode_name for one in found if isinstance(one, inspect.StructType) for field in one.fields]


def _at(kind: Any, steps: Sequence[str | int]) -> list[inspect.Type]:
    """The types that a place may have."""
    found = list(_plain(inspect.type_info(kind)))
    for step in steps:
        found = [inner for one in found for inner in _inside(one, step)]
    return found


def _inside(one: inspect.Type, step: str | int) -> Iterator[inspect.Type]:
    if isinstance(one, inspect.ListType) and isinstance(step, int):
        yield from _plain(one.item_type)
    elif isinstance(one, inspect.StructType):
        for field in one.fields:
            if field.encode_name == step:
                yield from _plain(field.type)


def _plain(one: inspect.Type) -> Iterator[inspect.Type]:
    if isinstance(one, inspect.Metadata):
        yield from _plain(one.type)
    elif isinstance(one, inspect.UnionType):
        for choice in one.types:
            yield from _plain(choice)
    else:
        yield one
