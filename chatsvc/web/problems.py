"""Errors over HTTP: RFC 9457 problem documents for programs, a page in words for a person's browser."""

import base64
import hashlib
import json
import re
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from chatsvc.web.locked import LOCKED, NOTHING


def problem(
    status: int, code: str, detail: str, *, retry_after_s: int | None = None, **more: object
) -> web.Response:
    """An `application/problem+json` answer; `code` is stable, `detail` is for people, `more` for this problem."""
    body = {
        "type": f"about:blank#{code}",
        "title": code,
        "status": status,
        "code": code,
        "detail": detail,
        **more,
    }
    headers = {**LOCKED, "Content-Security-Policy": NOTHING, "Cache-Control": "no-store"}
    if retry_after_s is not None:
        headers["Retry-After"] = str(retry_after_s)
    return web.Response(
        status=status, text=json.dumps(body), content_type="application/problem+json", headers=headers
    )


@dataclass(frozen=True, slots=True)
class _Words:
    title: str
    text: str
    emergency: str
    console: str


_WORDS: Final = {
    "fi": _Words(
        "Sivua ei löytynyt",
        "Tässä osoitteessa ei ole chattia. Linkki voi olla vanha, tai osoitteessa on kirjoitusvirhe.",
        "Jos on hätä, soita",
        "Työntekijöiden konsoli",
    ),
    "sv": _Words(
        "Sidan hittades inte",
        "Det finns ingen chatt på den här adressen. Länken kan vara gammal, eller så är adressen felskriven.",
        "Om det är akut, ring",
        "Personalens konsol",
    ),
    "en": _Words(
        "This page was not found",
        "There is no chat at this address. The link may be old, or the address mistyped.",
        "In an emergency, call",
        "Console for staff",
    ),
}
# The panel's colours (widget/src/ui/tokens.css); the page must do without any other file.
_STYLE: Final = (
    ":root{color-scheme:light dark}"
    "body{margin:0;min-height:100vh;display:grid;place-items:center;background:#f3f6f8;color:#14222b;"
    'font:1.0625rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif}'
    "main{max-width:30rem;margin:1rem;padding:1.5rem;border:1px solid #d3dde3;border-radius:1rem;background:#fff}"
    "h1{margin:0;font-size:1.4375rem;line-height:1.3}p{margin:.75rem 0 0}"
    "a{color:#00597a}.call{font-weight:650}.call a{font-size:1.4375rem;padding:.5rem}"
    "@media (prefers-color-scheme:dark){body{background:#0f171c;color:#e9f0f4}"
    "main{background:#162128;border-color:#31424d}a{color:#8fd0e8}}"
)
STYLE_HASH: Final = "sha256-" + base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()


def _weighed(header: str) -> dict[str, float]:
    """The values of an Accept or Accept-Language header with their weights (RFC 9110, 12.4.2)."""
    found = {}
    for part in header.split(","):
        value, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weights = [
            match[1] for p in parameters if (match := re.fullmatch(r"q\s*=\s*([01](?:\.\d{0,3})?)", p))
        ]
        found[value] = float(weights[-1]) if weights else 1.0
    return found


def wants_page(accept: str) -> bool:
    """True for a client that asks for HTML by name, and not rather for JSON: a browser that shows a page."""
    weights = _weighed(accept)
    json_weight = max(weights.get("application/json", 0.0), weights.get("application/problem+json", 0.0))
    return weights.get("text/html", 0.0) > 0 and weights["text/html"] >= json_weight


def page_language(accept_language: str) -> str:
    """The language of `_WORDS` that an Accept-Language header likes best; Finnish where it likes none."""
    likes = {lang: weight for lang, weight in _weighed(accept_language).items() if weight > 0}
    for lang in sorted(likes, key=lambda one: -likes[one]):
        if (short := lang.partition("-")[0]) in _WORDS:
            return short
    return "fi"


def not_found_page(lang: str, *, staff: bool) -> str:
    """HTML that says that there is nothing here, and the emergency number; to staff, where the console is."""
    words = _WORDS[lang]
    console = f'<p><a href="/console/">{words.console}</a></p>' if staff else ""
    return (
        f'<!doctype html><html lang="{lang}"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="robots" content="noindex"><link rel="icon" href="data:,">'
        f"<title>{words.title}</title><style>{_STYLE}</style>"
        f"<main><h1>{words.title}</h1><p>{words.text}</p>"
        f'<p class="call">{words.emergency} <a href="tel:112">112</a></p>{console}</main></html>\n'
    )
