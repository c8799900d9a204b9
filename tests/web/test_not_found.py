"""A wrong address: a calm page for a person's browser, a problem document for programs."""

import base64
import hashlib
import json
import re
from pathlib import Path

import pytest

from chatsvc.web.problems import page_language, wants_page
from tests.support.service import Service

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
WRONG = ["/chat/nowhere/paihde", "/chat/nowhere", "/panel?site=nowhere", "/panel", "/chat", "/chat/", "/chat/a/b/c",
         "/console/nowhere", "/console/a/b", "/manage/nowhere"]  # fmt: skip


@pytest.mark.parametrize(
    ("languages", "lang", "words"),
    [
        ("fi-FI,fi;q=0.9,en;q=0.8", "fi", "Sivua ei löytynyt"),
        ("de, sv-FI;q=0.8, en;q=0.5", "sv", "Sidan hittades inte"),
        ("en-GB,en;q=0.9", "en", "This page was not found"),
        ("de", "fi", "Sivua ei löytynyt"),
    ],
)
async def test_a_browser_gets_a_page_in_its_language(
    service: Service, languages: str, lang: str, words: str
) -> None:
    """Each wrong address says so in words, with the emergency number, and without what was asked for."""
    for path in WRONG:
        asked = {"Accept": BROWSER, "Accept-Language": languages}
        async with service.http.get(service.base + path, headers=asked) as answer:
            text = await answer.text()
            assert (answer.status, answer.content_type) == (404, "text/html"), path
            assert answer.headers["Vary"] == "Accept, Accept-Language"
            assert answer.headers["Cache-Control"] == "no-store"
            assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert f'<html lang="{lang}">' in text
        assert f"<h1>{words}</h1>" in text
        assert '<a href="tel:112">112</a>' in text
        assert ('href="/console/"' in text) == path.startswith(("/console", "/manage"))
        assert "nowhere" not in text


async def test_the_page_may_use_its_own_style_and_nothing_else(service: Service) -> None:
    """The policy names the one style by its digest; there is no script and nothing to load."""
    async with service.http.get(f"{service.base}/chat/nowhere", headers={"Accept": BROWSER}) as answer:
        text, policy = await answer.text(), answer.headers["Content-Security-Policy"]
    (style,) = re.findall(r"<style>(.*?)</style>", text)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy
    assert not re.search(r"<script|\ssrc=|\sstyle=", text)


@pytest.mark.parametrize(
    "accept", [None, "*/*", "application/json", "application/json, text/html;q=0.5", "text/html;q=0"]
)
async def test_a_program_gets_a_problem_document(service: Service, accept: str | None) -> None:
    """Whoever does not ask for HTML first gets the answer that the API gives."""
    for path in WRONG:
        async with service.http.get(
            service.base + path, headers={"Accept": accept} if accept else {}
        ) as answer:
            body = json.loads(await answer.text())
            assert (answer.status, answer.content_type) == (404, "application/problem+json"), path
        assert body["code"] == "not_found"


async def test_what_exists_is_no_wrong_address(service: Service, static_dir: Path) -> None:
    """Panel, chat and console are still where they were."""
    assert static_dir.is_dir()
    for path in (
        "/panel?site=kunta",
        "/chat/kunta",
        "/chat/kunta/paihde",
        "/console/",
        "/console",
        "/manage/",
    ):
        async with service.http.get(service.base + path, headers={"Accept": BROWSER}) as answer:
            assert answer.status == 200, path


def test_odd_headers_are_read_as_far_as_they_make_sense() -> None:
    """Neither an empty nor a broken header is an error."""
    assert not wants_page("")
    assert not wants_page(";;,q=1,")
    assert wants_page("TEXT/HTML ; q=0.1")
    assert page_language("") == "fi"
    assert page_language("*;q=x, ;;, -") == "fi"
    assert page_language("en;q=0, sv;q=0.001") == "sv"
