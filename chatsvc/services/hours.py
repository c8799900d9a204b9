"""Opening hours of a queue, read and changed over the API."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

from chatsvc.domain.declaration_hours import opening_hours
from chatsvc.domain.declaration_text import Problem
from chatsvc.domain.declaration_values import Refusal
from chatsvc.domain.errors import NotFound
from chatsvc.domain.hours import OpeningHours
from chatsvc.domain.hours_document import hours_document
from chatsvc.domain.sites import Queue, QueueKey, Site
from chatsvc.services.plan_errors import PlanChanged, PlanRefused, VersionMissing

ANY = "*"


class Sites(Protocol):
    """Where sites are kept."""

    async def change_site(self, site: str, change: Callable[[Site], Site]) -> Site:
        """Replace a site by what `change` makes of it. Raises KeyError, StoreUnavailable."""
        ...


def hours_tag(hours: OpeningHours | None) -> str:
    """Changes with the hours, and with nothing else."""
    text = json.dumps(hours_document(hours), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def read_hours(document: Any) -> OpeningHours:
    """The hours that a document says. Raises PlanRefused with everything that is wrong in it."""
    try:
        return opening_hours(document)
    except Refusal as refusal:
        raise PlanRefused(
            Problem(".".join(("hours", *each.path)), str(each)) for each in refusal.each
        ) from None


async def set_hours(sites: Sites, queue: QueueKey, hours: OpeningHours, tag: str | None) -> OpeningHours:
    """Give a queue new hours if those in force still have this tag, or whatever they are with `ANY`.

    Raises VersionMissing, PlanChanged, NotFound (queue or site are gone), StoreUnavailable.
    """
    if tag is None:
        raise VersionMissing

    def change(site: Site) -> Site:
        found = next((one for one in site.queues if one.key == queue), None)
        if found is None:
            raise NotFound
        if tag not in (ANY, hours_tag(found.hours)):
            raise PlanChanged
        return replace(site, queues=tuple(_with_hours(one, queue, hours) for one in site.queues))

    try:
        await sites.change_site(queue.partition("/")[0], change)
    except KeyError:
        raise NotFound from None
    return hours


def _with_hours(queue: Queue, key: QueueKey, hours: OpeningHours) -> Queue:
    return replace(queue, hours=hours) if queue.key == key else queue
