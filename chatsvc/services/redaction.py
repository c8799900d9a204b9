"""Takes out of a text what could tell who somebody is, where a retention rule keeps the text.

Names of people are not found, nor is anything that is told in words; `deploy/redaction.md` says what else, and how well
it works.
"""

from chatsvc.domain.redaction import Detector, Finding, Redacted, find, replace
from chatsvc.domain.redaction_addresses import addresses
from chatsvc.domain.redaction_email import emails
from chatsvc.services.redaction_codes import accounts, identity_codes
from chatsvc.services.redaction_lines import kept_numbers
from chatsvc.services.redaction_phones import phones

_NATIONAL = kept_numbers()


def detectors(keep: frozenset[str] = _NATIONAL) -> tuple[Detector, ...]:
    """What looks for each kind, in the order in which a stretch is theirs: the most certain kinds first."""
    return (accounts, identity_codes, emails, lambda text: phones(text, keep), addresses)


def findings(text: str, keep: frozenset[str] = _NATIONAL) -> tuple[Finding, ...]:
    """What would be taken out, by place, in the order of the text."""
    return find(text, detectors(keep))


def redact(text: str, language: str, keep: frozenset[str] = _NATIONAL) -> Redacted:
    """The text with a mark of the conversation's language for each thing found; unchanged if nothing was.

    `keep` holds telephone numbers that stay (see `kept_numbers`); the national help lines unless told otherwise.
    Patterns do not depend on the language: people mix them. Raises `KeyError` for a language that no site can have.
    """
    return replace(text, findings(text, keep), language)
