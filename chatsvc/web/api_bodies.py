"""The bodies of the API that are not the plan's: what everybody may read, sign-in, problems."""

from typing import Any, Literal

from msgspec import Struct

from chatsvc.domain.permissions import Action
from chatsvc.domain.records import DutyReason
from chatsvc.web.frames import Help, Question, Texts
from chatsvc.web.passkey_bodies import Assertion


class FieldProblem(Struct, frozen=True):
    """One thing that is wrong: in which field, and what would be accepted.

    The field is a path such as `minima[1].hours.mon`, in which lists are counted from 1.
    """

    field: str
    message: str
    line: int | None = None  # of a file that was sent


class Enrolment(Struct, frozen=True):
    """What an authenticator app needs; `picture` is a QR code as a `data:` address, `token` comes back with a code."""

    token: str
    secret: str
    uri: str
    picture: str


class Problem(Struct, frozen=True, omit_defaults=True):
    """An RFC 9457 problem document; `code` is stable, `detail` is for people."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    field: str | None = None  # the first field that is wrong
    problems: list[FieldProblem] = []
    version: int | None = None
    limit: int | None = None  # of a body that is too large: how many bytes it may have
    size: int | None = None  # and how many it has, where the client said so beforehand
    enrolment: Enrolment | None = (
        None  # to set up an authenticator app, without which this account can't sign in
    )
    passkey: dict[str, Any] | None = None  # what `navigator.credentials.get` takes, for the second step


class QueueStatus(Struct, frozen=True):
    """A queue as anybody may read it. Times are ms since the epoch."""

    site: str
    queue: str
    names: Texts
    languages: list[str]
    state: Literal["open", "closed", "full", "no_staff"]
    waiting: int
    away: int
    estimate_s: tuple[int, int] | None
    opens_at: int | None
    closes_at: int | None
    closing: bool  # it is open, but nobody joins any more before it closes
    spoken: list[str]
    questions: list[Question]
    notice: Texts
    notice_url: Texts
    emergency: list[Help]
    alternatives: list[Help]


class SiteQueues(Struct, frozen=True):
    """A site's queues as anybody may read them."""

    site: str
    names: Texts
    languages: list[str]
    queues: list[QueueStatus]


class Credentials(Struct, frozen=True, omit_defaults=True):
    """Who signs in; `totp` is an app's code or a recovery code, `enrolment` the token of an offer to set up an app.

    `passkey` is the answer to what came with `passkey_required` or `totp_required`.
    """

    username: str
    password: str
    totp: str = ""
    enrolment: str = ""
    passkey: Assertion | None = None


class WayElsewhere(Struct, frozen=True):
    """An identity provider; `sign_out` says whether it is known to have a page to sign out there too."""

    id: str
    names: Texts
    sign_out: bool


class Ways(Struct, frozen=True):
    """With what somebody can sign in here."""

    passwords: bool
    providers: list[WayElsewhere]


class SecondHere(Struct, frozen=True, omit_defaults=True):
    """The second step of somebody whom an identity provider vouches for; all as in `Credentials`."""

    totp: str = ""
    enrolment: str = ""
    passkey: Assertion | None = None


class OwnQueue(Struct, frozen=True):
    """A queue that the person answers."""

    site: str
    queue: str
    names: Texts


class SiteQueue(Struct, frozen=True):
    """A queue of a site that the person works for, whether they answer it or not."""

    queue: str
    names: Texts


class OwnSite(Struct, frozen=True):
    """A site that the person works for; `may` are the actions that they are allowed there."""

    site: str
    names: Texts
    languages: list[str]
    queues: list[SiteQueue]
    may: list[Action]


class Me(Struct, frozen=True, omit_defaults=True):
    """Who is signed in."""

    id: str
    alias: str
    role: Literal["counsellor", "supervisor", "admin", "operator", "auditor"]
    capacity: int
    languages: list[str]
    queues: list[OwnQueue]
    sites: list[OwnSite]
    provider: str | None = None  # the identity provider that the account is of, if it is of one
    recovery: list[str] | None = (
        None  # the codes for when the app is gone; only when it was set up in this sign-in
    )


class Colleague(Struct, frozen=True):
    """Somebody else who is there; `free` are the conversations that they could still take, `reason` why they pause."""

    id: str
    alias: str
    state: str
    free: int
    reason: DutyReason | None = None


class Colleagues(Struct, frozen=True):
    """Who else answers in the same pool."""

    colleagues: list[Colleague]


class VisitEnd(Struct, frozen=True):
    """How a visit is ended."""

    how: Literal["button", "quick_exit", "over"] = "button"


Anything = dict[str, Any]
