"""No module but one looks where somebody is, and what a person wrote goes into no log and no exception."""

import re
from collections.abc import Callable, Iterator

import pytest

from tests.static.judged import ROOT, Finding, judged, of_rules, open_faults
from tests.static.privacy_rules import Faults, address_faults, exception_faults, logging_faults

# The one module that looks at addresses, and what it does with them: see its first lines.
ADDRESS_MODULE = "chatsvc/web/neighbours.py"
RULES: dict[str, Callable[[str], Faults]] = {
    "privacy-address": address_faults,
    "privacy-log": logging_faults,
    "privacy-exception": exception_faults,
}


def findings() -> Iterator[Finding]:
    """What the rules find in the package."""
    for path in sorted((ROOT / "chatsvc").rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        text = path.read_text(encoding="utf-8")
        for rule, faults in RULES.items():
            if rule == "privacy-address" and name == ADDRESS_MODULE:
                continue
            # What the command line prints is for the operator who typed the command.
            if rule == "privacy-log" and name.startswith("chatsvc/cli/"):
                continue
            yield from (Finding(rule, name, line, told) for line, told in faults(text))


def test_nothing_private_is_looked_at_logged_or_raised() -> None:
    """Everything that the rules find was judged by somebody, with a reason in pyproject.toml."""
    known = of_rules(judged((ROOT / "pyproject.toml").read_text(encoding="utf-8")), "privacy-")
    faults = open_faults(findings(), known)
    assert not faults, "\n".join(["", *faults])


def test_the_one_module_is_there() -> None:
    """The exemption is for a module that does look, and imports no logger."""
    text = (ROOT / ADDRESS_MODULE).read_text(encoding="utf-8")
    assert list(address_faults(text))
    assert "logg" not in text
    assert "structlog" not in text


# Where words for sources are handled: in memory, without a logger, and with nothing that keeps anything.
WORD_MODULES = ("neighbours", "limits", "entrance", "puzzles")
KEEPS = re.compile(
    r"structlog|logging|\bopen\(|\.write|print\(|from chatsvc\.(store|telemetry|cli)|\.store\.run\("
)


@pytest.mark.parametrize("name", WORD_MODULES)
def test_words_for_sources_are_kept_nowhere(name: str) -> None:
    """What handles them writes nothing anywhere, and what a metric is told are kind and outcome alone."""
    text = (ROOT / f"chatsvc/web/{name}.py").read_text(encoding="utf-8")
    assert not KEEPS.search(text)
    assert re.findall(r"\.limited\(([^)]*)\)", text) == [
        'kind, "' + found + '"' for found in told_to_metrics(text)
    ]


def told_to_metrics(text: str) -> list[str]:
    """The outcomes that a module counts, which are literals."""
    return re.findall(r'\.limited\(kind, "(\w+)"\)', text)


@pytest.mark.parametrize(
    "line", ["_log = structlog.get_logger()", 'open("x")', "from chatsvc.store.keys import PoolKeys"]
)
def test_a_place_that_keeps_words_is_caught(line: str) -> None:
    """A logger, a file or the store in one of these modules is found."""
    assert KEEPS.search(line)


@pytest.mark.parametrize(
    ("rule", "line"),
    [
        ("privacy-address", "where = request.remote"),
        ("privacy-address", 'peer = ws.get_extra_info("peername")'),
        ("privacy-address", "peer = transport.get_extra_info(name)"),
        ("privacy-address", 'peer = transport.get_extra_info("socket").getpeername()'),
        ("privacy-address", 'request.headers.get("X-Forwarded-For")'),
        ("privacy-address", 'request.headers["x-real-ip"]'),
        ("privacy-address", "request.headers[hdrs.USER_AGENT]"),
        ("privacy-address", 'request.headers.get("Referer")'),
        ("privacy-address", 'where = getattr(request, "remote")'),
        ("privacy-address", 'where = attrgetter("remote")(req)'),
        ("privacy-address", "where = req._transport_peername"),
        ("privacy-address", "look = transport.get_extra_info; look(name)"),
        ("privacy-address", "seen = dict(request.headers)"),
        ("privacy-address", "for name, value in request.headers.items(): pass"),
        ("privacy-address", "seen = request.raw_headers"),
        ("privacy-log", '_log.info("stored", size=text)'),
        ("privacy-log", '_log.info("stored", what=entry)'),
        ("privacy-log", 'log.warning("odd", what=repr(frame))'),
        ("privacy-log", 'get_logger().error("odd", what=f"got {self.body!r}")'),
        ("privacy-log", 'logging.info("got %s", payload)'),
        ("privacy-log", "_log.info('odd', **fields)"),
        ("privacy-log", '_log.info("odd", answers=3)'),
        ("privacy-log", '_log.info("odd", remote="x")'),
        ("privacy-log", '_log.info(f"got {text!r}")'),
        ("privacy-log", '_log.info("odd", what=text.upper())'),
        ("privacy-log", '_log.info("odd", what=frame["text"].strip())'),
        ("privacy-log", '_log.info("odd", what=body.get("x"))'),
        ("privacy-log", '_log.info("odd", what=visitor_text)'),
        ("privacy-log", '_log.info("odd", what=str(request))'),
        ("privacy-log", "log = _log.bind(what=text)"),
        ("privacy-log", "structlog.contextvars.bind_contextvars(what=text)"),
        ("privacy-log", "log = get_logger(what=text)"),
        ("privacy-log", "tell = self._log.info; tell('odd', x=1)"),
        ("privacy-log", 'warnings.warn(f"odd: {text}", stacklevel=2)'),
        ("privacy-log", "sys.exit(text)"),
        ("privacy-log", "os.write(2, text.encode())"),
        ("privacy-log", "print(answers)"),
        ("privacy-log", "print(frame.text)"),
        ("privacy-log", "sys.stderr.write(note)"),
        ("privacy-log", "traceback.print_exc()"),
        ("privacy-exception", 'raise ValueError(f"can\'t read {text}")'),
        ("privacy-exception", "raise BadField(entry)"),
        ("privacy-exception", "raise Refused('x', seen=message.body)"),
        ("privacy-exception", "told = traceback.format_exc()"),
        ("privacy-exception", "error = ValueError(text); raise error"),
        ("privacy-exception", 'raise Refused("odd") from KeyError(text)'),
        ("privacy-exception", 'raise ValueError("odd: %s" % text)'),
        ("privacy-exception", 'raise ValueError("odd: {}".format(frame.text))'),
        ("privacy-exception", "future.set_exception(BadField(repr(entry)))"),
        ("privacy-exception", "error.add_note(text)"),
        ("privacy-exception", "assert right, text"),
    ],
)
def test_a_planted_fault_is_caught(rule: str, line: str) -> None:
    """Each way of looking, logging or raising is found, on its line."""
    assert [number for number, _ in RULES[rule](f"def f():\n    {line}")][:1] == [2]


@pytest.mark.parametrize(
    "line",
    [
        '_log.info("stored", size=len(text))',
        '_log.warning("refused", kind=type(frame).__name__)',
        '_log.info("joined", conversation=entry.id)',
        'raise BadField("`text` is too long.")',
        'transport.get_extra_info("sslcontext")',
        "body.remove(text)",
        'request.headers.get("Origin")',
        '"Origin" in request.headers',
        '_log.info("odd", at=text.find("x"))',
        'raise ValueError(f"line {number} of the file")',
        "note = 'a note'",
    ],
)
def test_what_is_harmless_is_accepted(line: str) -> None:
    """Sizes, kinds and ids may be told."""
    assert not [fault for rule in RULES.values() for fault in rule(f"def f():\n    {line}")]


def test_a_judgement_holds_for_what_was_judged_only() -> None:
    """One finding more is open; a judgement that fits nothing any more is a fault, as is one without a reason."""
    text = '[[tool.chatsvc.judged]]\nrule = "r"\nfile = "f"\nreason = "because it is so and nothing else"\n'
    known = judged(text)
    one, other = Finding("r", "f", 1, "x"), Finding("r", "f", 2, "x")
    assert open_faults([one], known) == []
    assert open_faults([one, other], known) == ["f:2: r: x"]
    assert len(open_faults([], known)) == 1
    assert len(open_faults([one], judged(text.replace("because it is so and nothing else", "so")))) == 1
