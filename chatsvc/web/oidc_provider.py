"""What one node knows of an identity provider: where it is asked, its keys, and the exchange of a code."""

import asyncio
import base64
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus, urlsplit

import aiohttp
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key, RSAKey

from chatsvc.domain.declaration_values import Refusal
from chatsvc.domain.declaration_values import url as checked_url
from chatsvc.domain.identity import Provider
from chatsvc.web.oidc_http import ProviderFailed, get_json, post_form

FRESH_S = 3_600.0  # then it is asked again
GOOD_S = 86_400.0  # as long as what is known is used while the provider can't be asked
FAILED_S = 5.0  # nobody waits anew for a provider that has just failed
UNKNOWN_KEY_S = 30.0  # how often at most an unknown key makes us fetch the keys again
MOST_KEYS = 50
SMALLEST_RSA_BITS = 2_048  # NIST SP 800-131A
_KEY_TYPES = {"RS256": "RSA", "PS256": "RSA", "ES256": "EC", "EdDSA": "OKP", "Ed25519": "OKP"}
_CURVES = {"ES256": "P-256", "EdDSA": "Ed25519", "Ed25519": "Ed25519"}
ALGORITHMS = tuple(_KEY_TYPES)
"""With which tokens may be signed: asymmetric ones, so that nobody signs with what is public; never `none`."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """The discovery document, as far as it is used (OpenID Connect Discovery 1.0, 3)."""

    authorization: str
    token: str
    keys: str
    end_session: str
    basic: bool  # the secret goes into a header, and else into the form
    names_itself: bool  # `iss` comes back with the code (RFC 9207)


@dataclass(slots=True)
class _Known:
    """Something that is fetched, by one task at a time; times are of the monotonic clock, in s."""

    fetch: Callable[[], Awaitable[Any]]
    now: Callable[[], float]
    value: Any = None
    at: float = -GOOD_S
    failed_at: float = -FAILED_S
    failure: str = ""
    fetching: asyncio.Task[None] | None = None

    async def get(self, *, anew: bool = False) -> Any:
        """The value: one that is old but good at once, while it is fetched; `anew` waits. Raises ProviderFailed."""
        if anew or self.now() - self.at >= FRESH_S:
            if self.fetching is None and self.now() - self.failed_at >= FAILED_S:
                self.fetching = asyncio.create_task(self._refresh())
            if self.fetching is not None and (anew or self.now() - self.at >= GOOD_S):
                await asyncio.shield(self.fetching)  # others wait for it too
        if self.now() - self.at >= GOOD_S:
            raise ProviderFailed(self.failure)
        return self.value

    async def _refresh(self) -> None:
        try:
            self.value = await self.fetch()
            self.at = self.now()
        except ProviderFailed as failed:
            self.failed_at, self.failure = self.now(), failed.why
        finally:
            self.fetching = None


class ProviderLink:
    """One provider as this node sees it."""

    def __init__(
        self, provider: Provider, session: Callable[[], aiohttp.ClientSession],
        now: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        """`now` is in s, of a clock that never goes back."""
        self.provider = provider
        self._session = session
        self._now = now
        self._metadata = _Known(self._discover, now)
        self._keys = _Known(self.fetch_keys, now)
        self._looked_for_key = -UNKNOWN_KEY_S

    @property
    def can_sign_out(self) -> bool:
        """Whether the provider is known to end its own session when it is asked to."""
        return bool(self._metadata.value and self._metadata.value.end_session)

    async def metadata(self) -> Metadata:
        """Where it is asked. Raises ProviderFailed."""
        found: Metadata = await self._metadata.get()
        return found

    async def key(self, kid: str | None, algorithm: str) -> Key | None:
        """The key that a token names; if it is not known, all are fetched anew, at times. Raises ProviderFailed."""
        found = _fitting(await self._keys.get(), kid, algorithm)
        if found is not None or self._now() - self._looked_for_key < UNKNOWN_KEY_S:
            return found
        self._looked_for_key = self._now()
        return _fitting(await self._keys.get(anew=True), kid, algorithm)

    async def exchange(self, code: str, verifier: str, redirect_uri: str) -> dict[str, Any]:
        """What the provider gives for a code (RFC 6749, 4.1.3; RFC 7636). Raises ProviderFailed."""
        metadata = await self.metadata()
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }  # fmt: skip
        headers = self._authenticated(metadata, form)
        status, found = await post_form(self._session(), metadata.token, form, headers)
        if status != 200:
            error = found.get("error")
            known = error in ("invalid_grant", "invalid_client", "invalid_request", "unauthorized_client")
            raise ProviderFailed(str(error) if known else f"status {status}")
        return found

    def _authenticated(self, metadata: Metadata, form: dict[str, str]) -> dict[str, str]:
        """Who we are (RFC 6749, 2.3.1): in a header, or added to the form."""
        own = self.provider
        if own.client_secret and metadata.basic:
            pair = f"{quote_plus(own.client_id)}:{quote_plus(own.client_secret)}"
            return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
        form["client_id"] = own.client_id
        if own.client_secret:
            form["client_secret"] = own.client_secret
        return {}

    async def _discover(self) -> Metadata:
        address = f"{self.provider.issuer.rstrip('/')}/.well-known/openid-configuration"
        return read_metadata(await get_json(self._session(), address), self.provider.issuer)

    async def fetch_keys(self) -> list[tuple[Mapping[str, Any], Key]]:
        """The keys as they are now, each with its description. Raises ProviderFailed."""
        found = await get_json(self._session(), (await self.metadata()).keys)
        return read_keys(found)


def read_metadata(document: Mapping[str, Any], issuer: str) -> Metadata:
    """The discovery document of `issuer`, checked. Raises ProviderFailed."""
    if document.get("issuer") != issuer:
        raise ProviderFailed("issuer differs")
    ways = document.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    return Metadata(
        authorization=_endpoint(document, "authorization_endpoint", issuer),
        token=_endpoint(document, "token_endpoint", issuer),
        keys=_endpoint(document, "jwks_uri", issuer),
        end_session=_endpoint(document, "end_session_endpoint", issuer, needed=False),
        basic=not isinstance(ways, list) or "client_secret_basic" in ways,
        names_itself=document.get("authorization_response_iss_parameter_supported") is True,
    )


def _endpoint(document: Mapping[str, Any], name: str, issuer: str, *, needed: bool = True) -> str:
    value = document.get(name)
    if value is None and not needed:
        return ""
    try:
        found = checked_url(value)
    except Refusal:
        raise ProviderFailed(f"no {name}") from None
    if urlsplit(issuer).scheme == "https" and urlsplit(found).scheme != "https":
        raise ProviderFailed(f"no {name}")
    return found


def read_keys(document: Mapping[str, Any]) -> list[tuple[Mapping[str, Any], Key]]:
    """The public keys of a set that tokens may be signed with; others are left out. Raises ProviderFailed."""
    rows = document.get("keys")
    if not isinstance(rows, list):
        raise ProviderFailed("no keys")
    found: list[tuple[Mapping[str, Any], Key]] = []
    for row in rows[:MOST_KEYS]:
        if not isinstance(row, dict) or row.get("use", "sig") != "sig":
            continue
        if row.get("kty") not in set(_KEY_TYPES.values()):  # never a symmetric one
            continue
        try:
            key: Key = JWKRegistry.import_key(row)
        except (JoseError, ValueError, TypeError, KeyError):
            continue
        if not isinstance(key, RSAKey) or key.raw_value.key_size >= SMALLEST_RSA_BITS:
            found.append((row, key))
    return found


def _fitting(keys: list[tuple[Mapping[str, Any], Key]], kid: str | None, algorithm: str) -> Key | None:
    """The one key of this name for this algorithm; without a name, if there is but one."""
    found = [
        key
        for row, key in keys
        if row["kty"] == _KEY_TYPES[algorithm]
        and row.get("crv") == _CURVES.get(algorithm)
        and row.get("alg") in (None, algorithm)
        and (kid is None or row.get("kid") == kid)
    ]
    return found[0] if len(found) == 1 else None
