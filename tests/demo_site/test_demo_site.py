"""The pages of the example municipality, and the site that the demo declares."""

import re
from html.parser import HTMLParser

import pytest

from chatsvc.demo_site import LANGUAGES, PAGES, QUEUE_OF_PAGE, address, declaration, page_at
from chatsvc.domain.declaration import parse_declaration

CHAT = "http://chat.localhost:8080"
VOID = {"meta", "link", "img", "br", "input", "hr"}
EVERY_PAGE = [(language, page) for language in LANGUAGES for page in PAGES]


class Outline(HTMLParser):
    """Links, the scripts' attributes, headings, and whether every element is closed where it should be."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.scripts: list[dict[str, str | None]] = []
        self.headings: list[str] = []
        self.language: str | None = None
        self._open: list[str] = []
        self.feed(document)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in VOID:
            self._open.append(tag)
        if tag == "html":
            self.language = given["lang"]
        if tag == "script":
            self.scripts.append(given)
        if tag in {"h1", "h2", "h3"}:
            self.headings.append(tag)
        if tag in {"a", "link", "img"}:
            self.links.append(given.get("href") or given.get("src") or "")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag


def outline(language: str, page: str) -> Outline:
    found = page_at(address(language, page), chat=CHAT)
    assert found is not None
    assert found.content_type == "text/html"
    assert not re.search(r"__[A-Z_]+__", found.body)
    return Outline(found.body)


@pytest.mark.parametrize(("language", "page"), EVERY_PAGE)
def test_every_page_is_whole(language: str, page: str) -> None:
    """Each page exists in each language, is well formed, says its language and has one main heading."""
    seen = outline(language, page)
    assert seen.language == language
    assert seen.headings.count("h1") == 1


@pytest.mark.parametrize(("language", "page"), EVERY_PAGE)
def test_every_link_leads_somewhere(language: str, page: str) -> None:
    """No link of the site is dead, and none leads out of it."""
    for link in outline(language, page).links:
        assert link.startswith("#") or page_at(link, chat=CHAT) is not None, link


@pytest.mark.parametrize(("language", "page"), EVERY_PAGE)
def test_every_page_has_the_chat(language: str, page: str) -> None:
    """The one script of a page is the launcher, for the page's own language and queue."""
    (script,) = outline(language, page).scripts
    assert script["src"] == f"{CHAT}/w.js"
    assert (script["data-site"], script["data-lang"]) == ("kunta", language)
    assert script.get("data-queue") == QUEUE_OF_PAGE.get(page)


def test_the_first_page_is_finnish() -> None:
    """The bare address shows the Finnish home page."""
    assert page_at("/", chat=CHAT) == page_at("/fi/", chat=CHAT)


@pytest.mark.parametrize(
    "path", ["/de/", "/fi/nothing", "/words.toml", "/../site.toml", "/fi/home.html", "/__init__.py"]
)
def test_nothing_else_is_served(path: str) -> None:
    """Other languages, unknown pages and the package's own files are not there."""
    assert page_at(path, chat=CHAT) is None


def test_the_demo_declares_its_site() -> None:
    """`apply` accepts the declaration: one queue to take from, one that offers, on the example site."""
    (site,) = parse_declaration(declaration("http://kunta.localhost:8080"))
    assert site.id == "kunta"
    assert site.origins == ("http://kunta.localhost:8080",)
    assert [(queue.name, queue.mode) for queue in site.queues] == [("paihde", "take"), ("perhe", "offer")]
    assert set(QUEUE_OF_PAGE.values()) == {queue.name for queue in site.queues}


def test_no_number_of_the_example_can_be_called() -> None:
    """Every telephone number begins with 000, which no real one does, except the emergency number."""
    (site,) = parse_declaration(declaration("http://kunta.localhost:8080"))
    numbers = [contact.phone or "" for contact in (*site.emergency, *site.alternatives)]
    assert all(number == "112" or number.startswith("000 ") for number in numbers)
    for language, page in EVERY_PAGE:
        found = page_at(address(language, page), chat=CHAT)
        assert found is not None
        assert all(number.startswith("000") for number in re.findall(r"\b\d[\d ]{6,}\d\b", found.body))
