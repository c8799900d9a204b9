"""An identity provider ends sessions that came from it (OpenID Connect Back-Channel Logout 1.0)."""

from urllib.parse import parse_qs

import structlog
from aiohttp import web

from chatsvc.domain.identity import subject_digest
from chatsvc.domain.sites import Staff
from chatsvc.services.vouched import account_of
from chatsvc.web.oidc import ELSEWHERE, SignInElsewhere, link_of, session_digest
from chatsvc.web.oidc_http import ProviderFailed
from chatsvc.web.oidc_provider import ProviderLink
from chatsvc.web.oidc_tokens import LEEWAY_S, LONGEST, OLDEST_S, BadToken, Claims, logout_token_claims
from chatsvc.web.operations import AUDIT, SEND_LESS, read_raw
from chatsvc.web.problems import problem
from chatsvc.web.routes import NODE
from chatsvc.web.sign_in_gate import GATE, too_often

REMEMBERED_MS = int((OLDEST_S + 2 * LEEWAY_S) * 1_000)  # longer than a token is believed

_log = structlog.get_logger("chatsvc.web")


async def logout_there(request: web.Request) -> web.Response:
    """POST /oidc/{provider}/logout, a form with `logout_token`: those sessions are over, on every node."""
    raw = await read_raw(request, LONGEST, SEND_LESS)
    link, gate, elsewhere = link_of(request), request.app[GATE], request.app[ELSEWHERE]
    if wait_s := gate.begin_logout(request):
        return too_often(wait_s)
    try:
        given = parse_qs(raw.decode("ascii"), max_num_fields=8).get("logout_token", [])
        claims = await logout_token_claims(link, given[0] if len(given) == 1 else None, gate.now_s())
    except ProviderFailed as failed:
        _tell(elsewhere, link, failed.why)
        return problem(
            503, "provider_away", "The keys of the identity provider can't be had now.", retry_after_s=5
        )
    except (BadToken, ValueError) as bad:
        why = bad.why if isinstance(bad, BadToken) else "form"
        _tell(elsewhere, link, why)
        return _bad()
    gate.logged_out(request)
    mark = f"jti {link.provider.issuer} {claims['jti']}"
    if await elsewhere.sessions.used(mark):
        _tell(elsewhere, link, "jti used")
        return _bad()
    await _end(request, link, claims)
    # Last, so that what could not be done may be sent again; twice at the same time does no more than once.
    await elsewhere.sessions.first_time(mark, REMEMBERED_MS)
    return web.Response(status=200, headers={"Cache-Control": "no-store"})


def _tell(elsewhere: SignInElsewhere, link: ProviderLink, why: str) -> None:
    if elsewhere.logged(link):
        _log.warning("oidc_logout_refused", provider=link.provider.id, why=why)


def _bad() -> web.Response:
    return problem(400, "invalid_request", "This is no logout token that is believed here.")


async def _end(request: web.Request, link: ProviderLink, claims: Claims) -> None:
    """The one session that is named, if it is known here; else all of that person."""
    staff = _account(request, link, claims)
    sid = session_digest(link, claims.get("sid"))
    known = bool(sid) and await request.app[ELSEWHERE].sessions.end(sid)
    if not known and staff is not None:
        await request.app[NODE].sign_in.sign_out_everywhere(staff.id)
    if staff is not None:
        which = "session" if known else "all"
        await request.app[AUDIT].record_as(
            f"oidc {link.provider.id}", staff.sites, "sign_out", staff.id, which=which
        )


def _account(request: web.Request, link: ProviderLink, claims: Claims) -> Staff | None:
    if "sub" not in claims:
        return None
    issuer = link.provider.issuer
    return account_of(request.app[NODE].directory.people, issuer, subject_digest(issuer, claims["sub"]))


def add_oidc_logout(app: web.Application) -> None:
    """Mount this operation."""
    app.router.add_route("POST", "/api/v1/oidc/{provider}/logout", logout_there)
