"""Requests to an identity provider: few, short, bounded, and never led elsewhere."""

import json
from collections.abc import Mapping
from typing import Any

import aiohttp

LARGEST_BYTES = 256 * 1024  # of an answer; a set of keys has some 10 KiB
WITHIN_S = 8.0
CONNECTED_WITHIN_S = 4.0
_HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity"}


class ProviderFailed(Exception):
    """The provider did not do what it should; `why` is one of our own words, fit for a log."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def new_session() -> aiohttp.ClientSession:
    """A client without cookies, proxies and credentials of the environment."""
    timeout = aiohttp.ClientTimeout(total=WITHIN_S, sock_connect=CONNECTED_WITHIN_S)
    return aiohttp.ClientSession(
        timeout=timeout, cookie_jar=aiohttp.DummyCookieJar(), headers=_HEADERS, auto_decompress=False
    )


async def get_json(session: aiohttp.ClientSession, url: str) -> dict[str, Any]:
    """The JSON object at `url`. Raises ProviderFailed."""
    status, found = await _ask(session, "GET", url)
    if status != 200:
        raise ProviderFailed(f"status {status}")
    return found


async def post_form(
    session: aiohttp.ClientSession, url: str, form: Mapping[str, str], headers: Mapping[str, str]
) -> tuple[int, dict[str, Any]]:
    """Status and JSON object that a form is answered with. Raises ProviderFailed."""
    return await _ask(session, "POST", url, data=dict(form), headers=dict(headers))


async def _ask(
    session: aiohttp.ClientSession, method: str, url: str, **more: Any
) -> tuple[int, dict[str, Any]]:
    try:
        async with session.request(method, url, allow_redirects=False, **more) as answer:
            if 300 <= answer.status < 400:
                raise ProviderFailed("redirect")
            raw = bytearray()
            async for chunk in answer.content.iter_any():
                raw += chunk
                if len(raw) > LARGEST_BYTES:
                    raise ProviderFailed("too large")
            return answer.status, _object(bytes(raw), answer.status)
    except TimeoutError:
        raise ProviderFailed("timeout") from None
    except (aiohttp.ClientError, OSError, ValueError):
        raise ProviderFailed("unreachable") from None


def _object(raw: bytes, status: int) -> dict[str, Any]:
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        if status >= 400:  # a page for people, from whatever stands before the provider
            raise ProviderFailed(f"status {status}")
        raise ProviderFailed("not json")
    return found
