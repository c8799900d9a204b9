"""The HTTP side: signing in and out, what is public, health, pages and their headers, and wrong requests."""

import html
import json
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from multidict import CIMultiDictProxy

from chatsvc.domain.sites import Contact, Queue, QueueName, Site, SiteId
from tests.support.service import PASSWORD, Service, make_staff, running
from tests.support.store_server import SingleStore

pytestmark = pytest.mark.asyncio(loop_scope="module")
EMBEDDER = "https://www.kunta.example"
EVIL = {"Origin": "https://evil.example"}
STAFF_ATTRIBUTES = {"Path=/", "Secure", "HttpOnly", "SameSite=Strict"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def service(
    valkey_server: SingleStore, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Service]:
    """One node, two sites: one that pages embed, one that none may."""
    valkey_server.start()
    valkey_server.flush()
    site = Site(
        SiteId("kunta"), {"fi": "Kunta"}, origins=(EMBEDDER, "https://kunta.example"), notice={"fi": "Tietosuoja"},
        emergency=(Contact({"fi": "Hätänumero"}, phone="112"),),
        queues=(Queue(SiteId("kunta"), QueueName("paihde"), {"fi": "Päihde"}),),
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("http")
    async with running(valkey_server.url, folder, site, (make_staff("aino"),), worker=False) as made:
        await made.backend.directory.put_site(Site(SiteId("oma"), {"fi": "Oma"}))
        yield made


async def answer(
    service: Service, method: str, path: str, **request: Any
) -> tuple[int, "CIMultiDictProxy[str]", str]:
    """Status, headers and body."""
    async with service.http.request(method, service.base + path, allow_redirects=False, **request) as found:
        return found.status, found.headers, await found.text()


async def login(service: Service, **fields: Any) -> tuple[int, str, dict[str, Any]]:
    """Status, the Set-Cookie line, the body."""
    body = {"username": "aino", "password": PASSWORD, **fields}
    status, headers, text = await answer(service, "POST", "/api/v1/login", json=body)
    return status, headers.get("Set-Cookie", ""), json.loads(text)


async def test_login_me_and_logout(service: Service) -> None:
    """A login answers as `me` does and sets a cookie that only our own pages send; logout ends it."""
    status, line, body = await login(service)
    assert status == 200
    assert body["id"] == "aino"
    assert set(body) == {"id", "alias", "role", "queues", "capacity", "languages", "sites"}
    cookie, *attributes = line.split("; ")
    assert cookie.startswith("__Host-chatsvc-staff=")
    assert len(cookie) > 40
    assert set(attributes) == STAFF_ATTRIBUTES
    status, headers, text = await answer(service, "GET", "/api/v1/me", headers={"Cookie": cookie})
    assert (status, json.loads(text)) == (200, body)
    assert headers["Cache-Control"] == "no-store"
    status, headers, _ = await answer(service, "POST", "/api/v1/logout", headers={"Cookie": cookie})
    assert status == 204
    assert "Max-Age=0" in headers["Set-Cookie"]
    assert (await answer(service, "GET", "/api/v1/me", headers={"Cookie": cookie}))[0] == 401


async def test_two_logins_are_two_sessions(service: Service) -> None:
    """Leaving one browser does not sign out the other."""
    first, second = [(await login(service))[1].partition(";")[0] for _ in range(2)]
    assert first != second
    assert (await answer(service, "POST", "/api/v1/logout", headers={"Cookie": first}))[0] == 204
    assert (await answer(service, "GET", "/api/v1/me", headers={"Cookie": second}))[0] == 200


@pytest.mark.parametrize(
    "fields",
    [
        {"password": "wrong"},
        {"username": "nobody"},
        {"password": ""},
        {"username": ""},
        {"username": "aino\x00"},
    ],
)
async def test_a_wrong_login_says_no_more_than_that(service: Service, fields: dict[str, str]) -> None:
    """The same words for a wrong name and a wrong password, and no cookie."""
    status, line, body = await login(service, **fields)
    assert (status, line) == (401, "")
    assert body["code"] == "wrong_login"
    assert body["detail"] == "The username or the password is wrong."


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"", 400), (b"null", 400), (b"[]", 400), (b"{", 400), (b'{"username":"aino"}', 400), (b"\xff\xfe", 400),
        (b'{"username":1,"password":2}', 400), (b'{"username":null,"password":null}', 400), (b"[" * 16_000, 400),
        (b'{"username":"' + b"x" * 20_000 + b'"}', 413),
    ],
    ids=lambda value: str(value)[:24],
)  # fmt: skip
async def test_a_wrong_body_is_refused(service: Service, raw: bytes, status: int) -> None:
    """A problem document; nothing of the body comes back."""
    found, headers, text = await answer(service, "POST", "/api/v1/login", data=raw)
    assert found == status
    assert headers["Content-Type"].startswith("application/problem+json")
    assert json.loads(text)["status"] == status
    assert "xxxx" not in text


@pytest.mark.parametrize("path", ["/api/v1/login", "/api/v1/logout", "/api/v1/visitor/end"])
@pytest.mark.parametrize("origin", ["https://evil.example", "null", EMBEDDER, "http://localhost"])
async def test_what_changes_something_is_for_our_own_pages(service: Service, path: str, origin: str) -> None:
    """403 for every other origin, the embedding page's included, and no cookie is touched."""
    status, headers, text = await answer(service, "POST", path, json={}, headers={"Origin": origin})
    assert status == 403
    assert json.loads(text)["code"] == "origin"
    assert "Set-Cookie" not in headers


async def test_me_without_a_session(service: Service) -> None:
    """401, and nothing else."""
    for headers in ({}, {"Cookie": "__Host-chatsvc-staff=x"}, {"Authorization": "Bearer x"}):
        status, _, text = await answer(service, "GET", "/api/v1/me", headers=headers)
        assert status == 401
        assert json.loads(text)["code"] == "not_signed_in"


async def test_the_queues_of_a_site_are_public(service: Service) -> None:
    """Any page may read how a site's queues stand; nothing of people is in it."""
    status, headers, text = await answer(service, "GET", "/api/v1/sites/kunta/queues", headers=EVIL)
    assert status == 200
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["Cache-Control"] == "no-store"
    body = json.loads(text)
    assert body["site"] == "kunta"
    (queue,) = body["queues"]
    assert queue["state"] == "no_staff"
    assert queue["emergency"] == [{"names": {"fi": "Hätänumero"}, "phone": "112"}]
    assert "aino" not in text.lower()


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/sites/nowhere/queues", "/api/v1/nothing", "/panel?site=nowhere", "/panel", "/chat/nowhere/paihde",
        "/chat/kunta/nowhere", "/assets/nothing.js", "/assets/..%2f..%2fapp.py",  "/api/v1/",
        "/..%2f..%2fetc/passwd", "/static/console.html", "/metrics", "/assets/",
    ],
)  # fmt: skip
async def test_what_is_not_there(service: Service, path: str) -> None:
    """404 as a problem document, which does not repeat what was asked for."""
    status, headers, text = await answer(service, "GET", path)
    assert status == 404
    assert headers["Content-Type"].startswith("application/problem+json")
    assert "nowhere" not in text


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/login"),
        ("DELETE", "/api/v1/me"),
        ("POST", "/panel"),
        ("PUT", "/api/v1/visitor/end"),
        ("POST", "/healthz"),
    ],
)
async def test_a_wrong_method(service: Service, method: str, path: str) -> None:
    """405 as a problem document."""
    status, headers, _ = await answer(service, method, path)
    assert status == 405
    assert headers["Content-Type"].startswith("application/problem+json")


def _policy(header: str) -> dict[str, str]:
    return {name: value for name, _, value in (part.strip().partition(" ") for part in header.split(";"))}


@pytest.mark.parametrize(
    ("path", "ancestors"),
    [
        ("/panel?site=kunta&queue=paihde", f"{EMBEDDER} https://kunta.example"),
        ("/panel?site=oma", "'none'"),
        ("/chat/kunta/paihde", "'none'"),
        ("/chat/kunta", "'none'"),
        ("/console/", "'none'"),
        ("/manage/", "'none'"),
    ],
)
async def test_pages_are_locked_in(service: Service, path: str, ancestors: str, static_dir: object) -> None:
    """Nothing but our own scripts and styles, framed only where the site says, no referrer, no cache."""
    assert static_dir
    status, headers, text = await answer(service, "GET", path)
    assert status == 200
    policy = _policy(headers["Content-Security-Policy"])
    assert policy == {
        "default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "img-src": "'self' data:",
        "font-src": "'self'", "connect-src": "'self'", "base-uri": "'none'", "form-action": "'none'",
        "frame-ancestors": ancestors, "require-trusted-types-for": "'script'",
        "worker-src": "'self'", "trusted-types": "chatsvc-worker",
    }  # fmt: skip
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "Set-Cookie" not in headers
    assert not re.search("__[A-Z]+__", text)
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|javascript:", text)


async def test_the_chat_s_page_knows_whom_to_call(service: Service, static_dir: object) -> None:
    """The site's numbers, 112 where it has declared none, stand in the page: a connection may never come about."""
    assert static_dir
    for path, phones in (("/panel?site=kunta", ["112"]), ("/chat/kunta/paihde", ["112"]), ("/console/", [])):
        _, _, page = await answer(service, "GET", path)
        (content,) = re.findall(r'name="chatsvc-help" content="([^"]*)"', page)
        told = json.loads(html.unescape(content)) if content else {"emergency": [], "alternatives": []}
        assert [one["phone"] for one in (*told["emergency"], *told["alternatives"])] == phones


async def test_the_embedders_are_written_into_the_panel_alone(service: Service, static_dir: object) -> None:
    """The panel knows to whom it may post messages; the chat as its own page posts to nobody."""
    assert static_dir
    for path, embedders in (
        ("/panel?site=kunta", f"{EMBEDDER} https://kunta.example"),
        ("/chat/kunta/paihde", ""),
    ):
        _, _, text = await answer(service, "GET", path)
        assert f'name="chatsvc-embedders" content="{embedders}"' in text


async def test_what_is_asked_for_is_never_written_into_a_page(service: Service, static_dir: object) -> None:
    """The query is the panel's script's business."""
    assert static_dir
    marked = "/panel?site=kunta&queue=%3Cscript%3Emarked&lang=marked&origin=https://marked.example"
    status, headers, text = await answer(
        service, "GET", marked, headers={"User-Agent": "marked", "Referer": "marked"}
    )
    assert status == 200
    assert "marked" not in text + str(headers)


async def test_the_launcher_and_assets(service: Service, static_dir: object) -> None:
    """The launcher may be loaded by any page for a few minutes; assets are named by content and kept for ever."""
    assert static_dir
    status, headers, _ = await answer(service, "GET", "/w.js")
    assert status == 200
    assert headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert headers["Cache-Control"] == "public, max-age=300"
    _, _, page = await answer(service, "GET", "/console/")
    found = re.findall(r"/assets/[\w.-]+\.(?:js|css)", page)
    assert found
    for path in found:
        status, headers, _ = await answer(service, "GET", path)
        assert status == 200
        assert "immutable" in headers["Cache-Control"]
        assert "Set-Cookie" not in headers


async def test_health_and_readiness(service: Service) -> None:
    """The process answers; ready until it drains, then 503 while health goes on."""
    assert (await answer(service, "GET", "/healthz"))[0] == 200
    status, headers, text = await answer(service, "GET", "/readyz")
    assert (status, json.loads(text), headers["Cache-Control"]) == (200, {"ready": True}, "no-store")
    service.parts.node.draining = True
    try:
        status, _, text = await answer(service, "GET", "/readyz")
        assert (status, json.loads(text)) == (503, {"ready": False})
        assert (await answer(service, "GET", "/healthz"))[0] == 200
    finally:
        service.parts.node.draining = False


async def test_ready_while_the_store_is_away(service: Service, valkey_server: SingleStore) -> None:
    """Sockets must be told, not refused: only draining makes a node unready."""
    valkey_server.pause()
    try:
        assert (await answer(service, "GET", "/readyz"))[0] == 200
    finally:
        valkey_server.resume()


async def test_the_way_to_the_console(service: Service) -> None:
    """/ and /console lead there; /manage leads to the page where the service is planned."""
    for path, there in (("/", "/console/"), ("/console", "/console/"), ("/manage", "/manage/")):
        status, headers, _ = await answer(service, "GET", path)
        assert (status, headers["Location"]) == (302, there)
