"""The visitor's token: 256 random bits and proof that this deployment issued them. A visitor is nothing else."""

import base64
import binascii
import hashlib
import hmac
import secrets

COOKIE = "__Host-chatsvc"
# Partitioned: the same browser on another municipality's page has another jar. No Max-Age: it goes with the browser.
COOKIE_ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=None; Partitioned"
_RANDOM_BYTES = 32
_PROOF_BYTES = 16


class VisitorTokens:
    """Issues and recognises tokens, and turns them into what the store may know."""

    def __init__(self, secret: bytes) -> None:
        """`secret` comes from the vault; every node has the same."""
        self._secret = secret

    def issue(self) -> str:
        """A new token, safe in a cookie."""
        random = secrets.token_bytes(_RANDOM_BYTES)
        return base64.urlsafe_b64encode(random + self._proof(random)).decode()

    def recognise(self, token: str | None) -> str | None:
        """The token, if this deployment issued it."""
        if not token or len(token) > 128:
            return None
        try:
            raw = base64.b64decode(token, altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        if base64.urlsafe_b64encode(raw).decode() != token:
            return None  # the same bytes in another spelling would be another visitor, and escape a killed token's mark
        random, proof = raw[:_RANDOM_BYTES], raw[_RANDOM_BYTES:]
        return token if hmac.compare_digest(proof, self._proof(random)) else None

    def visitor(self, site: str, token: str) -> str:
        """What the store knows of the visitor: differs from site to site, and does not lead back to the token."""
        return hmac.new(self._secret, f"visitor\0{site}\0{token}".encode(), hashlib.sha256).hexdigest()[:40]

    def grave(self, token: str) -> str:
        """The mark under which a killed token is remembered."""
        return hmac.new(self._secret, f"killed\0{token}".encode(), hashlib.sha256).hexdigest()[:40]

    def _proof(self, random: bytes) -> bytes:
        return hmac.new(self._secret, b"issued\0" + random, hashlib.sha256).digest()[:_PROOF_BYTES]


def set_cookie(token: str) -> str:
    """The Set-Cookie line that gives a browser its token."""
    return f"{COOKIE}={token}; {COOKIE_ATTRIBUTES}"


def expire_cookie() -> str:
    """The Set-Cookie line that takes it away."""
    return f"{COOKIE}=; {COOKIE_ATTRIBUTES}; Max-Age=0"
