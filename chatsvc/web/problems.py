"""Errors over HTTP: RFC 9457 problem documents."""

import json

from aiohttp import web


def problem(status: int, code: str, detail: str, *, retry_after_s: int | None = None) -> web.Response:
    """An `application/problem+json` answer; `code` is stable, `detail` is for people."""
    body = {"type": f"about:blank#{code}", "title": code, "status": status, "code": code, "detail": detail}
    headers = {"Cache-Control": "no-store"}
    if retry_after_s is not None:
        headers["Retry-After"] = str(retry_after_s)
    return web.Response(
        status=status, text=json.dumps(body), content_type="application/problem+json", headers=headers
    )
