"""The scripts' headers are the contract: they agree with the code around them, and with what is sent and answered."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from chatsvc.domain.conversation import TRANSITIONS
from chatsvc.domain.records import Outcome
from chatsvc.domain.sites import LANGUAGES
from chatsvc.store import scripts
from chatsvc.store.chats import _ERRORS
from chatsvc.store.keys import POOL_KEYS, QUEUE_KEYS, PoolKeys
from chatsvc.store.scripts import LIFECYCLE, STANDALONE, script

LUA = Path(scripts.__file__).with_name("lua")
COMMON = ("_pool", "_keeping", "_pairing", "_life")
OF_EVERY_REPLY = {"now", "touched", "err", "queue"}


def _source(name: str) -> str:
    return (LUA / f"{name}.lua").read_text(encoding="utf-8")


def _header(name: str) -> str:
    """The comment at the top, as one line."""
    lines = []
    for line in _source(name).splitlines():
        if not line.startswith("--"):
            break
        lines.append(line.removeprefix("--").strip())
    return "\n".join(lines)


def _section(name: str, label: str) -> str:
    """What follows `label:` in a header, up to the next label."""
    found = re.search(rf"^{label}:(.*?)(?=^\w+:|\Z)", _header(name), re.DOTALL | re.MULTILINE)
    return " ".join(found[1].split()) if found else ""


def _without_brackets(text: str) -> str:
    while (shorter := re.sub(r"\([^()]*\)|\{[^{}]*\}", "", text)) != text:
        text = shorter
    return text


def documented_args(name: str) -> set[str]:
    """The arguments that a lifecycle script's header names."""
    words = _without_brackets(_section(name, "args")).replace(" or ", ",").split(",")
    return {word.strip().rstrip("?") for word in words if word.strip()}


def used_args(name: str) -> set[str]:
    """The arguments that a lifecycle script reads."""
    return set(re.findall(r"\barg\.(\w+)", _source(name)))


def documented_results(name: str) -> set[str]:
    """The fields of a lifecycle script's answer that its header names."""
    text = _without_brackets(_section(name, "result").split("; err:")[0])
    return {word.split()[0] for word in text.split(",") if word.strip()}


def given_results(name: str) -> set[str]:
    """The fields with which a lifecycle script commits."""
    tables = re.findall(r"commit\(\{(.*?)\}\)", _source(name))
    return {found for table in tables for found in re.findall(r"(\w+) =", table)}


def documented_errors(name: str) -> set[str]:
    """The refusals that a header names."""
    text = _without_brackets(_section(name, "result").partition("err:")[2])
    return set(re.findall(r"\b[a-z_]+\b", text))


def given_errors(name: str) -> set[str]:
    """The refusals that a script gives."""
    return set(re.findall(r'fail\("(\w+)"\)', _source(name)))


def sent_args(name: str) -> set[str]:
    """The keywords with which the code around calls a lifecycle script."""
    found: set[str] = set()
    for path in Path(scripts.__file__).parents[1].rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        for call in re.finditer(rf"""\b_?run\(\s*(?:pool,\s*)?"{name}",(.*?)\)(?=[\s)])""", text, re.DOTALL):
            found |= set(re.findall(r"(\w+)\s*=(?!=)", call[1]))
        for call in re.finditer(rf"""_step\("{name}", \w+, \{{(.*?)\}}""", text):
            found |= set(re.findall(r'"(\w+)":', call[1]))
    return found


VAULT = {"vault_found", "vault_put", "vault_rotate", "vault_shred", "vault_shred_site"}


def test_every_file_is_a_script_and_every_script_a_file() -> None:
    """Nothing in the folder that nobody runs, nothing run that is not there."""
    files = {path.stem for path in LUA.glob("*.lua")}
    of_directory = {"directory_write", "directory_together", "passkeys_write", "staff_remove"}
    assert files == STANDALONE | LIFECYCLE | set(COMMON) | VAULT | of_directory


@pytest.mark.parametrize("name", sorted(LIFECYCLE))
def test_arguments(name: str) -> None:
    """Documented, read and sent are the same names."""
    assert documented_args(name) == used_args(name)
    assert sent_args(name) == documented_args(name)


@pytest.mark.parametrize("name", sorted(LIFECYCLE))
def test_results(name: str) -> None:
    """What a script answers is documented, and is a field of Outcome; so are its refusals."""
    known = {found.name for found in fields(Outcome)}
    assert given_results(name) <= known
    assert given_results(name) == documented_results(name)
    assert given_errors(name) == documented_errors(name)


def test_outcome_has_no_field_that_nobody_gives() -> None:
    """Every field comes from some script."""
    given = {found for name in LIFECYCLE for found in given_results(name)}
    assert {found.name for found in fields(Outcome)} == given | OF_EVERY_REPLY


def test_every_refusal_becomes_an_error() -> None:
    """What a script refuses with is known to the store's code: else it would pass for a store that is away."""
    entry = {"closed", "closing", "full", "no_staff", "none"}
    for name in LIFECYCLE:
        assert given_errors(name) <= _ERRORS.keys() | entry


@pytest.mark.parametrize("name", sorted(STANDALONE))
def test_keys_and_arguments_by_number(name: str) -> None:
    """A standalone script's header numbers the KEYS and ARGV that it reads, and no others."""
    text = _source(name)
    for label in ("KEYS", "ARGV"):
        numbered = {int(found) for found in re.findall(r"(?:^|, )(\d+) ", _section(name, label))}
        read = {int(found) for found in re.findall(rf"{label}\[(\d+)\]", text)}
        if numbered and "pairs" not in _section(name, label):
            assert read <= numbered
            assert numbered == set(range(1, len(numbered) + 1))


def test_the_order_of_lifecycle_keys() -> None:
    """The prelude takes the pool's keys in the order in which they are sent, the node's set, then ten a queue."""
    text = _source("_pool")
    names = re.search(r"KEYS\[1\.\.13\] ([a-z ]+?)(?=[;.])", text)
    assert names is not None
    assert tuple(names[1].split()) == (*POOL_KEYS, "at")
    queue_part = re.search(r"for each queue: ([a-z ]+);", text)
    assert queue_part is not None
    assert (*queue_part[1].split(), *(f"wait-{language}" for language in LANGUAGES)) == QUEUE_KEYS
    sent = PoolKeys("p").lifecycle("n", ["s/q"])
    assert sent == [
        *(f"chatsvc:{{p}}:{name}" for name in POOL_KEYS), "chatsvc:{p}:at:n",
        *(f"chatsvc:{{p}}:{name}:s/q" for name in QUEUE_KEYS),
    ]  # fmt: skip


def test_guards_come_from_the_table() -> None:
    """A script sets a conversation's state by the table, or to a state that the table knows."""
    states = {state.value for state in TRANSITIONS}
    steps = {step.value for steps in TRANSITIONS.values() for step in steps}
    for name in (*LIFECYCLE, *COMMON):
        text = _source(name)
        assert set(re.findall(r'c\.state [=~]= "(\w+)"', text)) <= states
        assert set(re.findall(r"NEXT\[[^]]*\]\.(\w+)", text)) <= steps


def test_scripts_name_their_engine_first() -> None:
    """`#!lua` first: without it undeclared keys would work until a cluster moves the slot."""
    for name in STANDALONE | LIFECYCLE:
        assert script(name).source.startswith("#!lua\n")
    with pytest.raises(KeyError):
        script("elsewhere")


def test_the_reader_of_headers_sees_a_difference() -> None:
    """These checks read something: known names of known scripts."""
    assert documented_args("take") == {"id", "conversation", "queue"}
    assert sent_args("take") == {"id", "conversation", "queue"}
    assert documented_errors("take") >= {"off_duty", "at_capacity"}
    assert given_results("expire") >= {"done", "ended"}
