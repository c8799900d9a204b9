"""The setting `oidc`: identity providers, what is accepted and what an operator is told about anything else."""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from chatsvc.domain.declaration_text import did_you_mean
from chatsvc.domain.declaration_values import Refusal, choice, flag, identifier, texts, url
from chatsvc.domain.identity import ANYWHERE, Grant, Provider
from chatsvc.domain.second_factor import ROLES
from chatsvc.domain.sites import LANGUAGES, SiteId, queue_key

SECRET_FILE_BYTES = 4_096  # nothing that is a secret of ours is longer
MOST_PROVIDERS = 8
LONGEST_NAME = 20
ACCEPTED = "tables [oidc.NAME] in the file, the same as one JSON object in the variable; empty: none"
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")  # RFC 6749, 3.3
_PROMPTS = ("", "login", "select_account")  # OpenID Connect Core, 3.1.2.1, those that ask the person

Read = Callable[[Any], Any]


def secret_text(value: Any, base: Path) -> str:
    """What a file holds that is named by a setting, relative to `base`. Raises Refusal."""
    if not isinstance(value, str) or not value:
        raise Refusal("must be the path of a file that holds the secret.")
    path = base / Path(value).expanduser()
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(SECRET_FILE_BYTES).strip()
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise Refusal(f"the file {path} can't be read: {reason}.") from None
    if not text:
        raise Refusal(f"the file {path} is empty; it must hold the secret.")
    return text


def read_providers(value: Any, base: Path) -> tuple[Provider, ...]:
    """Every provider, in the order of the file. Raises a Refusal with everything that is wrong."""
    tables = _tables(value)
    found, wrong = [], []
    for name, table in tables.items():
        try:
            found.append(_provider(name, table, base))
        except Refusal as refusal:
            wrong += [_within(one, name) for one in refusal.each]
    issuers = [one.issuer for one in found]
    for one in found:
        if issuers.count(one.issuer) > 1:
            wrong.append(
                Refusal("another provider has the same issuer; keep one of them.", (one.id, "issuer"))
            )
    if wrong:
        raise _all(wrong)
    return tuple(found)


def _tables(value: Any) -> Mapping[str, Any]:
    if isinstance(value, str):
        try:
            value = json.loads(value) if value.strip() else {}
        except ValueError:
            raise Refusal("must be one JSON object, as the tables [oidc.NAME] of the file.") from None
    if not isinstance(value, dict):
        raise Refusal("must be tables, each with a name of your choice: [oidc.kunta].")
    if len(value) > MOST_PROVIDERS:
        raise Refusal(f"has {len(value)} providers; at most {MOST_PROVIDERS} are possible.")
    return value


def _within(refusal: Refusal, *outer: str) -> Refusal:
    return Refusal(str(refusal), (*outer, *refusal.path))


def _all(wrong: list[Refusal]) -> Refusal:
    found = Refusal(" ".join(str(one) for one in wrong))
    found.each = tuple(wrong)
    return found


def _provider(name: str, table: Any, base: Path) -> Provider:
    if len(identifier(name)) > LONGEST_NAME:
        raise Refusal(f"must have at most {LONGEST_NAME} characters: it begins the names of accounts.")
    if not isinstance(table, dict):
        raise Refusal("must be a table with issuer, client_id, name and roles.")
    readers: dict[str, Read] = {**_READERS, "client_secret_file": lambda value: secret_text(value, base)}
    read: dict[str, Any] = {}
    wrong = [_unknown(key, readers) for key in table if key not in readers]
    for key, value in table.items():
        if key in readers:
            try:
                read[key] = readers[key](value)
            except Refusal as refusal:
                wrong += [_within(one, key) for one in refusal.each]
    wrong += _missing(table) + _twice(table)
    if wrong:
        raise _all(wrong)
    secret = read.pop("client_secret_file", "") or read.pop("client_secret", "")
    return Provider(
        id=name, names=read.pop("name"), grants=read.pop("roles"), client_secret=secret, **read
    )  # fmt: skip


def _unknown(key: str, known: Mapping[str, Read]) -> Refusal:
    return Refusal(f"there is no such key.{did_you_mean(key, known)} Known: {', '.join(known)}.", (key,))


def _missing(table: Mapping[str, Any]) -> list[Refusal]:
    needed = {
        "issuer": "the address that the provider calls itself, as in its discovery document",
        "client_id": "the name under which this service is registered there",
        "name": 'what the button says, such as "Kunta" or { fi = "Kunta", sv = "Kommun" }',
        "roles": 'which group gives which role, such as { "chat-counsellors" = "counsellor@kunta" }',
    }
    return [Refusal(f"is missing: {what}.", (key,)) for key, what in needed.items() if key not in table]


def _twice(table: Mapping[str, Any]) -> list[Refusal]:
    if "client_secret" in table and "client_secret_file" in table:
        return [Refusal("client_secret is given too; keep one of them.", ("client_secret_file",))]
    return []


def _issuer(value: Any) -> str:
    found = url(value)
    if urlsplit(found).query or urlsplit(found).fragment:
        raise Refusal("must have no ? and no # (OpenID Connect Discovery 1.0, 3).")
    return found


def _line(longest: int) -> Read:
    def read(value: Any) -> str:
        if not isinstance(value, str) or not 1 <= len(value) <= longest or not value.isprintable():
            raise Refusal(f"must be a text of 1 to {longest} characters on one line.")
        return value

    return read


def _names(value: Any) -> dict[str, str]:
    return texts(60)(dict.fromkeys(LANGUAGES, value) if isinstance(value, str) else value)


def _words(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
        raise Refusal('must be a list of words, such as ["mfa", "otp"].')
    return tuple(dict.fromkeys(value))


def _scopes(value: Any) -> tuple[str, ...]:
    found = _words(value)
    if "openid" not in found or not all(_SCOPE.fullmatch(one) for one in found):
        raise Refusal('must be a list of scopes with "openid", such as ["openid", "profile"].')
    return found


def _roles(value: Any) -> dict[str, tuple[Grant, ...]]:
    if not isinstance(value, dict) or not value:
        raise Refusal('must be a table of groups, such as { "chat-counsellors" = "counsellor@kunta" }.')
    found, wrong = {}, []
    for group, given in value.items():
        words = [given] if isinstance(given, str) else given
        try:
            if not isinstance(words, list) or not words:
                raise Refusal('must be a role, or a list of roles, such as ["counsellor@kunta/paihde"].')
            found[group] = tuple(_grant(word) for word in words)
        except Refusal as refusal:
            wrong.append(_within(refusal, group))
    if wrong:
        raise _all(wrong)
    return found


def _grant(word: Any) -> Grant:
    role, at, where = word.partition("@") if isinstance(word, str) else ("", "", "")
    if role not in ROLES:
        raise Refusal(
            f"must begin with a role ({', '.join(ROLES)}), then @site or @site/queue.{did_you_mean(role, ROLES)}"
        )
    if not at:
        if role not in ANYWHERE:
            raise Refusal(f"must say for which site: {role}@site, or {role}@site/queue.")
        return Grant(role)
    site, slash, queue = where.partition("/")
    try:
        identifier(site)
        if slash:
            identifier(queue)
    except Refusal:
        raise Refusal(f"must name a site, and a queue after a slash: {role}@kunta/paihde.") from None
    return Grant(role, SiteId(site), queue_key(site, queue) if slash else None)


_READERS: Mapping[str, Read] = {
    "issuer": _issuer,
    "client_id": _line(200),
    "client_secret": _line(500),
    "name": _names,
    "roles": _roles,
    "scopes": _scopes,
    "groups_claim": _line(200),
    "name_claim": _line(200),
    "alias": _line(30),
    "passwords": flag,
    "prompt": choice(*_PROMPTS),
    "second_factor_amr": _words,
    "second_factor_acr": _words,
}


def as_toml(provider: Provider) -> str:
    """The tables of a provider as the file has them, without its secret."""

    def line(key: str, value: object) -> str:
        return f"{key} = {json.dumps(value, ensure_ascii=False)}"

    lines = [f"[oidc.{provider.id}]", line("issuer", provider.issuer), line("client_id", provider.client_id)]
    if provider.client_secret:
        lines.append('client_secret_file = ""')
    lines += [
        line(key, list(value) if isinstance(value, tuple) else value)
        for key in (
            "scopes", "groups_claim", "name_claim", "alias", "passwords", "prompt", "second_factor_amr",
            "second_factor_acr",
        )
        for value in [getattr(provider, key)]
    ]  # fmt: skip
    lines += ["", f"[oidc.{provider.id}.name]", *(line(key, text) for key, text in provider.names.items())]
    lines += ["", f"[oidc.{provider.id}.roles]"]
    lines += [
        f"{json.dumps(group, ensure_ascii=False)} = {json.dumps([_word(grant) for grant in grants])}"
        for group, grants in provider.grants.items()
    ]
    return "\n".join(lines)


def _word(grant: Grant) -> str:
    return f"{grant.role}@{grant.queue or grant.site}" if grant.site else grant.role
