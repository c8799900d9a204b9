"""What `chatsvc apply` reads: sites and queues, declared in TOML. A file with an error is refused whole."""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from chatsvc.domain.audit import LEAST_MONTHS, MOST_MONTHS
from chatsvc.domain.declaration_hours import opening_hours
from chatsvc.domain.declaration_questions import questions, rules
from chatsvc.domain.declaration_text import Path, Problem, did_you_mean, line_numbers
from chatsvc.domain.declaration_values import (
    Refusal,
    choice,
    duration,
    flag,
    identifier,
    integer,
    languages,
    origins,
    phone,
    texts,
    url,
    urls,
)
from chatsvc.domain.question_checks import faults
from chatsvc.domain.sites import Contact, Queue, QueueName, Site, SiteId

Reader = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a table: the attribute it becomes, how its value is read, what it means."""

    attribute: str
    read: Reader
    help: str
    required: bool = False


CONTACT_KEYS: Mapping[str, Key] = {
    "names": Key("names", texts(120), "who it is, per language", required=True),
    "phone": Key("phone", phone, "the number, as people should dial it"),
    "url": Key("url", url, "a page"),
    "hours": Key("hours", texts(200), "when it answers, per language"),
}
QUEUE_KEYS: Mapping[str, Key] = {
    "names": Key("names", texts(80), "the queue's name, per language", required=True),
    "mode": Key(
        "mode", choice("take", "offer", "auto"), "counsellors take, are offered, or are given visitors"
    ),
    "open": Key("open", flag, "false closes it by hand, whatever the hours"),
    "hours": Key("hours", opening_hours, "when it is meant to be open; left out, it stays as it is"),
    "last_entry": Key("last_entry_ms", duration("0 s", "4 h"), "before closing: nobody joins any more"),
    "closing_warning": Key(
        "closing_warning_ms", duration("0 s", "4 h"), "before closing: whoever waits is told"
    ),
    "question": Key("questions", questions, "what is asked before joining"),
    "rule": Key("rules", rules, "what answers lead to: priority, tags, another queue, a message"),
    "priority_step": Key(
        "priority_step_ms", duration("10 s", "4 h"), "what one step of priority counts as, of waiting"
    ),
    "waiting_limit": Key("waiting_limit", integer(1, 10_000), "how many may wait at once"),
    "offer": Key("offer_ms", duration("5 s", "10 min"), "how long an offer waits for its answer"),
    "offer_repeat": Key(
        "offer_repeat_ms", duration("0 s", "24 h"), "before the same person is offered again"
    ),
    "grace_waiting": Key(
        "grace_waiting_ms", duration("10 s", "24 h"), "how long an absent visitor keeps the place"
    ),
    "grace_talking": Key(
        "grace_talking_ms", duration("10 s", "24 h"), "how long an absent visitor keeps the talk"
    ),
    "idle_warning": Key("idle_warning_ms", duration("30 s", "24 h"), "silence before both are warned"),
    "idle_end": Key("idle_end_ms", duration("1 min", "24 h"), "silence before the conversation ends"),
    "wrap_up": Key("wrap_up_ms", duration("0 s", "2 h"), "time for the record after a conversation"),
    "weight": Key("weight", integer(1, 10), "places of a counsellor's capacity that one conversation takes"),
    "other_language": Key(
        "other_language_ms",
        duration("0 s", "24 h"),
        "before a visitor who agrees is served in another language",
    ),
    "linger": Key("linger_ms", duration("0 s", "24 h"), "how long the visitor can still read what was said"),
}
SITE_KEYS: Mapping[str, Key] = {
    "names": Key("names", texts(120), "the organisation's name, per language", required=True),
    "languages": Key("languages", languages, "languages of service, the first one is the default"),
    "pool": Key("pool", identifier, "sites with the same pool share their counsellors"),
    "origins": Key("origins", origins, "pages that may embed the chat"),
    "notice": Key("notice", texts(4_000, lines=True), "privacy notice, shown before the first message"),
    "notice_url": Key("notice_url", urls, "the whole privacy notice, per language"),
    "grace_staff": Key(
        "grace_staff_ms", duration("5 s", "1 h"), "how long an absent counsellor keeps conversations"
    ),
    "late": Key(
        "late_ms", duration("1 min", "4 h"), "how long somebody on shift may be off duty before that is shown"
    ),
    "audit_months": Key(
        "audit_months", integer(LEAST_MONTHS, MOST_MONTHS), "how long entries of the audit log are kept"
    ),
}
# Read elsewhere: `shift` and `minimum` by declaration_plan, what begins with `retention` by declaration_retention.
_SITE_TABLES = (
    "emergency", "alternatives", "queue", "shift", "retention", "retention_existing", "retention_within",
)  # fmt: skip
_QUEUE_TABLES = ("minimum",)


class DeclarationRefused(Exception):
    """A file that can't be applied, with everything that is wrong in it."""

    def __init__(self, file: str, problems: list[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.line or 0))
        super().__init__("\n".join(problem.render(file) for problem in self.problems))


def parse_declaration(text: str, file: str = "site.toml") -> tuple[Site, ...]:
    """The sites that a text declares, in its order. Raises `DeclarationRefused` with every problem found."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DeclarationRefused(file, [_syntax_problem(error)]) from None
    reading = _Reading(line_numbers(text))
    sites = reading.declaration(tables)
    if reading.problems:
        raise DeclarationRefused(file, reading.problems)
    return sites


def _syntax_problem(error: tomllib.TOMLDecodeError) -> Problem:
    message = str(error)
    place = re.search(r" \(at line (\d+), column \d+\)", message)
    if place is None:
        return Problem("", f"this is not TOML: {message}.")
    return Problem("", f"this is not TOML: {message.replace(place[0], '')}.", int(place[1]))


class _Reading:
    """One pass over the tables of a file, which goes on after a problem to find the next."""

    def __init__(self, lines: Mapping[Path, int]) -> None:
        self._lines = lines
        self.problems: list[Problem] = []

    def declaration(self, tables: dict[str, Any]) -> tuple[Site, ...]:
        self._refuse_unknown((), tables, ("site",))
        declared = self._table((), tables, "site")
        if not declared and not self.problems:
            self._problem((), "no site is declared; a file has at least one table [site.NAME].")
        return tuple(self._site(("site", name), name, table) for name, table in declared.items())

    def _site(self, path: Path, name: str, table: Any) -> Site:
        self._check_name(path, name)
        values = self._values(path, table, SITE_KEYS, _SITE_TABLES)
        site = Site(id=SiteId(name), **({"names": {}} | values))
        if not isinstance(table, dict):
            return site
        declared = self._table(path, table, "queue")
        queues = tuple(
            self._queue((*path, "queue", key), site, key, queue) for key, queue in declared.items()
        )
        if not queues and "queue" not in table:
            self._problem(path, f"the site has no queue; declare one as [site.{name}.queue.NAME].")
        site = replace(
            site,
            emergency=self._contacts(path, table, "emergency", site),
            alternatives=self._contacts(path, table, "alternatives", site),
            queues=queues,
        )
        for key in ("names", "notice", "notice_url"):
            self._check_languages((*path, key), getattr(site, key), site, given=key in values)
        for fault in faults(site.languages, {queue.name: queue for queue in site.queues}):
            self._problem((*path, "queue", fault.queue, *fault.place), fault.message)
        return site

    def _queue(self, path: Path, site: Site, name: str, table: Any) -> Queue:
        self._check_name(path, name)
        values = self._values(path, table, QUEUE_KEYS, _QUEUE_TABLES)
        queue = Queue(site=site.id, name=QueueName(name), **({"names": {}} | values))
        self._check_languages((*path, "names"), queue.names, site, given="names" in values)
        if queue.idle_warning_ms >= queue.idle_end_ms:
            self._problem((*path, "idle_warning"), "must be shorter than idle_end.")
        if isinstance(table, dict) and "question" in table and "questions" not in values:
            return replace(queue, rules=())  # what the rules are about could not be read
        return queue

    def _contacts(self, path: Path, table: dict[str, Any], key: str, site: Site) -> tuple[Contact, ...]:
        rows = table.get(key, [])
        if not isinstance(rows, list):
            self._problem((*path, key), f"must be a list of tables, each headed [[{'.'.join(path)}.{key}]].")
            return ()
        return tuple(
            self._contact((*path, key, str(number)), row, site) for number, row in enumerate(rows, 1)
        )

    def _contact(self, path: Path, row: Any, site: Site) -> Contact:
        values = self._values(path, row, CONTACT_KEYS)
        contact = Contact(**({"names": {}} | values))
        for key in ("names", "hours"):
            self._check_languages((*path, key), getattr(contact, key), site, given=key in values)
        if isinstance(row, dict) and "phone" not in row and "url" not in row:
            self._problem(path, "needs a phone or a url.")
        return contact

    def _values(
        self, path: Path, table: Any, keys: Mapping[str, Key], tables: tuple[str, ...] = ()
    ) -> dict[str, Any]:
        """Attributes read from a table; what is wrong is noted and left out."""
        if not isinstance(table, dict):
            self._problem(path, "must be a table.")
            return {}
        self._refuse_unknown(path, table, (*keys, *tables))
        values: dict[str, Any] = {}
        for name, key in keys.items():
            if name in table:
                try:
                    values[key.attribute] = key.read(table[name])
                except Refusal as refusal:
                    for each in refusal.each:
                        self._problem((*path, name, *each.path), str(each))
            elif key.required:
                self._problem((*path, name), f"is missing ({key.help}).")
        return values

    def _table(self, path: Path, table: dict[str, Any], key: str) -> dict[str, Any]:
        value = table.get(key, {})
        if isinstance(value, dict):
            return cast("dict[str, Any]", value)
        self._problem((*path, key), f"must be tables headed [{'.'.join((*path, key))}.NAME].")
        return {}

    def _refuse_unknown(self, path: Path, table: dict[str, Any], known: tuple[str, ...]) -> None:
        for name in table:
            if name not in known:
                near = did_you_mean(name, known)
                self._problem((*path, name), f"there is no such key.{near} Accepted: {', '.join(known)}.")

    def _check_name(self, path: Path, name: str) -> None:
        try:
            identifier(name)
        except Refusal as refusal:
            self._problem(path, f"the name {refusal}")

    def _check_languages(
        self, path: Path, given_texts: Mapping[str, str], site: Site, *, given: bool
    ) -> None:
        missing = [language for language in site.languages if language not in given_texts]
        if given and missing:
            self._problem(path, f"has no text in {', '.join(missing)}, a language of the site.")

    def _problem(self, path: Path, message: str) -> None:
        line = next((self._lines[path[:n]] for n in range(len(path), 0, -1) if path[:n] in self._lines), None)
        self.problems.append(Problem(".".join(path), message, line))
