"""Reads Lua scripts and finds store commands whose keys were not declared.

Within one slot an undeclared key works, until the cluster moves the slot: only reading the code finds it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

# All arguments of these are keys; of every other command that our scripts use, the first one is.
ALL_KEYS = frozenset({"DEL", "UNLINK", "EXISTS", "TOUCH"})
# A script that uses these depends on more than its keys and arguments, or hides keys from this check.
NEVER = frozenset(
    {
        "TIME",
        "EVAL",
        "EVALSHA",
        "FCALL",
        "KEYS",
        "SCAN",
        "RANDOMKEY",
        "SELECT",
        "MSET",
        "EVAL_RO",
        "RENAME",
        "COPY",
    }
)


def without_comments(text: str) -> str:
    """The script with comments blanked and every line in its place; strings are left alone."""
    pattern = re.compile(r"""("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|--\[\[.*?\]\]|--[^\n]*""", re.DOTALL)
    return pattern.sub(lambda found: found[1] or "\n" * found[0].count("\n"), text)


def arguments(text: str, start: int) -> list[str]:
    """The arguments of a call whose opening bracket is just before `start`."""
    found, depth, here, quote, place = [], 0, start, "", start
    while place < len(text):
        sign = text[place]
        if quote:
            place += sign == "\\"
            quote = "" if sign == quote else quote
        elif sign in "\"'":
            quote = sign
        elif sign in "([{":
            depth += 1
        elif sign in ")]}":
            depth -= 1
            if depth < 0:
                break
        elif sign == "," and depth == 0:
            found.append(text[here:place].strip())
            here = place + 1
        place += 1
    return [*found, text[here:place].strip()]


def _bindings(text: str) -> Iterator[tuple[str, str]]:
    """Name and value of every assignment to plain names."""
    for found in re.finditer(
        r"(?:^|[\s;])(?:local\s+)?([A-Za-z_]\w*(?:\s*,\s*[A-Za-z_]\w*)*)\s*=(?!=)\s*", text
    ):
        names = [name.strip() for name in found[1].split(",")]
        end = text.find("\n", found.end())
        values = arguments(text[: end if end >= 0 else len(text)], found.end())
        yield from zip(names, [*values, *[""] * len(names)], strict=False)


def _declared(text: str) -> tuple[set[str], set[str]]:
    """The names that always stand for a declared key, and those that always stand for a key's beginning."""
    values: dict[str, list[str]] = {}
    for name, value in _bindings(text):
        values.setdefault(name, []).append(value)
    keys = {name for name, given in values.items() if all(_is_element(value) for value in given)}
    return keys, {
        name for name, given in values.items() if all(_is_beginning(value, keys) for value in given)
    }


def _is_element(value: str) -> bool:
    """True for `KEYS[…]` and nothing around it."""
    if not value.startswith("KEYS["):
        return False
    inner = arguments(value, len("KEYS["))
    return len(inner) == 1 and value == f"KEYS[{inner[0]}]"


def _is_beginning(value: str, keys: set[str]) -> bool:
    """True for `string.sub` of a key, as long as nothing is added to it."""
    if not value.startswith("string.sub("):
        return False
    given = arguments(value, len("string.sub("))
    return value.endswith(")") and ".." not in value and (_is_element(given[0]) or given[0] in keys)


def _call_faults(command: str, given: list[str], keys: set[str], beginnings: set[str]) -> Iterator[str]:
    def is_key(argument: str) -> bool:
        return _is_element(argument) or argument in keys

    if command in NEVER:
        yield f"{command} has no place in a script"
    elif command == "SPUBLISH":
        # A channel is no key but shares the slot: it is made from a key's beginning, or from an argument.
        first = given[0].split("..")[0].strip() if given else ""
        if not (is_key(first) or first in beginnings or re.fullmatch(r"ARGV\[\d+\]", first)):
            yield f"SPUBLISH to a channel that is not made from a key: {first}"
    else:
        for argument in given if command in ALL_KEYS else given[:1] or [""]:
            if not is_key(argument):
                yield f"{command} of a key that is not from KEYS: {argument}"


def lua_key_faults(script: str, common: str) -> list[str]:
    """`line: fault` for each store command in `script` that touches an undeclared key.

    `common` is the text put in front of lifecycle scripts, whose names for keys hold in `script` too.
    """
    text = without_comments(script)
    keys, beginnings = _declared(without_comments(common) + ("" if script in common else "\n" + text))
    faults = []
    for found in re.finditer(r"redis\s*(?:\.\s*(p?call)|\[)\s*(\(?)", text):
        line = text.count("\n", 0, found.start()) + 1
        given = arguments(text, found.end()) if found[1] and found[2] else []
        name = re.fullmatch(r"[\"']([A-Z_]+)[\"']", given[0]) if given else None
        if name is None:
            faults.append(f"{line}: redis.call is called with a literal command, under its own name")
        else:
            faults += [f"{line}: {fault}" for fault in _call_faults(name[1], given[1:], keys, beginnings)]
    return faults
