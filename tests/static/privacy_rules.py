"""Rules about what may become of addresses and of what people write, held by reading the code.

Every rule is a function that gives the faults of one module's text, each with its line.
"""

import ast
import re
from collections.abc import Iterator
from functools import lru_cache

from chatsvc.telemetry.private import is_forbidden

ADDRESS_ATTRIBUTES = frozenset({"remote", "peername", "getpeername", "access_log", "client_address"})
ADDRESS_HEADERS = re.compile(
    r"forwarded|x[-_]forwarded([-_].*)?|x[-_]real[-_]ip|(true|cf|fastly)[-_](client|connecting)[-_]ip|"
    r"user[-_]agent|referer",
    re.IGNORECASE,
)
ADDRESS_EXTRAS = frozenset({"peername", "socket"})

# Names under which the code carries what a person wrote, or a whole frame that holds it.
WRITTEN = frozenset(
    {
        "answer", "answers", "body", "bodies", "content", "entries", "entry", "feedback", "frame", "frames", "letter",
        "message", "messages", "note", "notes", "opened", "payload", "payloads", "plaintext", "raw", "sealed", "text",
        "texts", "typed", "whisper", "words", "written",
    }
)  # fmt: skip
LOG_METHODS = frozenset({"debug", "info", "warning", "warn", "error", "exception", "critical", "log", "msg"})
# What only tells how much or of which kind something is.
HARMLESS_CALLS = frozenset({"len", "type", "isinstance", "bool", "id", "sum", "hash"})
PRINTERS = frozenset(
    {"print", "pprint", "echo", "secho", "write", "writelines", "print_exc", "print_exception"}
)
STREAMS = re.compile(r"\b(stdout|stderr|click|pprint|traceback)\b")

Faults = Iterator[tuple[int, str]]
_tree = lru_cache(maxsize=4)(ast.parse)  # each text is read by several rules in a row


def _last(node: ast.expr) -> str:
    """The last name of `a`, `a.b`, `a.b()`; else nothing."""
    if isinstance(node, ast.Call):
        return _last(node.func)
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def address_faults(text: str) -> Faults:
    """Places that look where somebody is, or with which browser."""
    tree = _tree(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in ADDRESS_ATTRIBUTES:
            yield node.lineno, f"`.{node.attr}` tells where somebody is"
        elif (
            isinstance(node, ast.Attribute)
            and _last(node.value) == "hdrs"
            and ADDRESS_HEADERS.fullmatch(node.attr)
        ):
            yield node.lineno, f"the header {node.attr} tells who somebody is"
        elif isinstance(node, ast.Call) and _last(node.func) == "get_extra_info":
            names = [
                argument.value if isinstance(argument, ast.Constant) else None for argument in node.args[:1]
            ]
            if names != [name for name in names if name is not None and name not in ADDRESS_EXTRAS]:
                yield node.lineno, "get_extra_info may tell where somebody is"
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and ADDRESS_HEADERS.fullmatch(node.value)
        ):
            yield node.lineno, f"the header {node.value} tells who somebody is"


def written_in(node: ast.AST) -> Iterator[ast.expr]:
    """Parts of an expression that carry what a person wrote."""
    if isinstance(node, ast.Call) and _last(node.func) in HARMLESS_CALLS:
        return
    if isinstance(node, ast.Name | ast.Attribute) and _last(node) in WRITTEN:
        yield node
    if isinstance(node, ast.Attribute):  # `frame.id` is no frame
        if isinstance(node.value, ast.Call):
            yield from written_in(node.value)
        return
    for child in ast.iter_child_nodes(node):
        yield from written_in(child)


def _logs(call: ast.Call) -> bool:
    function = call.func
    of_log = isinstance(function, ast.Attribute) and re.search(
        r"log", ast.unparse(function.value), re.IGNORECASE
    )
    return bool(of_log and _last(function) in LOG_METHODS)


def _prints(call: ast.Call) -> bool:
    name = _last(call.func)
    if isinstance(call.func, ast.Name):
        return name in {"print", "pprint"}
    return name in PRINTERS and bool(STREAMS.search(ast.unparse(call.func)))


def logging_faults(text: str) -> Faults:
    """Log lines and prints that carry what a person wrote, or name a field as if they did."""
    for node in ast.walk(_tree(text)):
        if not (isinstance(node, ast.Call) and (_logs(node) or _prints(node))):
            continue
        for value in [*node.args, *(keyword.value for keyword in node.keywords)]:
            yield from ((node.lineno, f"{ast.unparse(part)} goes into a log") for part in written_in(value))
        for keyword in node.keywords:
            if keyword.arg is None:
                yield node.lineno, "name each field of a log line: ** may hold anything"
            elif _logs(node) and is_forbidden(keyword.arg):
                yield node.lineno, f"a log line has no field {keyword.arg}"
        if _last(node.func) in {"print_exc", "print_exception"}:
            yield node.lineno, "a printed traceback holds the messages of exceptions"


def exception_faults(text: str) -> Faults:
    """Exceptions whose message repeats what a person wrote: it goes wherever the exception goes."""
    for node in ast.walk(_tree(text)):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            for value in [*node.exc.args, *(keyword.value for keyword in node.exc.keywords)]:
                yield from (
                    (node.lineno, f"{ast.unparse(part)} goes into an exception") for part in written_in(value)
                )
        elif isinstance(node, ast.Call) and _last(node.func) in {"format_exc", "format_exception"}:
            yield node.lineno, "a formatted traceback holds the messages of exceptions"
