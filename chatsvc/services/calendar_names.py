"""Whom and which queues the words of a calendar file mean."""

from collections.abc import Iterable, Sequence

from chatsvc.domain.declaration_values import Refusal
from chatsvc.domain.sites import QueueKey, Site, Staff, StaffId, queue_key

ABSENCE = "ABSENCE"
_SHOWN = 20


class Names:
    """The people and queues of one site, by the words that a supervisor writes for them."""

    def __init__(self, site: Site, people: Iterable[Staff]) -> None:
        self._site = site
        self._keys = tuple(queue.key for queue in site.queues)
        self.serves = {person.id: frozenset(person.queues) for person in people}
        self._by_alias: dict[str, list[StaffId]] = {}
        for person in people:
            self._by_alias.setdefault(person.alias.casefold(), []).append(person.id)

    def says_absence(self, categories: Iterable[str]) -> bool:
        """Whether the categories make an event an absence. A queue of that name is written with its site."""
        return any(word.upper() == ABSENCE for word in categories)

    def person(self, summary: str) -> StaffId:
        """Who is meant: by username, or by an alias that only one person has. Raises Refusal."""
        name = summary.partition(":")[0].strip()
        if (username := StaffId(name.lower())) in self.serves:
            return username
        found = self._by_alias.get(name.casefold(), [])
        if len(found) == 1:
            return found[0]
        if found:
            raise Refusal("is an alias of several people; write the username.")
        raise Refusal(
            "names no counsellor of this site; write a username or an alias, and after a colon the queues."
        )

    def queues(self, categories: Sequence[str], summary: str) -> tuple[QueueKey, ...]:
        """The queues named by categories, else after the summary's colon, else all that the person serves here.

        Raises Refusal.
        """
        name, colon, rest = summary.partition(":")
        words = list(categories) or [word.strip() for word in rest.split(",")] if colon or categories else []
        if words:
            return tuple(self._queue(word) for word in words)
        served = self.serves[self.person(name)]
        if not (found := tuple(key for key in self._keys if key in served)):
            raise Refusal("names somebody who serves no queue of this site; add one to their account first.")
        return found

    def _queue(self, word: str) -> QueueKey:
        for key in (queue_key(self._site.id, word.lower()), QueueKey(word.lower())):
            if key in self._keys:
                return key
        some = ", ".join(queue.name for queue in self._site.queues[:_SHOWN])
        raise Refusal(f"names a queue that is not there, or no more; {self._site.id} has {some or 'none'}.")
