"""What a declaration would change, field by field, in the words of the file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from chatsvc.domain.declaration import CONTACT_KEYS, QUEUE_KEYS, SITE_KEYS, Key
from chatsvc.domain.declaration_hours import hours_text
from chatsvc.domain.declaration_questions import form_changes
from chatsvc.domain.declaration_retention import rule_text
from chatsvc.domain.declaration_text import duration_text
from chatsvc.domain.hours import OpeningHours
from chatsvc.domain.retention import RuleSet
from chatsvc.domain.sites import Contact, Queue, Site

SHOWN = 60  # characters of a long text
_QUEUE_FIELDS = {name: key for name, key in QUEUE_KEYS.items() if name not in ("question", "rule")}


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: at `place` (a site or `site/queue`), in `field` unless all of it is new or gone.

    A `note` says in `after` what is worth a word about another one.
    """

    kind: Literal["new", "changed", "gone", "note"]
    place: str
    field: str = ""
    before: str = ""
    after: str = ""

    def __str__(self) -> str:
        if self.kind == "changed":
            return f"{self.place}: {self.field}: {self.before} → {self.after}"
        if self.kind == "note":
            return f"{self.place}: {self.field}: {self.after}"
        return f"{self.place}: {self.kind}"


def changes(before: Site | None, after: Site) -> Iterator[Change]:
    """Every difference between a site as it is stored and as it is declared."""
    if before is None:
        yield Change("new", after.id)
    else:
        yield from _field_changes(after.id, before, after, SITE_KEYS)
        for key in ("emergency", "alternatives"):
            was, now = _contacts(getattr(before, key)), _contacts(getattr(after, key))
            if getattr(before, key) != getattr(after, key):
                yield Change("changed", after.id, key, was, now)
        yield from _retention_changes(before, after)
    yield from _queue_changes(before.queues if before else (), after.queues)


def _queue_changes(before: tuple[Queue, ...], after: tuple[Queue, ...]) -> Iterator[Change]:
    known = {queue.key: queue for queue in before}
    for queue in after:
        if queue.key not in known:
            yield Change("new", queue.key)
        else:
            yield from _field_changes(queue.key, known[queue.key], queue, _QUEUE_FIELDS)
            for field, was, now in form_changes(known[queue.key], queue):
                yield Change("changed", queue.key, field, _brief(was), _brief(now))
    kept = {queue.key for queue in after}
    for queue in before:
        if queue.key not in kept:
            yield Change("gone", queue.key)
    in_both = [queue.key for queue in before if queue.key in kept]
    if in_both and in_both != [queue.key for queue in after if queue.key in known]:
        site = after[0].site
        yield Change("changed", site, "order of queues", ", ".join(known), ", ".join(q.key for q in after))


def _field_changes(place: str, before: object, after: object, keys: Mapping[str, Key]) -> Iterator[Change]:
    for name, key in keys.items():
        was, now = getattr(before, key.attribute), getattr(after, key.attribute)
        if was == now or (name == "hours" and now is None):  # hours that a file leaves out stay as they are
            continue
        if isinstance(was, dict):
            for language in sorted(was.keys() | now.keys()):
                if was.get(language) != now.get(language):
                    field = f"{name}.{language}"
                    yield Change(
                        "changed", place, field, _shown(was.get(language)), _shown(now.get(language))
                    )
        elif isinstance(now, OpeningHours):
            yield Change("changed", place, name, _brief(hours_text(was)), _brief(hours_text(now)))
        elif key.attribute.endswith("_ms"):
            yield Change("changed", place, name, duration_text(was), duration_text(now))
        else:
            yield Change("changed", place, name, _shown(was), _shown(now))


def _shown(value: Any) -> str:
    if value in (None, "", ()):
        return "(none)"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ", ".join(value)
    return _brief(" ".join(str(value).split()))


def _brief(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


def _retention_changes(before: Site, after: Site) -> Iterator[Change]:
    """How the rules in force differ, and which version that makes."""
    if before.retention == after.retention:
        return
    was, now = before.retention[-1:], after.retention[-1]
    rules = {rule.name: rule_text(rule) for version in was for rule in version.rules}
    wanted = {rule.name: rule_text(rule) for rule in now.rules}
    for name in dict.fromkeys([*rules, *wanted]):
        if rules.get(name) != wanted.get(name):
            was_text, text = rules.get(name, "(none)"), wanted.get(name, "(none)")
            yield Change("changed", after.id, f"retention {name}", was_text, text)
    number = f"{now.number}, {'also' if now.existing else 'not'} for what exists"
    yield Change("changed", after.id, "retention version", _number(was), number)


def _number(versions: tuple[RuleSet, ...]) -> str:
    return str(versions[-1].number) if versions else "(none)"


def _contacts(contacts: tuple[Contact, ...]) -> str:
    if not contacts:
        return "(none)"
    return "; ".join(_contact(contact) for contact in contacts)


def _contact(contact: Contact) -> str:
    values = (getattr(contact, key.attribute) for key in CONTACT_KEYS.values())
    return " ".join(
        _shown(next(iter(value.values()), "")) if isinstance(value, dict) else value
        for value in values
        if value
    )
