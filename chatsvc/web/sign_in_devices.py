"""Known devices: a cookie by which a browser that has signed in to an account is told from a stranger's.

It signs nobody in. It only keeps somebody else's wrong tries from holding up whoever has it.
"""

import base64
import binascii
import hashlib
import hmac
import secrets

COOKIE = "__Host-chatsvc-device"
DAYS = 90
MOST = 5  # accounts at one browser, as at a shared desk
_ATTRIBUTES = f"Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age={DAYS * 86_400}"
_RANDOM, _DAY, _PROOF = 16, 4, 16
_TOKEN_LETTERS = 48  # 36 bytes in base64


class Devices:
    """Gives browsers their marks and knows them again, on every node."""

    def __init__(self, secret: bytes) -> None:
        """`secret` comes from the vault; every node has the same."""
        self._secret = secret

    def recognise(self, cookie: str | None, account: str, now_s: float) -> str:
        """The mark of a browser that has signed in to `account` within 90 days; empty for any other."""
        for token in _tokens(cookie):
            random, day, proof = token[:_RANDOM], token[_RANDOM : _RANDOM + _DAY], token[_RANDOM + _DAY :]
            if hmac.compare_digest(proof, self._proof(account, random + day)):
                return random.hex() if int.from_bytes(day) >= now_s // 86_400 else ""
        return ""

    def set_cookie(self, cookie: str | None, account: str, now_s: float) -> str:
        """The Set-Cookie line after somebody has signed in: their mark, beside those of others at this browser."""
        known = self.recognise(cookie, account, now_s)
        head = bytes.fromhex(known) if known else secrets.token_bytes(_RANDOM)
        head += (int(now_s // 86_400) + DAYS).to_bytes(_DAY)
        others = [
            token
            for token in _tokens(cookie)
            if not hmac.compare_digest(token[-_PROOF:], self._proof(account, token[:-_PROOF]))
        ]
        kept = [head + self._proof(account, head), *others[: MOST - 1]]
        return f"{COOKIE}={''.join(base64.urlsafe_b64encode(one).decode() for one in kept)}; {_ATTRIBUTES}"

    def _proof(self, account: str, head: bytes) -> bytes:
        letters = account.encode("utf-8", "surrogatepass")
        return hmac.new(self._secret, b"device\0" + head + letters, hashlib.sha256).digest()[:_PROOF]


def _tokens(cookie: str | None) -> list[bytes]:
    if not cookie or len(cookie) % _TOKEN_LETTERS or len(cookie) > MOST * _TOKEN_LETTERS:
        return []
    try:
        raw = base64.b64decode(cookie, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return []
    size = _RANDOM + _DAY + _PROOF
    return [raw[start : start + size] for start in range(0, len(raw), size)]
