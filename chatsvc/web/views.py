"""Records as the wire shows them."""

import json
from collections.abc import Iterable, Iterator
from typing import Any, Literal, cast, get_args

from msgspec import UNSET

from chatsvc.domain.conversation import visitor_state
from chatsvc.domain.errors import BadField, UnknownQueue
from chatsvc.domain.ports import Seal
from chatsvc.domain.questions import Placement, Question
from chatsvc.domain.records import (
    Conversation,
    Duty,
    DutyReason,
    LogEntry,
    Participant,
    PauseReason,
    SystemReason,
)
from chatsvc.domain.sites import Contact, Queue, Site, Staff
from chatsvc.services.pool import EntryView
from chatsvc.services.queues import QueueReport
from chatsvc.web import frames

Who = Literal["here", "away", "left"]
_REASONS = frozenset((*get_args(PauseReason), *get_args(SystemReason)))
EMERGENCY = frames.Help(
    {"fi": "Yleinen hätänumero", "sv": "Allmänna nödnumret", "en": "Emergency number"}, "112"
)


def entry(view: EntryView) -> frames.Entry:
    """A line as part of a `log`."""
    return frames.Entry(
        seq=view.seq, id=view.id, kind=view.kind, from_=view.author, by=view.by, at=view.at,  # type: ignore[arg-type]  # the node's own words
        lang=view.lang, text=view.text, event=view.event, params=view.params,
    )  # fmt: skip


def entry_frame(seal: Seal, log: str, stored: LogEntry, conversation: str | None) -> frames.Entry:
    """A stored line, decrypted, as a frame of its own; `conversation` for a counsellor. Raises Unreadable."""
    seq, at, (ident, kind, author, by, lang, sealed, _, event) = stored
    plain = seal.unseal(log, author, ident, sealed)
    make: Any = frames.EntryFrame if log == "talk" else frames.NoteFrame
    found: frames.Entry = make(
        seq=seq, id=ident, kind=kind, from_=author, by=by, at=at, lang=lang, conversation=conversation
    )
    if kind == "text":
        found.text = plain.decode()
    else:
        found.event, found.params = event, json.loads(plain) or None
    return found


def urgent(site: Site) -> list[frames.Help]:
    """The numbers for an emergency; 112 where a site has declared none at all: nobody is turned away without one."""
    known = any(contact.phone for contact in (*site.emergency, *site.alternatives))
    return helps(site.emergency) + ([] if known else [EMERGENCY])


def helps(contacts: tuple[Contact, ...]) -> list[frames.Help]:
    """Numbers and addresses that help."""
    return [frames.Help(item.names, item.phone, item.url, item.hours) for item in contacts]


def people_in(conversation: Conversation) -> list[frames.Person]:
    """The staff of a conversation as a visitor may know them."""
    return [frames.Person(part.n, part.alias) for part in conversation.people]


def who_answers(conversation: Conversation) -> Participant | None:
    """The one whose connection a visitor hears of: the owner; when they are lost, the colleague who is there."""
    return conversation.leader or next(iter(conversation.people), None)


def counsellor_presence(conversation: Conversation) -> Literal["here", "away"] | None:
    """Whether whoever answers is connected; None while there is nobody."""
    found = who_answers(conversation)
    if found is None:
        return None
    return "here" if found.node else "away"


def leader_of(conversation: Conversation) -> int | None:
    """The number of whoever leads the conversation; None while a new one is looked for."""
    return conversation.leader.n if conversation.leader else None


def visitor_presence(conversation: Conversation) -> Who:
    """Whether the visitor is connected; after the end they have left."""
    if visitor_state(conversation.state) == "closed":
        return "left"
    return "here" if conversation.vnode else "away"


def status(site: Site, report: QueueReport, resume: str | None, ref: object = UNSET) -> frames.Status:
    """A queue before joining."""
    queue = report.queue
    return frames.Status(
        ref=ref,  # type: ignore[arg-type]  # the client's own, already checked
        site=site.id, queue=queue.name, names=queue.names, languages=list(site.languages), state=report.state,
        waiting=report.waiting, away=report.away, estimate_s=report.estimate_s, opens_at=report.opens_at,
        closes_at=report.opening.closes_at, closing=report.closing, spoken=list(report.spoken),
        questions=questions(queue.questions),
        notice=site.notice, notice_url=site.notice_url, emergency=helps(site.emergency),
        alternatives=helps(site.alternatives), resume=resume,
    )  # fmt: skip


def visitor_welcome(
    record: Conversation, queue: Queue, epoch: str, log: list[frames.Entry], seen: int
) -> frames.VisitorWelcome:
    """A visitor's conversation as it is, without what belongs to this hello alone."""
    return frames.VisitorWelcome(
        conversation=record.id, site=record.site, queue=queue.name, names=queue.names, epoch=epoch,
        state=visitor_state(record.state),  # type: ignore[arg-type]  # one of the three
        log=log, participants=people_in(record), presence=counsellor_presence(record), limits=limits(queue),
        reason=record.reason, linger_until=record.linger_until, seen=seen, also=record.also or [],
    )  # fmt: skip


def unavailable(site: Site, reason: str, opens_at: int | None, ref: object) -> frames.Unavailable:
    """Why there is no conversation, and where else there is help."""
    return frames.Unavailable(
        ref=ref,  # type: ignore[arg-type]  # the client's own, already checked
        reason=reason,  # type: ignore[arg-type]  # the store's words are the wire's
        emergency=urgent(site), alternatives=helps(site.alternatives), opens_at=opens_at,
    )  # fmt: skip


def questions(asked: Iterable[Question]) -> list[frames.Question]:
    """Questions before joining, without the rules: what answers lead to is not for everybody to read."""
    return [
        frames.Question(
            id=found.id, kind=found.kind, text=found.text, help=found.help, required=found.required,
            options=[frames.Option(option.id, option.text) for option in found.options],
        )
        for found in asked
    ]  # fmt: skip


def before_joining(
    site: Site, placement: Placement, hello: frames.VisitorHello
) -> frames.Unavailable | frames.BeforeJoining | None:
    """What a newcomer is shown instead of joining, or is still to read or to answer before; None: they may join."""
    messages = list(placement.messages)
    if placement.stop:
        found = unavailable(site, "refused", None, hello.ref)
        found.messages = messages
        return found
    if not placement.unasked and len(messages) <= hello.read:
        return None
    names = next(queue.names for queue in site.queues if queue.name == placement.queue)
    return frames.BeforeJoining(
        ref=hello.ref, site=site.id, queue=placement.queue, names=names, messages=messages[hello.read :],
        questions=questions(placement.unasked), emergency=helps(site.emergency),
        alternatives=helps(site.alternatives),
    )  # fmt: skip


def counsellor_welcome(
    staff: Staff,
    told: frames.Duty,
    reports: list[QueueReport],
    shown: list[frames.CounsellorConversation],
    now: int,
) -> frames.CounsellorWelcome:
    """A counsellor's state, whole."""
    names: list[dict[str, str]] = [{"site": it.queue.site, "queue": it.queue.name} for it in reports]
    return frames.CounsellorWelcome(
        counsellor=frames.Self(
            staff.id, staff.alias, staff.role, names, list(staff.languages), staff.capacity, told.load
        ),
        duty=told,
        queues=[frames.QueueState(**queue_fields(report, now)) for report in reports],
        conversations=shown,
    )


def news(before: Conversation, now: Conversation) -> Iterator[frames.Frame]:
    """What is new, for staff, in a conversation that goes on."""
    people, leader = people_in(now), leader_of(now)
    if (people, leader) != (people_in(before), leader_of(before)):
        yield frames.Participants(participants=people, conversation=now.id, owner=leader)
    if bool(now.heavy) != bool(before.heavy):
        yield frames.HeavyNow(conversation=now.id, on=bool(now.heavy))
    presence = visitor_presence(now)
    if presence != visitor_presence(before):
        yield frames.Presence(who="visitor", state=presence, conversation=now.id)


def offer(record: Conversation) -> frames.Offer:
    """A conversation on offer."""
    site, queue = queue_parts(record.queue)
    return frames.Offer(
        conversation=record.id, site=site, queue=queue, lang=record.lang, waited_ms=record.offer_waited or 0,
        priority=record.priority, expires_at=record.offer_until or 0, transfer=record.transfer is not None,
    )  # fmt: skip


def queue_fields(report: QueueReport, now: int) -> dict[str, Any]:
    """A queue for counsellors: the fields of QueueState and of the `queue` frame."""
    queue = report.queue
    return {
        "site": queue.site, "queue": queue.name, "names": queue.names, "mode": queue.mode, "state": report.state,
        "waiting": report.waiting, "away": report.away,
        "longest_wait_ms": max(0, now - report.oldest) if report.oldest else 0,
        "on_duty": report.on_duty, "free": report.free,
        "head": [
            frames.Head(
                item.conversation, item.lang, max(0, now - item.joined), item.priority, list(item.languages)
            )
            for item in report.head
        ],
    }  # fmt: skip


def queue_parts(key: str) -> tuple[str, str]:
    """Site and name of a queue key."""
    site, _, name = key.partition("/")
    return site, name


def own_queue(own: Iterable[str], name: str, site: str | None) -> str:
    """The key of one of these queues, by name. Raises UnknownQueue; BadField where several sites have that name."""
    found = [key for key in own if name in (key, queue_parts(key)[1]) and site in (None, queue_parts(key)[0])]
    if not found:
        raise UnknownQueue("`queue` names none of your queues.")
    if len(found) > 1:
        raise BadField("`queue` is the name of several of your queues; say which `site`.")
    return found[0]


def duty_reason(record: Duty) -> DutyReason | None:
    """Why somebody pauses or is off duty; a word from before there was a list of them is `other`."""
    if record.reason is None:
        return None
    return cast(DutyReason, record.reason) if record.reason in _REASONS else "other"


def duty(
    record: Duty, until: int | None = None, ref: object = UNSET, *, own: frozenset[str] = frozenset()
) -> frames.Duty:
    """The counsellor's duty, which ends at `until` (ms) where that is planned; `own` are all of their queues."""
    served = [{"site": site, "queue": queue} for site, queue in map(queue_parts, sorted(record.queues))]
    state = cast(Literal["available", "paused", "off", "draining"], record.state)
    return frames.Duty(
        ref=ref,  # type: ignore[arg-type]  # the client's own, already checked
        state=state, until=until, reason=duty_reason(record), load=record.load, capacity=record.capacity,
        queues=None if own.issubset(record.queues) else served,
    )  # fmt: skip


def limits(queue: Queue, max_text: int = frames.MAX_TEXT) -> frames.Limits:
    """What a visitor's client should respect and expect."""
    return frames.Limits(
        max_text, frames.MAX_FRAME, frames.MAX_ID, queue.idle_end_ms, queue.grace_waiting_ms,
        queue.grace_talking_ms, queue.linger_ms, 10_000,
    )  # fmt: skip
