"""The operations of the API that have handlers of their own, described for the OpenAPI document."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chatsvc.web import api_bodies as bodies
from chatsvc.web.operations import Answer, Parameter
from chatsvc.web.passkey_bodies import Options, PasskeyOnly

_DOCUMENT = {"type": "object"}


@dataclass(frozen=True, slots=True)
class Described:
    """One operation; `public` ones need no sign-in."""

    id: str
    method: str
    path: str
    summary: str
    answers: Mapping[int, Answer]
    refusals: frozenset[int] = frozenset()
    body: Any = None
    body_media: str = "application/json"
    parameters: tuple[Parameter, ...] = ()
    public: bool = False
    tag: str = "service"


_TO = Parameter("to", "Where to go at the end.", {"type": "string", "enum": ["console", "manage", "done"]})
_BODY = frozenset({400, 408, 413})
DESCRIBED: tuple[Described, ...] = (
    Described(
        "getQueues", "GET", "/api/v1/sites/{site}/queues", "How a site's queues stand.",
        {200: Answer("What a page may show before anybody opens the chat.", bodies.SiteQueues)},
        frozenset({404, 503}), public=True,
    ),
    Described(
        "login", "POST", "/api/v1/login", "Sign in.",
        {200: Answer("Signed in; the session's cookie is set.", bodies.Me)},
        _BODY | {401, 403, 429, 503}, bodies.Credentials, public=True,
    ),
    Described(
        "askPasskey", "POST", "/api/v1/login/passkey/options", "Ask for what a passkey answers to sign in.",
        {200: Answer("What the browser needs; the same for everybody.", Options)},
        frozenset({403, 404}), public=True,
    ),
    Described(
        "loginWithPasskey", "POST", "/api/v1/login/passkey", "Sign in with a passkey alone.",
        {200: Answer("Signed in; the session's cookie is set.", bodies.Me)},
        _BODY | {401, 403, 429, 503}, PasskeyOnly, public=True,
    ),
    Described(
        "logout", "POST", "/api/v1/logout", "Go off duty and sign out.",
        {204: Answer("The session is over.")}, frozenset({403, 503}), public=True,
    ),
    Described(
        "getWays", "GET", "/api/v1/sign-in", "With what somebody can sign in.",
        {200: Answer("The ways in.", bodies.Ways)}, public=True,
    ),
    Described(
        "startElsewhere", "GET", "/api/v1/oidc/{provider}/start", "Begin to sign in with an identity provider.",
        {303: Answer("To the provider; or to the sign-in page, `sign_in` in its address says why.")},
        frozenset({400, 404}), parameters=(_TO,), public=True,
    ),
    Described(
        "finishElsewhere", "GET", "/api/v1/oidc/{provider}/callback", "Where an identity provider leads back to.",
        {303: Answer("Signed in; or to the sign-in page, `sign_in` in its address says what is missing.")},
        frozenset({400, 404}), public=True,
    ),
    Described(
        "secondStepHere", "POST", "/api/v1/oidc/second", "The second step of whom an identity provider vouches for.",
        {200: Answer("Signed in; the session's cookie is set.", bodies.Me)},
        _BODY | {401, 403, 429, 503}, bodies.SecondHere, public=True,
    ),
    Described(
        "endElsewhere", "GET", "/api/v1/oidc/{provider}/end", "Sign out at the identity provider too.",
        {303: Answer("To the provider; or to the sign-in page, if it does not answer.")},
        frozenset({404}), public=True,
    ),
    Described(
        "endedElsewhere", "POST", "/api/v1/oidc/{provider}/logout", "For identity providers: a session there is over.",
        {200: Answer("What came from it is over here too.")}, _BODY | {404, 429, 503},
        {"type": "object", "properties": {"logout_token": {"type": "string"}}, "required": ["logout_token"]},
        "application/x-www-form-urlencoded", public=True,
    ),
    Described(
        "getMe", "GET", "/api/v1/me", "Who is signed in.",
        {200: Answer("The account.", bodies.Me)}, frozenset({401, 503}),
    ),
    Described(
        "getColleagues", "GET", "/api/v1/colleagues", "Who else is there, for transfers and consultations.",
        {200: Answer("Those on duty in the same pool.", bodies.Colleagues)}, frozenset({401, 403, 404, 503}),
    ),
    Described(
        "endVisit", "POST", "/api/v1/visitor/end", "End what the visitor's cookie has, and the cookie itself.",
        {
            202: Answer("It will be ended as soon as the store is back."),
            204: Answer("Ended, or there was nothing to end."),
        },
        _BODY | {403, 503}, bodies.VisitEnd, public=True, tag="visitor",
    ),
    Described(
        "readFeed", "GET", "/calendar/{token}.ics", "One person's times, for the calendar program that subscribes.",
        {
            200: Answer("Each time by itself, in UTC.", {"type": "string"}, "text/calendar", tagged=True),
            304: Answer("As it was: If-None-Match names the present ETag."),
        },
        frozenset({404, 503}), public=True,
    ),
    Described(
        "getAsyncApi", "GET", "/api/v1/asyncapi.json", "The document of the WebSocket protocol.",
        {200: Answer("AsyncAPI 3.", _DOCUMENT)}, public=True,
    ),
    Described(
        "getOpenApi", "GET", "/api/v1/openapi.json", "This document.",
        {200: Answer("OpenAPI 3.1.", _DOCUMENT)}, public=True,
    ),
)  # fmt: skip
