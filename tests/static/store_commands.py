"""Reads the code for the commands that it sends to the store, to hold them beside the shipped users' rights."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "chatsvc"
RULES = ROOT / "deploy" / "store" / "users.acl"

# What takes a command, and where in its arguments the command begins.
SENDERS = {"call": 1, "ask": 0, "say": 0, "pack": 0, "_ask": 0, "_answer": 0}
# Commands whose rights are given by their second word.
CONTAINERS = frozenset(
    {"ACL", "CLIENT", "CLUSTER", "COMMAND", "CONFIG", "FUNCTION", "SCRIPT", "SLOWLOG", "XGROUP", "XINFO"}
)
ALLOWED_TO_ALL = frozenset({"hello", "auth"})
"""Answered before anybody has signed in, so no right is needed."""
ELSEWHERE = frozenset({"sentinel"})
"""Sent to a sentinel, which has users of its own."""
PROBES = frozenset({"slowlog|len"})
"""Sent by the doctor to see it refused."""
NOT_SHIPPED = frozenset({"select"})
"""Sent where the store's URL names another database than 0; the shipped users have only that one."""


def _command(words: list[ast.expr]) -> str | None:
    """The command that these arguments begin with, in the way rules write it; None if it is no literal."""
    if words and isinstance(words[0], ast.Tuple):
        words = words[0].elts
    texts = [word.value if isinstance(word, ast.Constant) else None for word in words[:2]]
    first = texts[0] if texts else None
    if not isinstance(first, str) or not re.fullmatch(r"[A-Z]+", first):
        return None
    if first in CONTAINERS:
        return f"{first}|{texts[1]!s}".lower()
    return first.lower()


def python_commands(text: str) -> Iterator[tuple[int, str]]:
    """Line and command of everything that a module sends."""
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in SENDERS and (command := _command(node.args[SENDERS[name] :])):
            yield node.lineno, command


def hidden_commands(text: str) -> Iterator[int]:
    """Lines that send to the store through `link` a command which only shows when it runs.

    A function that is itself known to take a command may hand it on.
    """
    tree = ast.parse(text)
    handed_on = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) and function.name in SENDERS
        for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "call":
            of_link = ast.unparse(node.func.value).rpartition(".")[2] in {"link", "_link"}
            if of_link and id(node) not in handed_on and _command(node.args[1:]) is None:
                yield node.lineno


def lua_commands(text: str) -> Iterator[tuple[int, str]]:
    """Line and command of everything that a script calls."""
    for number, line in enumerate(text.splitlines(), 1):
        for found in re.finditer(r"redis\.p?call\(\"([A-Z]+)\"(?:, *\"([A-Z]+)\")?", line):
            command = f"{found[1]}|{found[2]}" if found[1] in CONTAINERS else found[1]
            yield number, command.lower()


def sent_by(paths: list[Path]) -> dict[str, str]:
    """Command -> one place that sends it."""
    found: dict[str, str] = {}
    for path in paths:
        text = path.read_text(encoding="utf-8")
        read = python_commands(text) if path.suffix == ".py" else lua_commands(text)
        for line, command in read:
            found.setdefault(command, f"{path.name}:{line}")
    return found


def allowed(user: str, rules: str) -> set[str]:
    """The commands that a user of the shipped rules may send."""
    (line,) = (line for line in rules.splitlines() if line.startswith(f"user {user} "))
    return {word[1:] for word in line.split() if word.startswith("+")}


def rights_faults(sent: dict[str, str], may: set[str]) -> list[str]:
    """Commands that are sent and not allowed, and those that are allowed and never sent."""
    needless = ALLOWED_TO_ALL | ELSEWHERE | NOT_SHIPPED
    faults = [f"{place} sends {command}; allow it in {RULES.name}: +{command}"
              for command, place in sorted(sent.items()) if command not in may | needless]  # fmt: skip
    return faults + [
        f"{RULES.name} allows {command}, which nothing sends" for command in sorted(may - set(sent))
    ]
