"""An identity provider of our own that can be told to cheat, to fail and to dawdle."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from joserfc import jwt
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from chatsvc.domain.identity import Grant, Provider
from chatsvc.domain.sites import SiteId

CLIENT = "chatsvc"
Claims = dict[str, Any]


def made_key(kind: str, kid: str) -> Key:
    """A new key pair: RSA, EC or OKP."""
    parameters: Any = {"kid": kid}
    if kind == "RSA":
        return RSAKey.generate_key(2048, parameters)
    return (
        ECKey.generate_key("P-256", parameters)
        if kind == "EC"
        else OKPKey.generate_key("Ed25519", parameters)
    )


def unchanged(claims: Claims) -> Claims:
    """An honest token."""
    return claims


@dataclass(slots=True)
class Forger:
    """Honest until something of it is changed."""

    port: int
    key: Key = field(default_factory=lambda: made_key("RSA", "one"))
    algorithm: str = "RS256"
    header: dict[str, Any] = field(default_factory=dict)
    published: list[Key] = field(default_factory=list)
    metadata: dict[str, Any] = field(default_factory=dict)
    claims: Callable[[Claims], Claims] = unchanged
    token: Callable[[str], str] = lambda token: token
    answers: dict[str, Callable[[], Any]] = field(default_factory=dict)  # instead of the honest ones, by path
    asked: list[str] = field(default_factory=list)
    forms: list[dict[str, str]] = field(default_factory=list)
    nonce: str = ""

    @property
    def issuer(self) -> str:
        """What it calls itself."""
        return f"http://127.0.0.1:{self.port}"

    def settings(self, **changes: Any) -> Provider:
        """As an operator sets it up."""
        given: dict[str, Any] = {
            "id": "kunta", "issuer": self.issuer, "client_id": CLIENT, "names": {"fi": "Kunta"},
            "grants": {"counsellors": (Grant("counsellor", SiteId("kunta")),)},
        }  # fmt: skip
        return Provider(**(given | changes))

    def signed(self, claims: Claims, **header: Any) -> str:
        """A token with these claims."""
        head = {"alg": self.algorithm, "kid": self.key.kid} | self.header | header
        head = {name: value for name, value in head.items() if value is not None}
        return jwt.encode(head, claims, self.key, algorithms=[head["alg"]])

    def id_token(self) -> str:
        """For whoever comes next."""
        now = int(time.time())
        half = hashlib.sha256(b"at").digest()[:16]
        honest = {
            "iss": self.issuer, "aud": CLIENT, "sub": "one", "iat": now, "exp": now + 300, "nonce": self.nonce,
            "groups": ["counsellors"], "at_hash": _plain(half),
        }  # fmt: skip
        if self.algorithm in ("EdDSA", "Ed25519"):
            half = hashlib.sha512(b"at").digest()[:32]
            honest["at_hash"] = _plain(half)
        return self.token(self.signed(self.claims(honest)))

    def logout_token(self, **changes: Any) -> str:
        """That a session is over."""
        now = int(time.time())
        honest = {
            "iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 120, "jti": "first", "sub": "one",
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
        }  # fmt: skip
        claims = {name: value for name, value in (honest | changes).items() if value is not None}
        return self.signed(claims, typ="logout+jwt")

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Any request."""
        self.asked.append(request.path)
        if request.method == "POST":
            self.forms.append({name: str(value) for name, value in (await request.post()).items()})
        if request.path in self.answers:
            found = self.answers[request.path]()
            return await found if asyncio.iscoroutine(found) else found  # type: ignore[no-any-return]
        if request.path == "/jwks":
            keys = [key.as_dict(private=False) for key in (self.published or [self.key])]
            return web.json_response({"keys": keys})
        if request.path == "/token":
            return web.json_response(
                {"access_token": "at", "token_type": "Bearer", "id_token": self.id_token()}
            )
        return web.json_response(self.document())

    def document(self) -> dict[str, Any]:
        """What it says of itself."""
        document = {
            "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/auth",
            "token_endpoint": f"{self.issuer}/token", "jwks_uri": f"{self.issuer}/jwks",
            "authorization_response_iss_parameter_supported": True,
        } | self.metadata  # fmt: skip
        return {name: value for name, value in document.items() if value is not None}


def signed_with_what_is_public(token: str, key: Key) -> str:
    """The same claims under HS256, with the public key as the shared secret: the attack on careless libraries."""
    assert isinstance(key, RSAKey)
    head = _plain(json.dumps({"alg": "HS256", "kid": key.kid}).encode())
    said = f"{head}.{token.split('.')[1]}"
    return f"{said}.{_plain(hmac.digest(key.as_pem(private=False), said.encode(), 'sha256'))}"


def _plain(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@asynccontextmanager
async def forging(port: int) -> AsyncIterator[Forger]:
    """It runs."""
    forger = Forger(port)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", forger.serve)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield forger
    finally:
        await runner.cleanup()
