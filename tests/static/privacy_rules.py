"""Rules about what may become of addresses and of what people write, held by reading the code.

Every rule is a function that gives the faults of one module's text, each with its line.
"""

import ast
import re
from collections.abc import Iterator
from functools import lru_cache

from chatsvc.telemetry.private import is_forbidden

ADDRESS_ATTRIBUTES = frozenset(
    {
        "remote",
        "peername",
        "getpeername",
        "_transport_peername",
        "access_log",
        "client_address",
        "raw_headers",
    }
)
ADDRESS_HEADERS = re.compile(
    r"forwarded|x[-_]forwarded([-_].*)?|x[-_]real[-_]ip|(true|cf|fastly)[-_](client|connecting)[-_]ip|"
    r"user[-_]agent|referer",
    re.IGNORECASE,
)
ADDRESS_EXTRAS = frozenset({"peername", "socket"})
BY_NAME = frozenset({"getattr", "attrgetter", "methodcaller", "hasattr"})
ONE_HEADER = frozenset({"get", "getall", "getone"})

# Names under which the code carries what a person wrote, or a whole frame that holds it.
WRITTEN = frozenset(
    {
        "answer", "answers", "body", "bodies", "content", "entries", "entry", "feedback", "frame", "frames", "letter",
        "message", "messages", "note", "notes", "opened", "payload", "payloads", "plaintext", "raw", "sealed", "text",
        "texts", "typed", "whisper", "words", "written", "request", "req",
    }
)  # fmt: skip
BINDERS = frozenset({"bind", "new", "bind_contextvars", "get_logger"})
LOG_METHODS = frozenset({"debug", "info", "warning", "warn", "error", "exception", "critical", "log", "msg"})
# What only tells how much or of which kind something is.
HARMLESS_CALLS = frozenset({"len", "type", "isinstance", "bool", "id", "sum", "hash"})
HARMLESS_METHODS = frozenset({"count", "index", "find", "startswith", "endswith", "isprintable", "isdigit"})
PRINTERS = frozenset(
    {"print", "pprint", "echo", "secho", "write", "writelines", "print_exc", "print_exception"}
)
STREAMS = re.compile(r"\b(stdout|stderr|click|pprint|traceback)\b")
SAYS_ELSEWHERE = re.compile(r"warnings\.warn|sys\.exit|os\.write")
_LOG_METHOD = re.compile(rf"(self\.)?_?log(ger)?\.({'|'.join(LOG_METHODS)})")
ERRORS = re.compile(r"\w*(Error|Exception|Warning)")

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
    """Places that look where somebody is, or with which browser, also by another name or in all headers at once."""
    tree = _tree(text)
    parents = {id(child): node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield from _attribute_faults(node, parents)
        elif isinstance(node, ast.Call):
            yield from _call_faults(node)
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and ADDRESS_HEADERS.fullmatch(node.value)
        ):
            yield node.lineno, f"the header {node.value} tells who somebody is"


def _attribute_faults(node: ast.Attribute, parents: dict[int, ast.AST]) -> Faults:
    parent = parents[id(node)]
    called = isinstance(parent, ast.Call) and parent.func is node
    if node.attr in ADDRESS_ATTRIBUTES:
        yield node.lineno, f"`.{node.attr}` tells where somebody is"
    elif _last(node.value) == "hdrs" and ADDRESS_HEADERS.fullmatch(node.attr):
        yield node.lineno, f"the header {node.attr} tells who somebody is"
    elif node.attr == "get_extra_info" and not called:
        yield node.lineno, "get_extra_info by another name may tell where somebody is"
    elif node.attr == "headers" and _last(node.value) in {"request", "req"}:
        one = (isinstance(parent, ast.Attribute) and parent.attr in ONE_HEADER) or isinstance(
            parent, ast.Subscript | ast.Compare
        )
        if not one:
            yield node.lineno, "all headers together tell who somebody is; name the one that is needed"


def _call_faults(node: ast.Call) -> Faults:
    name = _last(node.func)
    texts = [argument.value if isinstance(argument, ast.Constant) else None for argument in node.args]
    if name == "get_extra_info" and (not texts or texts[0] is None or texts[0] in ADDRESS_EXTRAS):
        yield node.lineno, "get_extra_info may tell where somebody is"
    elif name in BY_NAME and ADDRESS_ATTRIBUTES & set(texts):
        yield node.lineno, "an attribute that tells where somebody is, by its name"


def written_in(node: ast.AST) -> Iterator[ast.expr]:
    """Parts of an expression that carry what a person wrote."""
    if isinstance(node, ast.Call) and _last(node.func) in HARMLESS_CALLS | HARMLESS_METHODS:
        return
    if isinstance(node, ast.Name | ast.Attribute) and _last(node).rpartition("_")[2] in WRITTEN:
        yield node
    if isinstance(node, ast.Call):  # `text.upper()` is text, and what `texts_of(x)` gives is judged by `x`
        of = [node.func.value] if isinstance(node.func, ast.Attribute) else []
        for part in [*of, *node.args, *(keyword.value for keyword in node.keywords)]:
            yield from written_in(part)
        return
    if isinstance(node, ast.Attribute):  # `frame.id` is no frame
        if isinstance(node.value, ast.Call):
            yield from written_in(node.value)
        return
    for child in ast.iter_child_nodes(node):
        yield from written_in(child)


def _logs(call: ast.Call) -> bool:
    function = call.func
    if _last(function) in BINDERS and re.search(r"log|contextvars", ast.unparse(function), re.IGNORECASE):
        return True
    of_log = isinstance(function, ast.Attribute) and re.search(
        r"log", ast.unparse(function.value), re.IGNORECASE
    )
    return bool(of_log and _last(function) in LOG_METHODS)


def _prints(call: ast.Call) -> bool:
    name = _last(call.func)
    if SAYS_ELSEWHERE.fullmatch(ast.unparse(call.func)):
        return True
    if isinstance(call.func, ast.Name):
        return name in {"print", "pprint"}
    return name in PRINTERS and bool(STREAMS.search(ast.unparse(call.func)))


def logging_faults(text: str) -> Faults:
    """Log lines and prints that carry what a person wrote, or name a field as if they did."""
    tree = _tree(text)
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        by_name = isinstance(node, ast.Attribute) and id(node) not in called
        if by_name and _LOG_METHOD.fullmatch(ast.unparse(node)):
            yield getattr(node, "lineno", 0), f"call {ast.unparse(node)} where it is needed, by no other name"
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
        for value in _said_by(node):
            yield from (
                (value.lineno, f"{ast.unparse(part)} goes into an exception") for part in written_in(value)
            )
        if isinstance(node, ast.Call) and _last(node.func) in {"format_exc", "format_exception"}:
            yield node.lineno, "a formatted traceback holds the messages of exceptions"


def _said_by(node: ast.AST) -> Iterator[ast.expr]:
    """What becomes the text of an exception: of one that is raised, made, noted on, or an assertion's."""
    if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and not _is_error(node.exc):
        yield from [*node.exc.args, *(keyword.value for keyword in node.exc.keywords)]
    elif isinstance(node, ast.Call) and (
        _is_error(node) or _last(node.func) in {"add_note", "set_exception", "throw"}
    ):
        yield from [*node.args, *(keyword.value for keyword in node.keywords)]
    elif isinstance(node, ast.Assert) and node.msg is not None:
        yield node.msg


def _is_error(call: ast.Call) -> bool:
    """Whether a call makes an exception, as its name tells; found wherever it stands, not only after `raise`."""
    return bool(ERRORS.fullmatch(_last(call.func)))
