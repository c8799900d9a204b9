"""What is fuzzed: each target takes any bytes, and fails on whatever its parser must never do.

`plant` puts a fault into the parser, so that a run can be seen to find one.
"""

# ruff: noqa: PT017 - no tests, but what a run looks at: an exception that is raised is as good an answer as a value

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from chatsvc.domain import declaration_questions, declaration_values
from chatsvc.domain.declaration_values import Refusal
from chatsvc.domain.questions import HIGHEST_PRIORITY, evaluate
from chatsvc.web import protocol
from chatsvc.web.frames import COUNSELLOR_FRAMES, VISITOR_FRAMES, Frame
from chatsvc.web.protocol import CODECS, STRIKES, Refused, Undecodable
from tests.fuzz import retention_rules
from tests.fuzz.made import ACCEPTED, NOTHING, REFUSED, VALUES, Bytes, Target, anything, list_of, table

_SIDES: Final[tuple[Mapping[str, type[Frame]], ...]] = (VISITOR_FRAMES, COUNSELLOR_FRAMES)
_CODECS: Final = tuple(CODECS.values())
_IDENTIFIER: Final = re.compile(r"[a-z0-9][a-z0-9_-]*")
_ORIGIN: Final = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?")


_NAMES: Final = ("id", "kind", "text", "help", "required", "option", "all_of", "any_of", "priority", "tags", "queue",
                 "message", "stop", "question", "chosen", "not_chosen", "fi", "sv", "en")  # fmt: skip
_FIELDS: Final = {
    name: tuple(field.encode_name for field in msgspec.structs.fields(kind))
    for types in _SIDES
    for name, kind in types.items()
}
_NUMBERS: Final = (0, 1, -1, 2**31, 2**53 + 1, 2**63, 0.5)


def _field(choices: Bytes) -> Any:
    """A value as a client might send it, or anything."""
    match choices.next(6):
        case 0:
            return _NUMBERS[choices.next(len(_NUMBERS))]
        case 1:
            return choices.text()
        case 2:
            return ("available", "kunta", "quick_exit", "fi", "", "x" * 70)[choices.next(6)]
        case 3:
            return None
        case 4:
            return bool(choices.next(2))
        case _:
            return anything(choices, 3, _NAMES)


def _frame(choices: Bytes, types: Mapping[str, type[Frame]]) -> dict[str, Any]:
    """A map with most of the fields that a frame of some type has."""
    name = tuple(types)[choices.next(len(types))]
    made: dict[str, Any] = {"type": name}
    for key in _FIELDS[name]:
        if choices.next(5):
            made[key] = _field(choices)
    if not choices.next(8):
        made[choices.text()] = _field(choices)
    return made


def _sent(data: bytes, types: Mapping[str, type[Frame]]) -> bytes:
    """What a client sends: the bytes as they are, or a frame made by their choices, whole or with one byte changed."""
    if data[0] & 4:
        return data[1:]
    choices = Bytes(data[1:])
    hurt = choices.next(256), choices.next(256)
    made = _frame(choices, types)
    sent = bytearray(msgspec.json.encode(made) if data[0] & 1 else msgspec.msgpack.encode(made))
    if data[0] & 8:
        sent[hurt[0] % len(sent)] = hurt[1]
    return bytes(sent)


def decode_message(data: bytes) -> str:
    """A frame of either subprotocol and side is a frame of a known type, refused with a code, or no frame at all."""
    if not data:
        return NOTHING
    decode, encode = _CODECS[data[0] & 1]
    types = _SIDES[data[0] >> 1 & 1]
    try:
        frame = protocol.parse(decode, _sent(data, types), types)
    except Undecodable:
        return NOTHING
    except Refused as refused:
        assert refused.error.code in STRIKES | {"unknown_type", "bad_field"}, refused.error.code
        assert all(
            value is None or isinstance(value, str | int | float) for value in (refused.ref, refused.id)
        )
        assert refused.field is None or len(refused.field) < 200
        return REFUSED
    assert isinstance(frame, tuple(types.values()))
    again = protocol.parse(decode, encode(frame), types)
    assert encode(again) == encode(frame), "what was accepted reads differently the second time"
    return ACCEPTED


def _name(choices: Bytes) -> str:
    return str(choices.one_of(VALUES))


def _kind(choices: Bytes) -> str:
    return ("single", "multiple", "yes-no", "text")[choices.next(4)]


_TEXTS: Final = {"fi": "teksti", "sv": "text", "en": "text"}


def _names(choices: Bytes) -> list[str]:
    which = choices.next(15) + 1
    return [name for place, name in enumerate(("a", "b", "yes", "no")) if which >> place & 1]


def _condition(choices: Bytes) -> Any:
    return table(choices, {"question": _name, "chosen": _names, "not_chosen": _names}, _NAMES)


def _rule(choices: Bytes) -> Any:
    conditions = list_of(_condition)
    return table(choices, {
        "all_of": conditions, "any_of": conditions, "priority": lambda some: some.next(3) + 1, "tags": _names,
        "queue": _name, "message": _TEXTS, "stop": lambda some: bool(some.next(2)),
    }, _NAMES)  # fmt: skip


def _question(choices: Bytes) -> Any:
    option = list_of(lambda some: table(some, {"id": _name, "text": _TEXTS}, _NAMES))
    return table(choices, {"id": _name, "kind": _kind, "text": _TEXTS, "option": option}, _NAMES)


def read_rules(data: bytes) -> str:
    """Questions and rules are read whole or refused with reasons, and rules that were read can be followed."""
    choices = Bytes(data[1:])
    written: Any
    if data[:1] < b"\x40":
        try:
            written = json.loads(data[1:])
        except (ValueError, RecursionError):
            return NOTHING
        asked = written
    else:
        wild = data[:1] < b"\x60"
        asked = anything(choices, 0, _NAMES) if wild else [_question(choices) for _ in range(choices.next(4))]
        written = anything(choices, 0, _NAMES) if wild else [_rule(choices) for _ in range(choices.next(5))]
    questions = _read(declaration_questions.questions, asked)
    rules = _read(declaration_questions.rules, written)
    for rule in rules:
        assert 0 <= rule.priority <= HIGHEST_PRIORITY
        assert all(_IDENTIFIER.fullmatch(name) for name in (*rule.tags, *filter(None, [rule.queue])))
        assert declaration_questions._rule_text(rule) is not None
    given = {question.id: next(iter(question.choices), "x") for question in questions}
    outcome = evaluate(rules, questions, given)
    assert not (outcome.stop and (outcome.queue or outcome.tags or outcome.priority))
    return ACCEPTED if rules else REFUSED


def _read(read: Callable[[Any], tuple[Any, ...]], value: Any) -> tuple[Any, ...]:
    try:
        return read(value)
    except Refusal as refusal:
        assert refusal.each, "a refusal without a reason"
        assert all(str(one) for one in refusal.each)
        return ()


def read_origin(data: bytes) -> str:
    """What is taken for an origin can stand in a header as it is, and means scheme, host and port only."""
    text = data.decode("utf-8", "surrogateescape" if data[:1] == b"\xff" else "replace")
    try:
        origin = declaration_values.origin(text)
    except Refusal as refusal:
        assert str(refusal)
        return REFUSED
    assert origin == text
    assert _ORIGIN.fullmatch(origin), "an origin may hold nothing that means something else in a header"
    parts = urlsplit(origin)
    assert not any((parts.path, parts.query, parts.fragment, parts.username, parts.password))
    assert parts.scheme == "https" or declaration_values.is_loopback_host(parts.hostname or "")
    assert declaration_values.origin(origin) == origin
    return ACCEPTED


def _plant_in_decoder() -> None:
    right = protocol._field_of

    def wrong(message: str) -> str | None:
        if "$.seq" in message:
            raise KeyError(message)  # an error that nobody expects
        return right(message)

    protocol._field_of = wrong


def _plant_in_rules() -> None:
    declaration_questions._RULE = {**declaration_questions._RULE, "queue": str}  # any text is a queue's name


def _plant_in_origins() -> None:
    declaration_values._HOST = re.compile(r"[^/]+")  # any sign may be in a host


TARGETS: Final = {
    "messages": Target(
        decode_message,
        _plant_in_decoder,
        (
            b'\x05{"type":"hello","site":"kunta","queue":"paihde","lang":"fi","answers":{"a":["b"]}}',
            b'\x05{"type":"say","id":"1","text":"hei","ref":7}', b'\x07{"type":"seen","conversation":"c","seq":1}',
            b'\x07{"type":"duty","state":"available","ref":1}', b"\x04\x82\xa4type\xa4seen\xa3seq\x01",
            b"\x04\x83\xa4type\xa3say\xa2id\xa11\xa4text\xa3hei", b"\x06\x81\xa4type\xa4take",
            *(bytes([how]) + bytes(range(how, how + 60)) for how in range(4)),
        ),
        ("type", *sorted({*VISITOR_FRAMES, *COUNSELLOR_FRAMES}), "conversation", "answers", "text", "seq", "ref", "id"),
    ),
    "rules": Target(
        read_rules,
        _plant_in_rules,
        (
            b'\x00[{"all_of":[{"question":"a","chosen":["b"]}],"priority":2,"queue":"b","tags":["a"]}]',
            b'\x00[{"any_of":[{"question":"a","not_chosen":["b"]}],"stop":true,"message":{"fi":"x"}}]',
            b"\x50" + bytes(range(60)), b"\x80" + bytes(range(7, 90, 3)), b"\xc0" + bytes(range(200, 90, -2)),
        ),
        _NAMES,
    ),
    "retention": retention_rules.TARGET,
    "origins": Target(
        read_origin,
        _plant_in_origins,
        (
            b"https://www.kunta.fi", b"https://chat.example.fi:8443", b"http://kunta.localhost:8080", b"http://[::1]",
            "https://h\u00e4lsa.fi".encode(), b"https://xn--hlsa-gra.fi", b"https://a.fi/;script-src *",
        ),
        ("https://", "http://", "localhost", ".fi", ":443", "xn--", "@", "[::1]"),
    ),
}  # fmt: skip
