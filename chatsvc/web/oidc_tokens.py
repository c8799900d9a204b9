"""Tokens that an identity provider signs: what is believed of them.

OpenID Connect Core 1.0, 3.1.3.7; Back-Channel Logout 1.0, 2.6; RFC 8725.
"""

import base64
import hashlib
import hmac
import json
import warnings
from collections.abc import Mapping
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jws import JWSRegistry

from chatsvc.domain.identity import Provider
from chatsvc.web.oidc_provider import ALGORITHMS, ProviderLink

# The old name of Ed25519 (RFC 9864), which providers still use; other curves under it have no key here.
warnings.filterwarnings("ignore", message="EdDSA", category=SecurityWarning)
LEEWAY_S = 60.0
OLDEST_S = 600.0  # a token is made for us in this moment; older ones are from elsewhere
LONGEST = 64 * 1024
LONGEST_HEADER = 4_096  # some providers send their certificate along
LONGEST_SUBJECT = 255  # OpenID Connect Core 1.0, 2
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
_HASHES = {"EdDSA": hashlib.sha512, "Ed25519": hashlib.sha512}

Claims = Mapping[str, Any]


class BadToken(Exception):
    """A token that is not believed; `why` is one of our own words, fit for a log."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class _Registry(JWSRegistry):
    max_header_length = LONGEST_HEADER


async def signed_claims(link: ProviderLink, token: object, kinds: tuple[str, ...]) -> tuple[Claims, str]:
    """What a token of the provider says, and its algorithm. Raises BadToken, ProviderFailed.

    `kinds` are the values of `typ` in its header that are right, in lower case; none given is right too.
    """
    if not isinstance(token, str) or len(token) > LONGEST or token.count(".") != 2:
        raise BadToken("form")
    header = _header(token)
    algorithm, kid, kind = header.get("alg"), header.get("kid"), header.get("typ", kinds[0])
    if algorithm not in ALGORITHMS:
        raise BadToken("algorithm")
    if "crit" in header or not isinstance(kid, str | None):
        raise BadToken("header")
    if not isinstance(kind, str) or kind.lower().removeprefix("application/") not in kinds:
        raise BadToken("kind")
    key = await link.key(kid, algorithm)
    if key is None:
        raise BadToken("key")
    try:
        registry = _Registry(algorithms=[algorithm], strict_check_header=False)
        return jwt.decode(token, key, algorithms=[algorithm], registry=registry).claims, algorithm
    except (JoseError, ValueError, TypeError, RecursionError):  # it is read again, deeper in the stack
        raise BadToken("signature") from None


def _header(token: str) -> dict[str, Any]:
    raw = token.partition(".")[0]
    if len(raw) > LONGEST_HEADER:
        raise BadToken("form")
    try:
        found = json.loads(base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4)))
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise BadToken("form")
    return found


def _seconds(claims: Claims, name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e12:
        raise BadToken(name)
    return float(value)


def _check_common(claims: Claims, provider: Provider, now_s: float) -> None:
    if claims.get("iss") != provider.issuer:
        raise BadToken("iss")
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if provider.client_id not in audiences:
        raise BadToken("aud")
    if claims.get("azp", provider.client_id) != provider.client_id or (
        len(audiences) > 1 and "azp" not in claims
    ):
        raise BadToken("azp")
    if now_s >= _seconds(claims, "exp") + LEEWAY_S:
        raise BadToken("exp")
    if not -LEEWAY_S <= now_s - _seconds(claims, "iat") <= OLDEST_S:
        raise BadToken("iat")
    if "nbf" in claims and now_s < _seconds(claims, "nbf") - LEEWAY_S:
        raise BadToken("nbf")
    if "sub" in claims and not _is_name(claims["sub"]):
        raise BadToken("sub")


def _is_name(value: object) -> bool:
    return isinstance(value, str) and 1 <= len(value) <= LONGEST_SUBJECT


async def id_token_claims(link: ProviderLink, answer: Claims, nonce: str, now_s: float) -> Claims:
    """What the ID token in the answer to a code says, all of it checked. Raises BadToken, ProviderFailed."""
    claims, algorithm = await signed_claims(link, answer.get("id_token"), ("jwt",))
    _check_common(claims, link.provider, now_s)
    if "sub" not in claims:
        raise BadToken("sub")
    given = claims.get("nonce")
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), nonce.encode()):
        raise BadToken("nonce")
    if "at_hash" in claims and claims["at_hash"] != _half_hash(answer.get("access_token"), algorithm):
        raise BadToken("at_hash")
    return claims


def _half_hash(access_token: object, algorithm: str) -> str:
    """The left half of the hash of an access token (OpenID Connect Core 1.0, 3.1.3.6)."""
    made = _HASHES.get(algorithm, hashlib.sha256)(str(access_token).encode()).digest()
    return base64.urlsafe_b64encode(made[: len(made) // 2]).decode().rstrip("=")


async def logout_token_claims(link: ProviderLink, token: object, now_s: float) -> Claims:
    """What a logout token says, all of it checked but whether it was used. Raises BadToken, ProviderFailed."""
    claims, _ = await signed_claims(link, token, ("logout+jwt", "jwt"))
    _check_common(claims, link.provider, now_s)
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict):
        raise BadToken("events")
    if "nonce" in claims:
        raise BadToken("nonce")
    if not _is_name(claims.get("jti")):
        raise BadToken("jti")
    if "sid" in claims and not _is_name(claims["sid"]):
        raise BadToken("sid")
    if "sub" not in claims and "sid" not in claims:
        raise BadToken("sub")
    return claims


def groups_of(claims: Claims, name: str) -> frozenset[str]:
    """The groups that a claim names: a list, or one word; the claim may lie inside others, as `a.b`."""
    found: Any = claims.get(name)
    if found is None:
        found = claims
        for part in name.split("."):
            found = found.get(part) if isinstance(found, dict) else None
    words = found if isinstance(found, list) else [found]
    return frozenset(word for word in words if isinstance(word, str))
