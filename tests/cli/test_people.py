"""Accounts and API tokens on the command line, as processes on a real store."""

import asyncio
import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from chatsvc.web.auth import verify_password
from tests.cli.conftest import CommandLine
from tests.support.store_server import SingleStore

PASSWORD = "five blue horses"
ANNA = ("counsellor", "add", "anna", "--alias", "Anna", "--site", "kunta")


def account(store: SingleStore, name: str) -> dict[str, Any]:
    """An account as it lies in the store."""
    return msgspec.msgpack.decode(store.ask("HGET", "chatsvc:{dir}:staff", name), type=dict[str, Any])


def right_password(store: SingleStore, name: str, password: str) -> bool:
    return asyncio.run(verify_password(account(store, name)["password_hash"], password))


def test_the_first_administrator_is_made_here(chatsvc: CommandLine, store: SingleStore) -> None:
    """On an empty store one command makes an administrator who can sign in."""
    told = chatsvc("counsellor", "add", "maija", "--role", "admin", stdin=PASSWORD + "\n")
    assert told == "maija can sign in now, as admin.\n"
    assert right_password(store, "maija", PASSWORD)
    assert not right_password(store, "maija", PASSWORD + " ")


def test_passwords_are_read_from_a_file_or_standard_input(
    chatsvc: CommandLine, store: SingleStore, tmp_path: Path
) -> None:
    """`--password-file` takes a file, or - for standard input; the line's end is not part of it."""
    file = tmp_path / "password"
    file.write_text("a file of secrets\r\n")
    chatsvc("counsellor", "add", "one", "--role", "admin", "--password-file", file)
    chatsvc("counsellor", "add", "two", "--role", "admin", "--password-file", "-", stdin=PASSWORD)
    assert right_password(store, "one", "a file of secrets")
    assert right_password(store, "two", PASSWORD)
    assert "No such file" in chatsvc(
        "counsellor", "set-password", "one", "--password-file", tmp_path / "none", code=1
    )


def test_passwords_are_no_arguments(chatsvc: CommandLine) -> None:
    """An argument would be seen by everybody on the machine, so there is none for passwords."""
    chatsvc("counsellor", "add", "maija", "--role", "admin", "--password", PASSWORD, code=2)
    chatsvc("counsellor", "add", "maija", PASSWORD, "--role", "admin", code=2)


def test_at_a_terminal_the_password_is_asked_for_twice_and_not_shown(
    chatsvc: CommandLine, store: SingleStore
) -> None:
    """A person at a terminal is asked, and what they type does not appear."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "chatsvc", "counsellor", "add", "maija", "--role", "admin"],
        env=chatsvc.variables(), stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    for prompt in (b"New password: ", b"The same again: "):
        while not shown.endswith(prompt):
            shown += os.read(ours, 1000)
        os.write(ours, PASSWORD.encode() + b"\n")
    assert process.wait(30) == 0
    shown += os.read(ours, 1000)
    os.close(ours)
    assert b"maija can sign in" in shown
    assert PASSWORD.encode() not in shown
    assert right_password(store, "maija", PASSWORD)


@pytest.mark.parametrize(
    ("password", "told"),
    [
        ("short one", "at least 12"),
        ("", "at least 12"),
        ("aaaaaaaaaaaaaaaa", "different"),
        ("maija's own words", "username"),
        ("my password is long", "the word password"),
        ("x1y2z" * 60, "at most 256"),
    ],
)
def test_weak_passwords_are_refused(
    chatsvc: CommandLine, store: SingleStore, password: str, told: str
) -> None:
    """A password that is easy to guess is refused with the reason, and no account is made."""
    said = chatsvc("counsellor", "add", "maija", "--role", "admin", stdin=password + "\n", code=2)
    assert told in said
    assert not password or password not in said
    assert store.ask("DBSIZE") == 0


@pytest.mark.usefixtures("site")
def test_a_counsellor_has_sites_queues_and_an_alias(chatsvc: CommandLine, store: SingleStore) -> None:
    """What is given is stored, the pool comes from the sites, and the list shows it."""
    chatsvc(*ANNA, "--queue", "kunta/paihde", "--language", "fi", "--capacity", "5", stdin=PASSWORD)
    stored = account(store, "anna")
    assert (stored["pool"], stored["sites"], stored["queues"]) == ("kunta", ["kunta"], ["kunta/paihde"])
    assert (stored["languages"], stored["capacity"], stored["alias"]) == (["fi"], 5, "Anna")
    (row,) = json.loads(chatsvc("counsellor", "list", "--json"))
    assert (row["name"], row["role"], row["disabled"]) == ("anna", "counsellor", False)
    assert "password" not in json.dumps(row)
    assert chatsvc("counsellor", "list") == "anna  counsellor  “Anna”  kunta/paihde  5 at a time\n"


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("anna", "--site", "kunta"), "--alias Anna"),
        (("anna", "--alias", "Anna"), "give --site. Sites: kunta."),
        (("anna", "--alias", "Anna", "--site", "kuntta"), "There is no site kuntta. Did you mean kunta?"),
        (("anna", "--alias", "Anna", "--site", "kunta", "--queue", "paihde"), "Queues: kunta/nuoret,"),
        (("Anna", "--alias", "Anna", "--site", "kunta"), "a-z, 0-9"),
        (("anna", "--alias", "A" * 41, "--site", "kunta"), "An alias has 1 to 40 characters"),
        (("anna", "--alias", "Anna", "--site", "kunta", "--capacity", "0"), "1<=x<=20"),
        (("anna", "--alias", "Anna", "--site", "kunta", "--role", "boss"), "'counsellor', 'supervisor'"),
    ],
)  # fmt: skip
def test_wrong_accounts_are_refused_before_a_password_is_asked(
    chatsvc: CommandLine, arguments: tuple[str, ...], told: str
) -> None:
    """What is wrong is told at once, with what is accepted."""
    assert told in chatsvc("counsellor", "add", *arguments, code=2)


@pytest.mark.usefixtures("site")
def test_an_account_is_changed(chatsvc: CommandLine, store: SingleStore) -> None:
    """What is given replaces what was, the rest stays, and every change is told."""
    chatsvc(*ANNA, "--queue", "kunta/paihde", "--language", "fi", stdin=PASSWORD)
    told = chatsvc("counsellor", "change", "Anna", "--language", "se", "--language", "fi", "--capacity", "5")
    assert told == "anna: languages: fi → se, fi\nanna: capacity: 3 → 5\n"
    assert chatsvc("counsellor", "change", "anna", "--capacity", "5") == "Nothing changed.\n"
    assert chatsvc("counsellor", "change", "anna", "--all-queues") == "anna: queues: kunta/paihde → all\n"
    stored = account(store, "anna")
    assert (stored["languages"], stored["capacity"], stored["queues"]) == (["se", "fi"], 5, [])
    assert right_password(store, "anna", PASSWORD)


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("anna",), "Nothing was given to change"),
        (("anna", "--queue", "kunta/paihde", "--all-queues"), "give one of the two"),
        (("anna", "--site", "kuntta"), "Did you mean kunta?"),
        (("anna", "--queue", "kunta/paihdee"), "There is no queue"),
        (("anna", "--alias", " "), "An alias has 1 to 40 characters"),
        (("ana", "--capacity", "2"), "There is no account ana. Did you mean anna?"),
    ],
)
def test_a_wrong_change_of_an_account_changes_nothing(
    chatsvc: CommandLine, store: SingleStore, arguments: tuple[str, ...], told: str
) -> None:
    """What is wrong is told, with what is accepted, and the account stays as it was."""
    chatsvc(*ANNA, stdin=PASSWORD)
    before = account(store, "anna")
    assert told in chatsvc("counsellor", "change", *arguments, code=2)
    assert account(store, "anna") == before


@pytest.mark.usefixtures("site")
def test_an_account_is_not_made_twice(chatsvc: CommandLine, store: SingleStore) -> None:
    """A second `add` of the same name changes nothing."""
    chatsvc(*ANNA, stdin=PASSWORD)
    before = account(store, "anna")
    assert "already" in chatsvc(*ANNA, stdin="another long secret", code=2)
    assert account(store, "anna") == before


@pytest.mark.usefixtures("site")
def test_accounts_are_disabled_enabled_and_given_new_passwords(
    chatsvc: CommandLine, store: SingleStore
) -> None:
    """Each of the three does what it says, and says when there was nothing to do."""
    chatsvc(*ANNA, stdin=PASSWORD)
    assert chatsvc("counsellor", "disable", "anna") == "anna can't sign in any more.\n"
    assert chatsvc("counsellor", "disable", "anna") == "anna was disabled already.\n"
    assert chatsvc("counsellor", "list").endswith("  disabled\n")
    assert chatsvc("counsellor", "enable", "anna") == "anna can sign in again.\n"
    assert (
        chatsvc("counsellor", "set-password", "anna", stdin="another long secret")
        == "anna has a new password.\n"
    )
    assert right_password(store, "anna", "another long secret")
    assert "Did you mean anna?" in chatsvc("counsellor", "disable", "ana", code=2)


@pytest.mark.usefixtures("site")
def test_a_token_is_shown_once(chatsvc: CommandLine) -> None:
    """A token is printed when it is made, listed without its secret, and gone when revoked."""
    chatsvc(*ANNA, stdin=PASSWORD)
    told = chatsvc("token", "create", "anna", "--label", "statistics", "--days", "30")
    (secret,) = [line for line in told.splitlines() if line.startswith("chatsvc_")]
    listed = chatsvc("token", "list")
    assert "anna  “statistics”" in listed
    assert secret not in listed
    (row,) = json.loads(chatsvc("token", "list", "--json"))
    assert row["expires_at"] - row["created_at"] == 30 * 86_400_000
    assert chatsvc("token", "revoke", row["id"]) == f"Token {row['id']} works no more.\n"
    assert "There is no token" in chatsvc("token", "revoke", row["id"], code=2)
    assert chatsvc("token", "list") == "There are no API tokens.\n"
    assert "no account bob" in chatsvc("token", "create", "bob", "--label", "x", code=2)
