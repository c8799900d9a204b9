"""deploy/wire.md names everything that there is, and nothing that there is not."""

import json
import re
from pathlib import Path

import pytest
from aiohttp import web

from chatsvc.web import frames
from chatsvc.web.asyncapi import ERROR_MEANINGS
from chatsvc.web.protocol import COME_BACK, STRIKES, SUBPROTOCOLS, Close
from tests.contract.conformity import ROOT
from tests.support.service import running
from tests.support.store_server import SingleStore

PAGE = (ROOT / "deploy" / "wire.md").read_text(encoding="utf-8")


def first_cells(heading: str) -> list[str]:
    """What the first column of a chapter's tables has in backticks, or as it stands."""
    chapter = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = [line.split("|")[1:-1] for line in chapter.splitlines() if line.startswith("|")]
    found = []
    for row in rows[2:]:
        found += re.findall(r"`([^`]+)`", row[0]) or [row[0].strip()]
    return found


@pytest.mark.parametrize(
    ("heading", "names"),
    [
        ("Visitor says", set(frames.VISITOR_FRAMES)),
        ("Counsellor says", set(frames.COUNSELLOR_FRAMES)),
        (
            "Servers say",
            {str(item.__struct_config__.tag) for item in frames.TO_VISITOR + frames.TO_COUNSELLOR},
        ),
        ("What a mistake gets", set(ERROR_MEANINGS)),
        ("Close codes", {str(int(code)) for code in Close}),
    ],
)
def test_a_chapter_is_complete(heading: str, names: set[str]) -> None:
    """Each frame, error code and close code has its row, once."""
    found = first_cells(heading)
    assert set(found) == names
    assert len(found) == len(names)


def test_the_page_tells_mistakes_and_returns_as_the_code_does() -> None:
    """Which errors count as mistakes, and which close codes ask to come back."""
    mistakes = set()
    for line in PAGE.split("\n## What a mistake gets\n")[1].split("\n## ")[0].splitlines():
        if line.endswith("| yes |"):
            mistakes.update(re.findall(r"^\| `(\w+)`", line))
    assert mistakes == STRIKES
    back = re.findall(r"^\| (\d{4}) \|.*\| come back \|$", PAGE, re.MULTILINE)
    assert {int(code) for code in back} == {int(code) for code in COME_BACK}
    assert all(name in PAGE for name in SUBPROTOCOLS)


async def test_every_route_is_on_the_page(valkey: SingleStore, tmp_path: Path) -> None:
    """What a node answers to is written down: here, or in the OpenAPI document, which the page names."""
    async with running(valkey.url, tmp_path, worker=False) as service:
        app = service.parts.web()
    routes = {_path(route) for route in app.router.routes()}
    assert {"/ws/visitor", "/panel", "/api/v1/login"} <= routes
    described = json.loads((ROOT / "deploy" / "openapi.json").read_text(encoding="utf-8"))["paths"]
    assert "(openapi.json)" in PAGE
    assert sorted(path for path in routes if f" {path}`" not in PAGE and path not in described) == []


def _path(route: web.AbstractRoute) -> str:
    assert route.resource is not None
    return route.resource.canonical
