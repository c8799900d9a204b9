"""What an operator declares: sites, their queues, and the people who answer. Pure values."""

from dataclasses import dataclass, field
from typing import Literal, NewType

from chatsvc.domain.hours import OpeningHours, Texts
from chatsvc.domain.questions import Question, Rule
from chatsvc.domain.retention import RuleSet

SiteId = NewType("SiteId", str)
QueueName = NewType("QueueName", str)  # unique within its site
QueueKey = NewType("QueueKey", str)  # "site/queue", unique in the deployment
PoolId = NewType("PoolId", str)
StaffId = NewType("StaffId", str)  # the username, lower case

LANGUAGES = ("fi", "sv", "en", "se", "smn", "sms")
Mode = Literal["take", "offer", "auto"]
Role = Literal["counsellor", "supervisor", "admin", "operator", "auditor"]


def queue_key(site: str, queue: str) -> QueueKey:
    """The deployment-wide name of a queue."""
    return QueueKey(f"{site}/{queue}")


@dataclass(frozen=True, slots=True)
class Queue:
    """One line of waiting visitors. Times are milliseconds."""

    site: SiteId
    name: QueueName
    names: Texts
    mode: Mode = "take"
    waiting_limit: int = 50
    offer_ms: int = 30_000
    offer_repeat_ms: int = 300_000  # declined or expired: not offered again to that person for this long
    grace_waiting_ms: int = 600_000
    grace_talking_ms: int = 300_000
    idle_warning_ms: int = 1_200_000
    idle_end_ms: int = 1_800_000
    wrap_up_ms: int = 300_000
    linger_ms: int = 600_000
    open: bool = True  # false: closed by hand, whatever the hours
    hours: OpeningHours | None = None  # none declared: always
    last_entry_ms: int = 0  # before closing: nobody joins any more
    closing_warning_ms: int = 600_000  # before closing: whoever waits is told
    questions: tuple[Question, ...] = ()  # asked before joining
    rules: tuple[Rule, ...] = ()
    priority_step_ms: int = 300_000  # of waiting: what one step of priority counts as
    weight: int = 1  # places of a counsellor's capacity that one conversation takes
    other_language_ms: int = 120_000  # then a visitor who agrees to it may be served in another language

    @property
    def key(self) -> QueueKey:
        return queue_key(self.site, self.name)


@dataclass(frozen=True, slots=True)
class Contact:
    """A phone number or an address that helps when the chat can't: shown to the visitor as it is."""

    names: Texts
    phone: str | None = None
    url: str | None = None
    hours: Texts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Site:
    """One organisation (a tenant): where its chat may be embedded and what its visitors are told."""

    id: SiteId
    names: Texts
    languages: tuple[str, ...] = ("fi", "sv", "en")
    pool: PoolId = PoolId("")  # empty means a pool of its own, named as the site
    origins: tuple[str, ...] = ()  # pages that may embed the panel, e.g. https://www.kunta.fi
    notice: Texts = field(default_factory=dict)  # privacy notice, plain text, shown before the first message
    notice_url: Texts = field(default_factory=dict)
    emergency: tuple[Contact, ...] = ()
    alternatives: tuple[Contact, ...] = ()
    queues: tuple[Queue, ...] = ()
    grace_staff_ms: int = 120_000
    late_ms: int = 300_000  # how long somebody on shift may be off duty before that is shown
    former_pools: tuple[PoolId, ...] = ()  # whose records of this site stay where they are
    retention: tuple[RuleSet, ...] = ()  # every version of its rules, oldest first
    audit_months: int = 24  # how long the entries of its audit log are kept: domain/audit.py

    @property
    def pool_id(self) -> PoolId:
        return self.pool or PoolId(self.id)

    @property
    def pools(self) -> tuple[PoolId, ...]:
        """Every pool that has records of this site, the present one first."""
        return (self.pool_id, *self.former_pools)


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom an identity provider vouches for: its issuer, and a digest of the person's `sub` there."""

    issuer: str
    subject: str
    lapsed: bool = False  # no group of theirs gives a role: disabled until one does


@dataclass(frozen=True, slots=True)
class Staff:
    """A person who signs in. `alias` is the only thing about them that a visitor ever sees."""

    id: StaffId
    alias: str
    role: Role
    password_hash: str
    pool: PoolId
    sites: tuple[SiteId, ...]
    queues: tuple[QueueKey, ...] = ()
    languages: tuple[str, ...] = ("fi", "sv", "en")
    capacity: int = 3
    disabled: bool = False
    sign_outs: int = 0  # how often all their sessions were ended: those from before are void
    identity: Identity | None = None  # none: an account of our own
