"""The published document: valid AsyncAPI 3, up to date, and complete."""

import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from jsonschema import Draft7Validator, Draft202012Validator

from chatsvc.domain import errors
from chatsvc.web import asyncapi, frames
from chatsvc.web.protocol import COME_BACK, STRIKES, Close
from tests.contract.conformity import PUBLISHED, ROOT
from tests.support.service import running
from tests.support.store_server import SingleStore

OFFICIAL = ROOT / "widget" / "node_modules" / "@asyncapi" / "specs" / "schemas" / "3.0.0.json"
# Said over HTTP, in the log or with a frame of its own, never with `error`.
NEVER_IN_ERROR = {"audit_away", "unavailable", "undecodable"}


def official() -> Draft7Validator:
    """The schema that the AsyncAPI project publishes for documents of version 3.0.0."""
    return Draft7Validator(json.loads(OFFICIAL.read_text(encoding="utf-8")))


def test_the_document_is_valid() -> None:
    """The official schema of AsyncAPI 3.0 finds nothing wrong with it."""
    assert [error.json_path for error in official().iter_errors(asyncapi.document())] == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("asyncapi",), "2.6.0"),
        (("info", "title"), None),
        (("channels", "visitor", "adress"), "/ws/visitor"),
        (("operations", "visitorSays", "action"), "shout"),
        (("operations", "visitorSays", "channel"), "visitor"),
        (("components", "messages", "Say", "payloads"), {}),
        (("servers", "deployment", "host"), 5),
    ],
)
def test_a_planted_fault_is_seen(path: tuple[str, ...], value: Any) -> None:
    """The validation is one that can fail."""
    document = json.loads(asyncapi.text())
    place = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    assert list(official().iter_errors(document))


def test_every_reference_leads_somewhere() -> None:
    """The official schema does not follow references; here each is followed."""
    document = asyncapi.document()
    found = list(_references(document))
    assert len(found) > 100
    for reference in found:
        place: Any = document
        for key in reference.removeprefix("#/").split("/"):
            place = place[key]


def _references(place: Any) -> Any:
    if isinstance(place, dict):
        if isinstance(place.get("$ref"), str):
            yield place["$ref"]
        for inner in place.values():
            yield from _references(inner)
    elif isinstance(place, list):
        for inner in place:
            yield from _references(inner)


def test_the_schemas_are_schemas() -> None:
    """Each of them is a valid JSON Schema."""
    for schema in asyncapi.document()["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_the_published_file_is_up_to_date() -> None:
    """`deploy/asyncapi.json` is what the frames say now."""
    assert PUBLISHED.read_text(encoding="utf-8") == asyncapi.text(), (
        "the wire has changed: python -m chatsvc.web.asyncapi > deploy/asyncapi.json"
    )


def test_every_frame_is_published() -> None:
    """Each type of frame is a message of its channel and of the operation it belongs to."""
    document = asyncapi.document()
    for channel, sent, received in (
        ("visitor", frames.VISITOR_FRAMES, frames.TO_VISITOR),
        ("counsellor", frames.COUNSELLOR_FRAMES, frames.TO_COUNSELLOR),
    ):
        for operation, structs in ((f"{channel}Says", sent.values()), (f"{channel}Hears", received)):
            references = {entry["$ref"] for entry in document["operations"][operation]["messages"]}
            wanted = {f"#/channels/{channel}/messages/{struct.__name__}" for struct in structs}
            assert references == wanted
    tags = {name: struct.__struct_config__.tag for name, struct in frames.VISITOR_FRAMES.items()}
    assert all(name == tag for name, tag in tags.items())


def test_every_close_and_error_code_is_published() -> None:
    """The codes of the program are those of the document, and so is which of them mean come back."""
    document = asyncapi.document()
    assert set(document["x-close-codes"]) == {str(int(code)) for code in Close}
    for code, about in document["x-close-codes"].items():
        assert (about["then"] != "stop") == (Close(int(code)) in COME_BACK)
    codes = {kind.code for kind in _family(errors.ChatError)} - NEVER_IN_ERROR
    assert set(document["x-error-codes"]) == codes
    assert {code for code, about in document["x-error-codes"].items() if about["mistake"]} == STRIKES


def _family(kind: type[errors.ChatError]) -> Any:
    yield kind
    for child in kind.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from _family(child)


async def test_a_node_serves_the_document(valkey: SingleStore, tmp_path: Path) -> None:
    """Anybody's client, a browser's included, finds it at /api/v1/asyncapi.json."""
    async with running(valkey.url, tmp_path, worker=False) as service:
        async with service.http.get(f"{service.base}/api/v1/asyncapi.json") as answer:
            assert answer.status == 200
            assert answer.content_type == "application/json"
            assert answer.headers["Access-Control-Allow-Origin"] == "*"
            assert await answer.json() == json.loads(asyncapi.text())
        async with (
            aiohttp.ClientSession() as http,
            http.post(f"{service.base}/api/v1/asyncapi.json") as wrong,
        ):
            assert wrong.status == 405
