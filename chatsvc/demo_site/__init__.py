"""The web site of a made-up municipality, Kuntala, on which the demo shows the chat as visitors meet it.

Every text, name and number in it is invented; only 112 is real.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

LANGUAGES = ("fi", "sv", "en")
PAGES = ("home", "paihde", "perhe", "tietosuoja")
# The queue that a page's chat opens; on other pages the visitor chooses.
QUEUE_OF_PAGE = {"paihde": "paihde", "perhe": "perhe"}
_PLAIN_FILES = {"site.css": "text/css", "crest.svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Page:
    """What is sent for one address of the example site."""

    body: str
    content_type: str


def _read(*parts: str) -> str:
    return files(__package__).joinpath(*parts).read_text(encoding="utf-8")


@cache
def _words() -> dict[str, Any]:
    return tomllib.loads(_read("words.toml"))


def address(language: str, page: str) -> str:
    """The path of a page: `/fi/`, `/sv/paihde`."""
    return f"/{language}/" if page == "home" else f"/{language}/{page}"


def page_at(path: str, *, chat: str) -> Page | None:
    """What lies at `path` (without query), its chat coming from the origin `chat`; None if nothing does."""
    name = path.strip("/")
    if name in _PLAIN_FILES:
        return Page(_read(name), _PLAIN_FILES[name])
    language, _, page = name.partition("/")
    language, page = language or LANGUAGES[0], page or "home"
    if language not in LANGUAGES or page not in PAGES:
        return None
    return Page(_compose(language, page, chat), "text/html")


def declaration(origin: str) -> str:
    """The demo's site and queues, as `chatsvc apply` reads them, embedded by the example site at `origin`."""
    return _read("site.toml").replace("__SITE__", origin)


def _compose(language: str, page: str, chat: str) -> str:
    words = _words()[language]
    queue = QUEUE_OF_PAGE.get(page)
    parts = {
        "__LANG__": language,
        "__TITLE__": escape(words["titles"][page]),
        "__LANGUAGES__": _language_links(language, page),
        "__NAV__": _navigation(language, page, words),
        "__MAIN__": _read(language, f"{page}.html"),
        "__QUEUE__": f' data-queue="{queue}"' if queue else "",
        "__CHAT__": escape(chat, quote=True),
        **{f"__{name.upper()}__": escape(text) for name, text in words["shell"].items()},
    }
    document = _read("shell.html")
    for mark, value in parts.items():
        document = document.replace(mark, value)
    return document


def _language_links(language: str, page: str) -> str:
    links = []
    for other in LANGUAGES:
        current = ' aria-current="true"' if other == language else ""
        name = escape(_words()[other]["name"])
        links.append(
            f'<li><a href="{address(other, page)}" lang="{other}" hreflang="{other}"{current}>{name}</a></li>'
        )
    return "".join(links)


def _navigation(language: str, page: str, words: dict[str, Any]) -> str:
    links = []
    for target in ("home", "paihde", "perhe"):
        current = ' aria-current="page"' if target == page else ""
        links.append(
            f'<li><a href="{address(language, target)}"{current}>{escape(words["nav"][target])}</a></li>'
        )
    return "".join(links)
