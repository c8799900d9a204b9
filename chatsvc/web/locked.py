"""What every answer says to a browser: take nothing for what it is not, tell nobody where from, show it in no frame.

Pages say more (`web/pages.py`). What a page is made of, scripts and styles, is governed by the page's own policy.
"""

from aiohttp import web

_NEVER = "camera=(), microphone=(), geolocation=(), payment=(), usb=(), interest-cohort=()"
_PASSKEYS = "publickey-credentials-get={0}, publickey-credentials-create={0}"
LOCKED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": f"{_NEVER}, {_PASSKEYS.format('()')}",
}
SIGN_IN_PAGE = {"Permissions-Policy": f"{_NEVER}, {_PASSKEYS.format('(self)')}"}
"""Instead, for the pages on which staff sign in: theirs alone may ask for passkeys."""
NOTHING = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_PARTS = frozenset({"text/javascript", "text/css"})


async def lock(_: web.Request, response: web.StreamResponse) -> None:
    """Complete the headers of an answer that is about to be sent."""
    for name, value in LOCKED.items():
        response.headers.setdefault(name, value)
    if response.content_type not in _PARTS:
        response.headers.setdefault("Content-Security-Policy", NOTHING)
