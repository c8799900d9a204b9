"""Frames with one wrong field each, generated from the published schemas."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from chatsvc.web import frames
from chatsvc.web.asyncapi import document

SCHEMAS: dict[str, Any] = document()["components"]["schemas"]
PREFIX = "#/components/schemas/"
KINDS = {"string": "words", "integer": 7, "boolean": True, "object": {"a": 1}, "array": ["x"], "number": 1.5}
WITH_REF = ("ping", "say")  # every frame has the same `ref`


@dataclass(frozen=True, slots=True)
class BadField:
    """A frame of `who` whose `field` is wrong in the way that `fault` names."""

    who: str
    type: str
    field: str
    fault: str
    body: dict[str, Any]

    @property
    def name(self) -> str:
        """For the report of a test run."""
        return f"{self.who}-{self.type}-{self.field}-{self.fault}".replace(" ", "_")


def bad_fields() -> list[BadField]:
    """Every fault of every field of every frame that clients send."""
    found: list[BadField] = []
    for who, types in (("visitor", frames.VISITOR_FRAMES), ("aino", frames.COUNSELLOR_FRAMES)):
        for type_, struct in types.items():
            schema = SCHEMAS[struct.__name__]
            good = example(schema)
            for field, broken, fault in _faults(schema, good):
                if field != "ref" or type_ in WITH_REF:
                    found.append(BadField(who, type_, field, fault, broken))
    return found


def example(schema: dict[str, Any]) -> dict[str, Any]:
    """The smallest body that a schema accepts."""
    return {name: _value(schema["properties"][name]) for name in schema.get("required", ())}


def _value(schema: dict[str, Any]) -> Any:
    schema = _resolved(schema)
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "string":
            return "x" * max(1, schema.get("minLength", 1))
        case "integer":
            return schema.get("minimum", 1)
        case "boolean":
            return True
        case "array":
            return []
        case _:
            return example(schema) if "properties" in schema else {}


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        found: dict[str, Any] = SCHEMAS[schema["$ref"].removeprefix(PREFIX)]
        return found
    return schema


def _faults(schema: dict[str, Any], good: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], str]]:
    for name, described in schema["properties"].items():
        if name == "type":
            continue
        if name in schema.get("required", ()):
            yield name, {key: value for key, value in good.items() if key != name}, "missing"
        for fault, value in _wrong(described):
            yield name, {**good, name: value}, fault


def _wrong(schema: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Values that a schema does not accept, each named."""
    options = [_resolved(option) for option in schema.get("anyOf", [schema])]
    types = {option.get("type", "string" if "enum" in option else "object") for option in options}
    if "null" not in types:
        yield "null", None
    for kind, value in KINDS.items():
        if kind not in types and not (kind == "integer" and "number" in types):
            yield f"is {kind}", value
    for option in options:
        yield from _outside(option)


def _outside(schema: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Values of the right type and outside its limits."""
    if "enum" in schema:
        yield "not of the list", "nonsense"
        yield "empty", ""
        yield "other case", str(schema["enum"][0]).upper()
        return
    match schema.get("type"):
        case "string":
            yield from _wrong_strings(schema)
        case "integer":
            yield from _wrong_numbers(schema)
        case "array":
            yield from _wrong_lists(schema)
        case "object":
            yield from _wrong_maps(schema)


def _wrong_strings(schema: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    longest = schema.get("maxLength", 0)
    if schema.get("minLength"):
        yield "empty", ""
    if 0 < longest <= 256:
        yield "one too long", "x" * (longest + 1)
        yield "4000 too long", "é" * (longest + 4000)
    if "pattern" in schema:
        for fault, value in (
            ("a word", "suomi on kieli"),
            ("line end", "fi\n"),
            ("upper case", "FI"),
            ("digits", "12"),
        ):
            yield f"pattern {fault}", value


def _wrong_numbers(schema: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    if "minimum" in schema:
        yield "below", schema["minimum"] - 1
        yield "far below", -(2**63)
    if "maximum" in schema:
        yield "above", schema["maximum"] + 1
        yield "far above", 2**64 - 1


def _wrong_lists(schema: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    item = schema.get("items", {})
    if "maxItems" in schema:
        yield "too many", [_value(item)] * (schema["maxItems"] + 1)
    for fault, value in _wrong(item):
        yield f"item {fault}", [value]


def _wrong_maps(schema: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    inside = schema.get("additionalProperties")
    if isinstance(inside, dict):
        for fault, value in _wrong(inside):
            yield f"value {fault}", {"c": value}
    for name, described in schema.get("properties", {}).items():
        for fault, value in _wrong(described):
            yield f"{name} {fault}", {name: value}
