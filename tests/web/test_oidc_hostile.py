"""Attacks on signing in with an identity provider: forged tokens, answers that are none, journeys of others."""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from yarl import URL

from chatsvc.web import oidc_http
from tests.support.forger import Claims, Forger, forging, made_key, signed_with_what_is_public
from tests.support.ports import free_ports
from tests.support.provider import Traveller, query_of, travelling
from tests.support.service import Service, running
from tests.support.stores import SingleStore


@pytest.fixture
async def forger() -> AsyncIterator[Forger]:
    """A provider that is honest as yet."""
    async with forging(free_ports(1)[0]) as found:
        yield found


@pytest.fixture
async def service(valkey: SingleStore, tmp_path: Path, forger: Forger) -> AsyncIterator[Service]:
    """A node that takes its people, of which it knows nothing yet."""
    port = free_ports(1)[0]
    async with running(
        valkey.url, tmp_path, worker=False, port=port, public_url=f"http://localhost:{port}",
        oidc=(forger.settings(),),
    ) as made:  # fmt: skip
        yield made


@pytest.fixture
async def traveller(service: Service) -> AsyncIterator[Traveller]:
    """A browser."""
    async with travelling(service.settings.origin) as found:
        yield found


async def comes_back(traveller: Traveller, forger: Forger, **changes: str | None) -> str:
    """Begins, and comes back from the provider with what it says; the word that the page gets, empty for signed in."""
    asked = query_of(await traveller.begin())
    forger.nonce = asked.get("nonce", "")
    return await back(traveller, forger, asked.get("state", ""), **changes)


async def back(traveller: Traveller, forger: Forger, state: str, **changes: str | None) -> str:
    """Comes back with this state."""
    said = {"code": "c", "state": state, "iss": forger.issuer} | changes
    words = "&".join(f"{name}={value}" for name, value in said.items() if value is not None)
    status, at = await traveller.get(f"/api/v1/oidc/kunta/callback?{words}")
    assert status == 303
    assert at.startswith(f"{traveller.origin}/console/")
    assert traveller.cookie("__Host-chatsvc-oidc") == ""
    signed_in = (await traveller.api("GET", "/me"))[0] == 200
    word = query_of(at).get("sign_in", "")
    assert signed_in == (word == "")
    return word


def put(**changes: Any) -> Callable[[Claims], Claims]:
    """A token with other claims; None takes one away."""

    def changed(claims: Claims) -> Claims:
        return {name: value for name, value in (claims | changes).items() if value is not None}

    return changed


NOW = int(time.time())
FORGED: dict[str, Callable[[Claims], Claims]] = {
    "another issuer": put(iss="http://127.0.0.1:1"),
    "issuer with a slash": lambda claims: claims | {"iss": claims["iss"] + "/"},
    "for somebody else": put(aud="other"),
    "for several, for whom": put(aud=["chatsvc", "other"]),
    "for us, made for another": put(azp="other"),
    "for nobody": put(aud=None),
    "expired": put(exp=NOW - 120),
    "no end": put(exp=None),
    "an end that is a word": put(exp="never"),
    "an end that is no number": put(exp=float("nan")),
    "from the future": put(iat=NOW + 3_600),
    "from yesterday": put(iat=NOW - 86_400),
    "not yet": put(nbf=NOW + 3_600),
    "another's nonce": put(nonce="other"),
    "no nonce": put(nonce=None),
    "a nonce that is no text": put(nonce=7),
    "another access token": put(at_hash="AAAAAAAAAAAAAAAAAAAAAA"),
    "nobody": put(sub=None),
    "nobody, empty": put(sub=""),
    "a number": put(sub=7),
    "far too long a name": put(sub="x" * 300),
}


async def test_a_token_that_says_something_wrong(
    service: Service, traveller: Traveller, forger: Forger
) -> None:
    """Signed by the provider all the same: nobody is signed in, no account is made; the honest one is taken."""
    told = {}
    for how, changed in FORGED.items():
        forger.claims = changed
        told[how] = await comes_back(traveller, forger)
    assert told == dict.fromkeys(FORGED, "refused")
    assert not [one for one in service.backend.snapshot.people if "+" in one]
    forger.claims = put()
    assert await comes_back(traveller, forger) == ""


@pytest.mark.parametrize(
    ("kind", "algorithm"),
    [("RSA", "RS256"), ("RSA", "PS256"), ("EC", "ES256"), ("OKP", "EdDSA"), ("OKP", "Ed25519")],
)
async def test_every_algorithm_of_the_list(
    service: Service, traveller: Traveller, forger: Forger, kind: str, algorithm: str
) -> None:
    """Tokens signed with each of them are taken."""
    assert service.settings.oidc
    forger.key, forger.algorithm = made_key(kind, "k"), algorithm
    assert await comes_back(traveller, forger) == ""


def _unsigned(token: str) -> str:
    head = base64.urlsafe_b64encode(json.dumps({"alg": "none", "kid": "one"}).encode()).decode().rstrip("=")
    return f"{head}.{token.split('.')[1]}."


async def test_signatures_that_are_none(service: Service, traveller: Traveller, forger: Forger) -> None:
    """`none`, the public key as a shared secret, another key, an unknown one, a bent signature."""
    assert service.settings.oidc
    honest = forger.key

    async def told() -> str:
        return await comes_back(traveller, forger)

    for token in (
        _unsigned,
        lambda one: one[:-6] + "AAAAAA",
        lambda one: one.rpartition(".")[0],
        lambda _: "",
        lambda _: "a.b.c",
        lambda one: one + "." + one,
    ):
        forger.token = token
        assert await told() == "refused"
    forger.token = lambda token: signed_with_what_is_public(token, honest)
    assert await told() == "refused"
    forger.token = lambda token: token
    forger.published = [honest]
    forger.key = made_key("RSA", "one")
    assert await told() == "refused"
    forger.key = made_key("RSA", "two")
    assert await told() == "refused"
    forger.key, forger.header = honest, {"crit": ["b64"], "b64": True}
    assert await told() == "refused"
    forger.header = {"typ": "logout+jwt"}
    assert await told() == "refused"
    forger.header = {"jku": f"{forger.issuer}/others"}  # its own keys are none of ours
    assert await told() == ""
    assert "/others" not in forger.asked


async def test_a_new_key_is_fetched_and_not_too_often(
    service: Service, traveller: Traveller, forger: Forger
) -> None:
    """A key that is not known makes the node look once; a stream of them does not make it ask again and again."""
    assert service.settings.oidc
    assert await comes_back(traveller, forger) == ""
    await traveller.api("POST", "/logout", {})
    forger.key = made_key("RSA", "next")
    assert await comes_back(traveller, forger) == ""
    await traveller.api("POST", "/logout", {})
    asked = forger.asked.count("/jwks")
    forger.published = [forger.key]
    forger.header = {"kid": "made up"}
    for _ in range(3):
        assert await comes_back(traveller, forger) == "refused"
    assert forger.asked.count("/jwks") == asked


async def test_the_way_back_belongs_to_one_browser_and_one_time(
    service: Service, traveller: Traveller, forger: Forger
) -> None:
    """A state that is another's, old, missing, doubled or used: back to the page, and the code is not tried."""
    asked = query_of(await traveller.begin())
    forger.nonce = asked["nonce"]
    cookie = traveller.cookie("__Host-chatsvc-oidc")
    async with travelling(traveller.origin) as victim:
        assert await back(victim, forger, asked["state"]) == "expired"  # with no journey of its own
        await victim.begin()
        assert await back(victim, forger, asked["state"]) == "expired"  # with another one
    for state in ("", "x", f"{asked['state']}&state={asked['state']}"):
        assert await back(traveller, forger, state) == "expired"
        traveller.http.cookie_jar.update_cookies({"__Host-chatsvc-oidc": cookie}, URL(traveller.origin))
    assert "/token" not in forger.asked
    assert await back(traveller, forger, asked["state"]) == ""
    await traveller.api("POST", "/logout", {})
    traveller.http.cookie_jar.update_cookies({"__Host-chatsvc-oidc": cookie}, URL(traveller.origin))
    assert await back(traveller, forger, asked["state"]) == "expired"
    bent = cookie[:-4] + "AAAA"
    traveller.http.cookie_jar.update_cookies({"__Host-chatsvc-oidc": bent}, URL(traveller.origin))
    assert await back(traveller, forger, asked["state"]) == "expired"
    assert forger.asked.count("/token") == 1
    assert service.settings.oidc


async def test_what_comes_back_is_of_this_provider(
    service: Service, traveller: Traveller, forger: Forger
) -> None:
    """`iss` in the answer is another's, or missing where the provider always names itself: the code is not tried."""
    assert service.settings.oidc
    for issuer in ("http://127.0.0.1:1", "", None):
        assert await comes_back(traveller, forger, iss=issuer) == "refused"
    assert await comes_back(traveller, forger, code="") == "refused"
    assert await comes_back(traveller, forger, code="x" * 5_000) == "refused"
    assert "/token" not in forger.asked
    assert await comes_back(traveller, forger) == ""
    (form,) = forger.forms
    assert form["redirect_uri"] == f"{traveller.origin}/api/v1/oidc/kunta/callback"
    assert (form["grant_type"], form["client_id"], len(form["code_verifier"])) == (
        "authorization_code",
        "chatsvc",
        43,
    )


ERRORS = {
    "access_denied": "denied", "login_required": "again", "interaction_required": "again", "server_error": "away",
    "temporarily_unavailable": "away", "invalid_request": "refused", "%3Cscript%3E": "refused",
}  # fmt: skip


async def test_errors_of_the_provider(service: Service, traveller: Traveller, forger: Forger) -> None:
    """Each leads to the page with a word of ours, and nothing of the provider's."""
    assert service.settings.oidc
    for error, told in ERRORS.items():
        assert await comes_back(traveller, forger, error=error, error_description="boo") == told


async def _late() -> web.Response:
    await asyncio.sleep(5)
    return web.Response()


BAD_KEYS = [{"kty": "RSA"}, 7, {"kty": "oct", "k": "AAAA"}]
BROKEN: dict[str, tuple[str, Callable[[], Any], str]] = {
    "an error": ("/token", lambda: web.Response(status=500), "away"),
    "a page": ("/token", lambda: web.Response(text="<html>"), "away"),
    "an array": ("/token", lambda: web.json_response([]), "away"),
    "no token": ("/token", lambda: web.json_response({"access_token": "at"}), "refused"),
    "a token that is a number": ("/token", lambda: web.json_response({"id_token": 7}), "refused"),
    "a refused code": ("/token", lambda: web.json_response({"error": "invalid_grant"}, status=400), "refused"),
    "a wrong client": ("/token", lambda: web.json_response({"error": "invalid_client"}, status=401), "refused"),
    "huge": ("/token", lambda: web.json_response({"id_token": "x" * 400_000}), "away"),
    "deep": ("/token", lambda: web.Response(text="[" * 100_000), "away"),
    "slow": ("/token", _late, "away"),
    "elsewhere": ("/token", lambda: web.Response(status=302, headers={"Location": "http://127.0.0.1:1/"}), "away"),
    "no keys": ("/jwks", lambda: web.json_response({"keys": 7}), "away"),
    "broken keys": ("/jwks", lambda: web.json_response({"keys": BAD_KEYS}), "refused"),
    "keys that fail": ("/jwks", lambda: web.Response(status=503), "away"),
}  # fmt: skip


@pytest.mark.parametrize("how", BROKEN)
async def test_a_provider_that_is_broken(
    service: Service, traveller: Traveller, forger: Forger, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """Back to the page with a plain word, soon; nothing is left behind but a line in the log."""
    assert service.settings.oidc
    monkeypatch.setattr(oidc_http, "WITHIN_S", 0.5)
    path, answer, told = BROKEN[how]
    forger.answers[path] = answer
    assert await comes_back(traveller, forger) == told


DISCOVERY: dict[str, dict[str, Any]] = {
    "another issuer": {"issuer": "https://elsewhere.example"},
    "no issuer": {"issuer": None},
    "no page": {"authorization_endpoint": None},
    "a page of another scheme": {"authorization_endpoint": "javascript:alert(1)"},
    "tokens without TLS, elsewhere": {"token_endpoint": "http://elsewhere.example/token"},
    "keys in a file": {"jwks_uri": "file:///etc/passwd"},
    "a number": {"token_endpoint": 7},
}


@pytest.mark.parametrize("how", [*DISCOVERY, "elsewhere", "nobody"])
async def test_a_discovery_document_that_is_wrong(
    valkey: SingleStore, tmp_path: Path, forger: Forger, how: str
) -> None:
    """Whoever presses the button is told that the provider does not answer, and is led nowhere else."""
    port = free_ports(1)[0]
    forger.metadata = DISCOVERY.get(how, {})
    if how == "elsewhere":
        elsewhere = web.Response(status=302, headers={"Location": "http://127.0.0.1:1/"})
        forger.answers["/.well-known/openid-configuration"] = lambda: elsewhere
    settings = forger.settings() if how != "nobody" else forger.settings(issuer="http://127.0.0.1:1")
    async with (
        running(
            valkey.url,
            tmp_path,
            worker=False,
            port=port,
            public_url=f"http://localhost:{port}",
            oidc=(settings,),
        ) as service,
        travelling(service.settings.origin) as traveller,
    ):
        status, at = await traveller.get("/api/v1/oidc/kunta/start?to=manage")
        assert (status, at) == (303, f"{traveller.origin}/manage/?sign_in=away")
        status, ways = await traveller.api("GET", "/sign-in")
        assert (status, ways["providers"][0]["sign_out"]) == (200, False)


@pytest.mark.parametrize(
    "to", ["https://elsewhere.example", "//elsewhere.example", "/console/%0d%0ax:y", "", "done&to=x"]
)
async def test_it_leads_to_our_own_pages_only(
    service: Service, traveller: Traveller, forger: Forger, to: str
) -> None:
    """Whatever the address asks for."""
    assert service.settings.oidc
    asked = query_of((await traveller.get(f"/api/v1/oidc/kunta/start?to={to}"))[1])
    forger.nonce = asked["nonce"]
    words = f"code=c&state={asked['state']}&iss={forger.issuer}"
    _, at = await traveller.get(f"/api/v1/oidc/kunta/callback?{words}")
    assert at.removeprefix(traveller.origin) in ("/console/", "/console/?sign_in=done")
    for path in ("start", "callback", "end", "logout"):
        status, _ = await traveller.get(f"/api/v1/oidc/unknown/{path}")
        assert status in (404, 405)
