"""Compares frames with the schemas of the published document."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

ROOT = Path(__file__).resolve().parents[2]
PUBLISHED = ROOT / "deploy" / "asyncapi.json"
SAYS, HEARS = "Says", "Hears"


@cache
def published() -> dict[str, Any]:
    """The document as it is kept in the repository."""
    found: dict[str, Any] = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    return found


@cache
def validators(operation: str) -> dict[str, Draft202012Validator]:
    """For each type of an operation's frames, what its payload must be."""
    document = published()
    found = {}
    for reference in document["operations"][operation]["messages"]:
        channel, name = reference["$ref"].split("/")[2::2]
        message = document["components"]["messages"][name]
        assert document["channels"][channel]["messages"][name]["$ref"].endswith(f"/{name}")
        schema = {"$ref": message["payload"]["$ref"], "components": document["components"]}
        found[message["name"]] = Draft202012Validator(schema)
    return found


def faults(operation: str, frame: dict[str, Any]) -> list[str]:
    """What of a frame is not as published: also keys that the document does not know."""
    validator = validators(operation).get(str(frame.get("type")))
    if validator is None:
        return [f"`{frame.get('type')}` is no type of {operation}"]
    found = [
        f"{frame['type']}: {error.json_path}: {error.validator}" for error in validator.iter_errors(frame)
    ]
    unknown = set(frame) - set(_properties(operation, str(frame["type"])))
    return found + [f"{frame['type']}: `{key}` is not published" for key in sorted(unknown)]


def _properties(operation: str, type_: str) -> dict[str, Any]:
    schema: Any = validators(operation)[type_].schema
    name = schema["$ref"].rpartition("/")[2]
    found: dict[str, Any] = published()["components"]["schemas"][name]["properties"]
    return found
