"""The headers of every page, every operation and every error: no frame, no guessing of types, no referrer."""

import asyncio
import re
from pathlib import Path

from multidict import CIMultiDict, CIMultiDictProxy

from chatsvc.web import openapi
from tests.support.service import Service
from tests.support.store_server import SingleStore

Headers = CIMultiDictProxy[str] | CIMultiDict[str]
PAGE = {"Accept": "text/html"}
PATHS = {
    200: (
        "/console/", "/manage/", "/panel?site=kunta", "/chat/kunta/paihde", "/chat/kunta", "/healthz", "/readyz",
        "/api/v1/openapi.json", "/api/v1/asyncapi.json", "/api/v1/sites/kunta/queues",
    ),
    302: ("/", "/console", "/manage"),
    400: ("/ws/visitor", "/ws/counsellor"),
    404: (
        "/panel?site=nowhere", "/panel", "/chat", "/chat/kunta/nowhere", "/chat/a/b/c", "/console/more",
        "/manage/more", "/nothing", "/assets/nothing.js", "/metrics",
    ),
}  # fmt: skip
FRAMED = "http://kunta.localhost"  # may embed the panel


def faults(headers: Headers, ancestors: str = "'none'") -> list[str]:
    """What is missing in the headers of an answer that a browser could show."""
    policy = headers.get("Content-Security-Policy", "")
    parts = {name: value for name, _, value in (part.strip().partition(" ") for part in policy.split(";"))}
    is_page = headers.get("Content-Type", "").startswith("text/html")
    wanted = {
        "nosniff": headers.get("X-Content-Type-Options") == "nosniff",
        "referrer": headers.get("Referrer-Policy") == "no-referrer",
        "permissions": all(
            f"{name}=()" in headers.get("Permissions-Policy", "") for name in ("camera", "microphone", "geolocation")
        ),
        "default": parts.get("default-src") == "'none'",
        "ancestors": parts.get("frame-ancestors") == ancestors,
        "base": parts.get("base-uri") == "'none'",
        "forms": parts.get("form-action") == "'none'",
        "types": not is_page or parts.get("require-trusted-types-for") == "'script'",
        "inline": "unsafe" not in policy and "*" not in policy,
        "opener": not is_page or headers.get("Cross-Origin-Opener-Policy") == "same-origin",
    }  # fmt: skip
    return [name for name, right in wanted.items() if not right]


async def test_pages_and_error_pages(service: Service, static_dir: Path) -> None:
    """Asked for as a browser does; the panel alone may be framed, by the pages of its site."""
    assert static_dir.is_dir()
    for status, paths in PATHS.items():
        for path in paths:
            url = f"{service.base}{path}"
            async with service.http.get(url, headers=PAGE, allow_redirects=False) as answer:
                ancestors = FRAMED if path == "/panel?site=kunta" else "'none'"
                assert (answer.status, faults(answer.headers, ancestors)) == (status, []), path


async def test_the_pages_of_staff_alone_may_ask_for_passkeys(service: Service, static_dir: Path) -> None:
    """Not the chat, nor any error page, whichever way it is opened."""
    assert static_dir.is_dir()
    for path in (path for paths in PATHS.values() for path in paths):
        async with service.http.get(f"{service.base}{path}", headers=PAGE, allow_redirects=False) as answer:
            policy = answer.headers["Permissions-Policy"].split(", ")
            wanted = "(self)" if path in ("/console/", "/manage/") else "()"
            assert {f"publickey-credentials-{what}={wanted}" for what in ("get", "create")} < set(policy), (
                path
            )


async def test_every_operation(service: Service) -> None:
    """Whatever is asked of the API by nobody, from a foreign page, and with nonsense for a body."""
    for operation in openapi.every():
        path = re.sub(r"{\w+}", "kunta", operation.path)
        for more in ({}, {"headers": {"Origin": "https://evil.example"}}, {"data": b"\x00"}):
            async with service.http.request(operation.method, service.base + path, **more) as answer:
                assert faults(answer.headers) == [], (operation.id, answer.status)
        async with service.http.request("PATCH", service.base + path) as answer:
            assert (answer.status, faults(answer.headers)) == (405, [])


async def test_what_is_no_http(service: Service) -> None:
    """Bytes that are no request at all are answered likewise."""
    reader, writer = await asyncio.open_connection("127.0.0.1", service.parts.port)
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nBad Header\r\n\r\n")
    found = (await reader.read(10_000)).decode().partition("\r\n\r\n")[0].splitlines()
    writer.close()
    assert found[0].startswith("HTTP/1.1 400") or found[0].startswith("HTTP/1.0 400")
    headers = CIMultiDict[str](
        (name, value) for name, _, value in (line.partition(": ") for line in found[1:])
    )
    assert faults(headers) == []


async def test_while_the_store_is_away(service: Service, valkey_server: SingleStore) -> None:
    """A 503 too."""
    valkey_server.pause()
    try:
        async with service.http.get(
            f"{service.base}/api/v1/me", headers={"Authorization": "Bearer x"}
        ) as answer:
            assert (answer.status, faults(answer.headers)) == (503, [])
    finally:
        valkey_server.resume()


def test_what_is_missing_is_found() -> None:
    """Each header and each part of the policy, left out or weakened, is a fault of its own."""
    policy = (
        "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; "
        "require-trusted-types-for 'script'"
    )
    whole = {
        "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Content-Type": "text/html",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
        "Cross-Origin-Opener-Policy": "same-origin", "Content-Security-Policy": policy,
    }  # fmt: skip
    assert faults(CIMultiDict(whole)) == []
    for name in set(whole) - {"Content-Type"}:
        assert faults(CIMultiDict({key: value for key, value in whole.items() if key != name})), name
    for part in policy.split("; "):
        assert faults(CIMultiDict(whole | {"Content-Security-Policy": policy.replace(part, "")})), part
    loose = whole | {"Content-Security-Policy": f"{policy}; script-src 'unsafe-inline'"}
    assert faults(CIMultiDict(loose)) == ["inline"]
