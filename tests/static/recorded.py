"""Reads the code for what is written to the audit log: where, and by which names of actions."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click

from chatsvc.web.plan_api import OPERATIONS

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "chatsvc"

# What writes an entry, and where among its arguments the action stands: methods, then functions.
METHODS = {
    "record": 2,
    "record_done": 2,
    "record_before": 2,
    "record_as": 2,
    "record_stranger": 1,
    "_record": 1,
}
FUNCTIONS = {"record": 3, "record_first": 3, "_note": 1}
# What hands an action on, so that its callers are read instead.
HANDS_ON = frozenset({"services/audit.py", "cli/auditing.py"})
NOT_OURS = frozenset({"services/calendar_files.py"})  # has a `_note` that notes something else
# Where the action is no literal: what it can be.
BY_HAND: dict[str, frozenset[str]] = {
    "web/operations.py": frozenset(
        one.id for one in OPERATIONS if one.method != "GET" and not one.recorded_before
    ),
    "services/transcripts.py": frozenset({"open_transcript"}),
    "cli/audit.py": frozenset({"cut_audit_log"}),
    "cli/hold.py": frozenset({"hold ask", "hold confirm", "hold release"}),
    "cli/plan.py": frozenset({"plan import"}),
    "cli/people.py": frozenset({"counsellor disable", "counsellor enable"}),
    "cli/provider.py": frozenset({"counsellor provider", "counsellor provider remove"}),
    "services/vouched.py": frozenset({"counsellor disable", "counsellor enable"}),
    "cli/vault.py": frozenset(),  # _note, whose callers name it
    "web/sign_in_gate.py": frozenset(),  # _record, whose callers name it
}
# Written by the code that cuts, in one step with that; and what is shown in the place of what can't be read.
WITHOUT_RECORDER = {
    "services/audit_cuts.py": frozenset({"cut_audit_log"}),
    "store/audit.py": frozenset({"unreadable"}),
}


class Recorded(NamedTuple):
    """An entry that a module writes: the line, and the action; None if it is no literal."""

    line: int
    action: str | None


def recorded(text: str) -> Iterator[Recorded]:
    """Every entry that a module writes."""
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Attribute):
            place = METHODS.get(node.func.attr)
        else:
            place = FUNCTIONS.get(node.func.id) if isinstance(node.func, ast.Name) else None
        if place is None or len(node.args) <= place:
            continue
        action = node.args[place]
        value = action.value if isinstance(action, ast.Constant) else None
        yield Recorded(node.lineno, value if isinstance(value, str) else None)


def actions_of(module: str, text: str) -> frozenset[str]:
    """All actions that a module can record."""
    literal = {one.action for one in recorded(text) if one.action is not None}
    return frozenset(literal) | BY_HAND.get(module, frozenset()) | WITHOUT_RECORDER.get(module, frozenset())


def modules() -> Iterator[tuple[str, str]]:
    """Path and text of every module."""
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path.relative_to(PACKAGE).as_posix(), path.read_text(encoding="utf-8")


def hidden(module: str, text: str) -> list[str]:
    """Places whose action neither is a literal nor stands in `BY_HAND`."""
    if module in HANDS_ON | NOT_OURS or module in BY_HAND:
        return []
    return [f"{module}:{one.line}: name the action here" for one in recorded(text) if one.action is None]


def all_actions() -> frozenset[str]:
    """Everything that can stand in the audit log as an action."""
    return frozenset().union(*(actions_of(module, text) for module, text in modules()))


def commands(group: click.Command, words: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """Every command, and the module in which it is."""
    if isinstance(group, click.Group):
        for name, command in group.commands.items():
            yield from commands(command, (*words, name))
    elif group.callback is not None:
        place = group.callback.__module__.removeprefix("chatsvc.").replace(".", "/")
        yield " ".join(words), f"{place}.py"
