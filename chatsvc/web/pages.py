"""Pages and assets of the front end, each with the headers that keep the chat private."""

import gzip
import html
import json
from functools import lru_cache
from pathlib import Path

import msgspec
from aiohttp import web

from chatsvc.domain.errors import NotFound
from chatsvc.domain.sites import Site
from chatsvc.web import views
from chatsvc.web.asyncapi import asyncapi
from chatsvc.web.locked import LOCKED, SIGN_IN_PAGE
from chatsvc.web.problems import STYLE_HASH, not_found_page, page_language, problem, wants_page
from chatsvc.web.routes import NODE

STATIC = web.AppKey("static", Path)
YEAR = "public, max-age=31536000, immutable"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src {styles}; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors {ancestors}; "
    "require-trusted-types-for 'script'; trusted-types chatsvc-worker"
)
_COMMON = {**LOCKED, "Cross-Origin-Opener-Policy": "same-origin"}


def _page(
    request: web.Request, name: str, ancestors: str, embedders: str = "", site: Site | None = None
) -> web.Response:
    """A page; that of `site` holds its telephone numbers, for when no connection comes about."""
    text = (request.app[STATIC] / name).read_text(encoding="utf-8")
    filled = {"__EMBEDDERS__": embedders, "__HELP__": _numbers(site) if site else ""}
    for place, value in filled.items():
        text = text.replace(place, html.escape(value, quote=True))
    raw = text.encode()
    headers = {
        **_COMMON,
        "Content-Security-Policy": _POLICY.format(ancestors=ancestors, styles="'self'"),
        "Cache-Control": "no-store",
    }
    return _answer(request, raw, gzip.compress(raw, 6, mtime=0), "text/html", headers)


def _numbers(site: Site) -> str:
    found = {"emergency": views.urgent(site), "alternatives": views.helps(site.alternatives)}
    return msgspec.json.encode(found).decode()


def _staff_page(request: web.Request, name: str) -> web.Response:
    found = _page(request, name, "'none'")
    found.headers.update(SIGN_IN_PAGE)
    return found


def _site(request: web.Request, ident: str) -> Site | None:
    return request.app[NODE].directory.site(ident)


def _absent(request: web.Request, what: str, *, staff: bool = False) -> web.Response:
    """404, to a browser as a page in its language that knows the emergency number."""
    if not wants_page(request.headers.get("Accept", "")):
        answer = problem(404, "not_found", f"There is no such {what} here.")
    else:
        answer = web.Response(
            status=404,
            text=not_found_page(page_language(request.headers.get("Accept-Language", "")), staff=staff),
            content_type="text/html",
            headers={
                **_COMMON,
                "Content-Security-Policy": _POLICY.format(ancestors="'none'", styles=f"'{STYLE_HASH}'"),
                "Cache-Control": "no-store",
            },
        )
    answer.headers["Vary"] = "Accept, Accept-Language"
    return answer


async def panel(request: web.Request) -> web.Response:
    """GET /panel?site=…: the chat for an iframe on one of the site's declared origins."""
    site = _site(request, request.query.get("site", ""))
    if site is None:
        return _absent(request, "site")
    origins = " ".join(site.origins)
    return _page(request, "panel.html", origins or "'none'", origins, site)


async def own_page(request: web.Request) -> web.Response:
    """GET /chat/{site}/{queue}: the same chat as a page of its own."""
    site = _site(request, request.match_info["site"])
    if site is None:
        return _absent(request, "site")
    wanted = request.match_info.get("queue")
    if wanted and not any(queue.name == wanted for queue in site.queues):
        return _absent(request, "queue")
    return _page(request, "panel.html", "'none'", site=site)


async def console(request: web.Request) -> web.Response:
    """GET /console/: for counsellors; never in a frame."""
    return _staff_page(request, "console.html")


async def manage(request: web.Request) -> web.Response:
    """GET /manage/: where the service is planned; never in a frame."""
    return _staff_page(request, "manage.html")


async def to_manage(_: web.Request) -> web.Response:
    """GET /manage leads to the page."""
    raise web.HTTPFound("/manage/")


async def no_chat(request: web.Request) -> web.Response:
    """GET /chat and deeper than a queue: nothing is there."""
    return _absent(request, "page")


async def no_staff_page(request: web.Request) -> web.Response:
    """GET /console/… and /manage/…: each of the staff's pages has one address."""
    return _absent(request, "page", staff=True)


async def to_console(_: web.Request) -> web.Response:
    """GET / and /console lead to the console."""
    raise web.HTTPFound("/console/")


async def launcher(request: web.Request) -> web.StreamResponse:
    """GET /w.js: the one script that a municipality puts on its pages."""
    headers = {
        **_COMMON,
        "Cache-Control": "public, max-age=300",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    del headers["Cross-Origin-Opener-Policy"]
    return _file(request, request.app[STATIC] / "w.js", headers)


async def asset(request: web.Request) -> web.StreamResponse:
    """GET /assets/…: named by their content, so kept for ever."""
    name = request.match_info["name"]
    if name not in assets_of(request.app[STATIC]):
        raise NotFound("There is no such file.")
    return _file(request, request.app[STATIC] / "assets" / name, {**_COMMON, "Cache-Control": YEAR})


_TYPES = {".js": "text/javascript", ".css": "text/css", ".json": "application/json", ".svg": "image/svg+xml"}


def _file(request: web.Request, path: Path, headers: dict[str, str]) -> web.Response:
    kind = _TYPES.get(path.suffix, "application/octet-stream")
    raw, packed = _read(path, path.stat().st_mtime_ns)
    return _answer(request, raw, packed, kind, headers)


@lru_cache(maxsize=256)
def _read(path: Path, _changed: int) -> tuple[bytes, bytes]:
    raw = path.read_bytes()
    return raw, gzip.compress(raw, 9, mtime=0)


def _answer(
    request: web.Request, raw: bytes, packed: bytes, kind: str, headers: dict[str, str]
) -> web.Response:
    headers = {**headers, "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        raw, headers["Content-Encoding"] = packed, "gzip"
    return web.Response(body=raw, content_type=kind, charset="utf-8", headers=headers)


def assets_of(static: Path) -> frozenset[str]:
    """The assets that the build has made."""
    return frozenset(item.name for item in (static / "assets").iterdir())


async def healthz(_: web.Request) -> web.Response:
    """GET /healthz: the process answers."""
    return web.Response(text="ok\n", headers={"Cache-Control": "no-store"})


async def readyz(request: web.Request) -> web.Response:
    """GET /readyz: 503 only while draining; with the store away, sockets must be told, not refused."""
    draining = request.app[NODE].draining
    body = json.dumps({"ready": not draining}) + "\n"
    return web.Response(
        status=503 if draining else 200, text=body, content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )  # fmt: skip


def add_pages(app: web.Application) -> None:
    """Mount pages, assets and health."""
    add = app.router.add_get
    add("/w.js", launcher)
    add("/panel", panel)
    add("/chat/{site}", own_page)
    add("/chat/{site}/{queue}", own_page)
    add("/chat", no_chat)
    add("/chat/{deeper:.*}", no_chat)
    add("/console/", console)
    add("/console/{deeper:.+}", no_staff_page)
    add("/console", to_console)
    add("/manage/", manage)
    add("/manage/{deeper:.+}", no_staff_page)
    add("/manage", to_manage)
    add("/", to_console)
    add("/assets/{name}", asset)
    add("/api/v1/asyncapi.json", asyncapi)
    add("/healthz", healthz)
    add("/readyz", readyz)
