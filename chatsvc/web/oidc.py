"""Signing in with an identity provider: there, back, and the second step here where it is needed.

OpenID Connect Core 1.0, 3.1 (code flow); RFC 7636 (PKCE); RFC 9207 (`iss` in the answer); RFC 9700.
"""

import hmac
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Protocol
from urllib.parse import urlencode

import structlog
from aiohttp import web

from chatsvc.domain.buckets import Buckets, Rate
from chatsvc.domain.errors import NotFound, StoreUnavailable
from chatsvc.domain.identity import subject_digest
from chatsvc.domain.sites import Staff
from chatsvc.services.vouched import Admission, NoEntry, Vouched
from chatsvc.web.json_body import read_object, uncached
from chatsvc.web.oidc_http import ProviderFailed
from chatsvc.web.oidc_journey import (
    HALF_COOKIE,
    HALF_OVER,
    JOURNEY_COOKIE,
    JOURNEY_OVER,
    WITHIN_S,
    Half,
    Journey,
    Seals,
    half_cookie,
    journey_cookie,
)
from chatsvc.web.oidc_provider import ProviderLink
from chatsvc.web.oidc_tokens import BadToken, Claims, groups_of, id_token_claims
from chatsvc.web.problems import problem
from chatsvc.web.routes import NODE, origin_allowed
from chatsvc.web.sign_in import PASSWORDS_ALLOWED
from chatsvc.web.sign_in_enter import Gone, entered, session_cookie
from chatsvc.web.sign_in_gate import GATE
from chatsvc.web.sign_in_second import Shown, second_step

PAGES: Mapping[str, str] = {
    "console": "/console/",
    "manage": "/manage/",
    "done": "/console/?sign_in=done",  # in a window beside the console that waits for it
}
LONGEST_CODE = 4_096
LINES = Rate(100, 1 / 10)  # in the log for each provider: whoever floods a node does not fill its disk
AT_ONCE = 16  # who come back from one provider at the same time, at one node
# What a provider may answer instead of a code (RFC 6749, 4.1.2.1; OpenID Connect Core, 3.1.2.6).
_ERRORS: Mapping[str, str] = {
    "access_denied": "denied", "login_required": "again", "interaction_required": "again",
    "account_selection_required": "again", "consent_required": "denied", "server_error": "away",
    "temporarily_unavailable": "away",
}  # fmt: skip

_log = structlog.get_logger("chatsvc.web")


class ProviderSessions(Protocol):
    """Sessions at providers, and what is good for one time. Every method may raise `StoreUnavailable`."""

    async def begin(self, sid: str) -> None: ...
    async def end(self, sid: str) -> bool: ...
    async def first_time(self, what: str, within_ms: int) -> bool: ...
    async def used(self, what: str) -> bool: ...


@dataclass(slots=True)
class SignInElsewhere:
    """What a node has for all of it. `refresh` makes the node see accounts that were just written."""

    links: Mapping[str, ProviderLink]
    seals: Seals
    admission: Admission
    sessions: ProviderSessions
    refresh: Callable[[], Awaitable[None]]
    returning: Counter[str] = field(default_factory=Counter)  # by provider
    lines: Buckets[str] = field(default_factory=lambda: Buckets(LINES, 1_000))

    def logged(self, link: ProviderLink) -> bool:
        """Whether one more refusal of a provider goes to the log: not after very many of them lately."""
        return not self.lines.take(link.provider.id, monotonic())


ELSEWHERE = web.AppKey("elsewhere", SignInElsewhere)


class _Refused(Exception):
    """Somebody is sent back to the sign-in page: `told` is a key of its texts, `why` goes to the log."""

    def __init__(self, told: str, why: str, staff: Staff | None = None) -> None:
        super().__init__(told)
        self.told, self.why, self.staff = told, why, staff


async def ways(request: web.Request) -> web.Response:
    """GET /sign-in: with what somebody can sign in here."""
    links = request.app[ELSEWHERE].links.values()
    providers = [
        {"id": one.provider.id, "names": dict(one.provider.names), "sign_out": one.can_sign_out}
        for one in links
    ]
    return uncached({"passwords": request.app[PASSWORDS_ALLOWED], "providers": providers})


def link_of(request: web.Request) -> ProviderLink:
    """The provider of the path. Raises NotFound."""
    link = request.app[ELSEWHERE].links.get(request.match_info["provider"])
    if link is None:
        raise NotFound("There is no such identity provider here.")
    return link


def redirect_uri(request: web.Request, provider: str) -> str:
    """Where the provider sends people back to: from the settings, whatever a request says of itself."""
    return f"{request.app[NODE].public_url}/api/v1/oidc/{provider}/callback"


async def start(request: web.Request) -> web.Response:
    """GET /oidc/{provider}/start?to=: to the provider, with a journey in a cookie."""
    link, elsewhere = link_of(request), request.app[ELSEWHERE]
    wanted = request.query.get("to", "console")
    page = wanted if wanted in PAGES else "console"
    try:
        metadata = await link.metadata()
    except ProviderFailed as failed:
        return _sent_back(request, link, page, _Refused("away", failed.why))
    own = link.provider
    journey = Journey.begun(own.id, page, request.app[GATE].now_s())
    query = {
        "response_type": "code", "client_id": own.client_id, "redirect_uri": redirect_uri(request, own.id),
        "scope": " ".join(own.scopes), "state": journey.state, "nonce": journey.nonce,
        "code_challenge": journey.challenge, "code_challenge_method": "S256",
    }  # fmt: skip
    if own.prompt:
        query["prompt"] = own.prompt
    if own.second_factor_acr:
        query["acr_values"] = " ".join(own.second_factor_acr)
    mark = "&" if "?" in metadata.authorization else "?"
    return _to(
        f"{metadata.authorization}{mark}{urlencode(query)}", journey_cookie(elsewhere.seals.seal(journey))
    )


async def callback(request: web.Request) -> web.Response:
    """GET /oidc/{provider}/callback: whoever comes back is signed in, or told why not."""
    link, elsewhere = link_of(request), request.app[ELSEWHERE]
    journey = elsewhere.seals.opened(request.cookies.get(JOURNEY_COOKIE), Journey, request.app[GATE].now_s())
    page = journey.page if journey is not None and journey.page in PAGES else "console"
    try:
        await _check_state(request, link, journey)
        assert journey is not None
        claims = await _exchanged(request, link, journey)
        staff = await _admitted(elsewhere, link, claims)
        return await _let_in(request, link, staff, claims, page)
    except _Refused as refused:
        return _sent_back(request, link, page, refused)
    except StoreUnavailable:
        return _sent_back(request, link, page, _Refused("away", "store_away"))


async def _check_state(request: web.Request, link: ProviderLink, journey: Journey | None) -> None:
    """Whether this is the way back of a journey that began in this browser, for the first time.

    Who comes with none costs their network nothing: a picture in any page makes browsers come like that, and neither
    store nor provider is asked for them.
    """
    state = _one(request, "state")
    if journey is None or journey.provider != link.provider.id:
        raise _Refused("expired", "journey")
    if not hmac.compare_digest(state.encode("utf-8", "surrogatepass"), journey.state.encode()):
        raise _Refused("expired", "state")
    if request.app[GATE].begin_return(request):
        raise _Refused("limited", "too_many")
    if not await request.app[ELSEWHERE].sessions.first_time(f"state {journey.state}", WITHIN_S * 1_000):
        raise _Refused("expired", "state used")


def _one(request: web.Request, name: str) -> str:
    """A parameter of the query that is there once; empty otherwise."""
    found = request.query.getall(name, [])
    return found[0] if len(found) == 1 else ""


async def _exchanged(request: web.Request, link: ProviderLink, journey: Journey) -> Claims:
    """What the ID token says that the code is good for."""
    elsewhere = request.app[ELSEWHERE]
    if elsewhere.returning[link.provider.id] >= AT_ONCE:
        raise _Refused("limited", "too_many")
    elsewhere.returning[link.provider.id] += 1
    try:
        await _check_issuer(request, link)
        if error := request.query.get("error"):
            raise _Refused(_ERRORS.get(error, "refused"), error if error in _ERRORS else "error")
        code = _one(request, "code")
        if not 1 <= len(code) <= LONGEST_CODE:
            raise _Refused("refused", "code")
        answer = await link.exchange(code, journey.verifier, redirect_uri(request, link.provider.id))
        return await id_token_claims(link, answer, journey.nonce, request.app[GATE].now_s())
    except ProviderFailed as failed:
        raise _Refused("refused" if failed.why.startswith("invalid_") else "away", failed.why) from None
    except BadToken as bad:
        raise _Refused("refused", f"token {bad.why}") from None
    finally:
        elsewhere.returning[link.provider.id] -= 1


async def _check_issuer(request: web.Request, link: ProviderLink) -> None:
    """Whose answer it is (RFC 9207, 2.4): one provider's code must not be taken to another."""
    metadata = await link.metadata()
    if (metadata.names_itself or "iss" in request.query) and _one(request, "iss") != link.provider.issuer:
        raise _Refused("refused", "iss")


async def _admitted(elsewhere: SignInElsewhere, link: ProviderLink, claims: Claims) -> Staff:
    own = link.provider
    name = claims.get(own.name_claim)
    person = Vouched(
        own, subject_digest(own.issuer, claims["sub"]), groups_of(claims, own.groups_claim),
        name if isinstance(name, str) else "",
    )  # fmt: skip
    try:
        staff = await elsewhere.admission.admit(person)
    except NoEntry as none:
        why = "groups elsewhere" if none.why == "no_role" and "_claim_names" in claims else none.why
        raise _Refused(none.why, why, none.staff) from None
    finally:
        await elsewhere.refresh()
    return staff


def session_digest(link: ProviderLink, sid: object) -> str:
    """What the store knows of a session at a provider; empty where the provider names none."""
    return subject_digest(link.provider.issuer, f"sid {sid}") if isinstance(sid, str) and sid else ""


async def _let_in(
    request: web.Request, link: ProviderLink, staff: Staff, claims: Claims, page: str
) -> web.Response:
    elsewhere, own = request.app[ELSEWHERE], link.provider
    request.app[GATE].returned(request)
    sid = session_digest(link, claims.get("sid"))
    if sid:
        await elsewhere.sessions.begin(sid)
    amr, acr = claims.get("amr"), claims.get("acr")
    there = own.second_factor_made(
        [one for one in (amr if isinstance(amr, list) else [amr]) if isinstance(one, str)],
        acr if isinstance(acr, str) else "",
    )
    if not there and not isinstance(await second_step(request, staff, {}), Shown):
        half = Half(own.id, staff.id, staff.sign_outs, sid, request.app[GATE].now_s() + WITHIN_S)
        return _to(_told(page, "second"), half_cookie(elsewhere.seals.seal(half)), JOURNEY_OVER)
    try:
        session = await session_cookie(
            request, staff, "provider" if there else "", how=f"oidc {own.id}", sid=sid
        )
    except Gone:
        raise _Refused("disabled", "gone") from None
    # None of the device: it does not come along from another site, and a new one would take the place of all its marks.
    return _to(PAGES[page], session, JOURNEY_OVER, HALF_OVER)


async def second_here(request: web.Request) -> web.Response:
    """POST /oidc/second {totp?, enrolment?}: our own second step of somebody whom a provider vouches for."""
    if not origin_allowed(request):
        return problem(403, "origin", "Sign in on this service's own page.")
    body: dict[str, Any] = await read_object(request)
    elsewhere, gate = request.app[ELSEWHERE], request.app[GATE]
    half = elsewhere.seals.opened(request.cookies.get(HALF_COOKIE), Half, gate.now_s())
    staff = request.app[NODE].directory.staff(half.staff) if half is not None else None
    if half is None or staff is None or staff.disabled or staff.sign_outs != half.sign_outs:
        return problem(401, "not_begun", "Begin to sign in at the identity provider.")
    shown = await second_step(request, staff, body)
    if not isinstance(shown, Shown):
        return shown
    answer = await entered(request, staff, shown, how=f"oidc {half.provider}", sid=half.sid)
    answer.headers.add("Set-Cookie", HALF_OVER)
    return answer


async def end_there(request: web.Request) -> web.Response:
    """GET /oidc/{provider}/end: to where the provider signs people out (RP-Initiated Logout 1.0, 2)."""
    link = link_of(request)
    try:
        address = (await link.metadata()).end_session
    except ProviderFailed as failed:
        return _sent_back(request, link, "console", _Refused("away", failed.why))
    if not address:
        raise NotFound("This identity provider has no page to sign out.")
    query = {
        "client_id": link.provider.client_id,
        "post_logout_redirect_uri": f"{request.app[NODE].public_url}/console/",
    }
    return _to(f"{address}{'&' if '?' in address else '?'}{urlencode(query)}")


def _sent_back(request: web.Request, link: ProviderLink, page: str, refused: _Refused) -> web.Response:
    if request.app[ELSEWHERE].logged(link):
        _log.warning("oidc_refused", provider=link.provider.id, why=refused.why)
    request.app[GATE].refuse(
        refused.staff, f"oidc {refused.why}" if refused.why != "too_many" else "too_many"
    )
    return _to(_told(page, refused.told), JOURNEY_OVER)


def _told(page: str, word: str) -> str:
    return f"{PAGES[page].partition('?')[0]}?sign_in={word}"


def _to(address: str, *cookies: str) -> web.Response:
    answer = web.Response(status=303, headers={"Location": address, "Cache-Control": "no-store"})
    for line in cookies:
        answer.headers.add("Set-Cookie", line)
    return answer


def add_oidc(app: web.Application) -> None:
    """Mount these operations."""
    add = app.router.add_route
    add("GET", "/api/v1/sign-in", ways)
    add("POST", "/api/v1/oidc/second", second_here)
    add("GET", "/api/v1/oidc/{provider}/start", start)
    add("GET", "/api/v1/oidc/{provider}/callback", callback)
    add("GET", "/api/v1/oidc/{provider}/end", end_there)
