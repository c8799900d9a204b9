"""Accounts of an identity provider on the command line, and what the doctor says of the provider."""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from chatsvc.domain.identity import subject_digest
from chatsvc.domain.sites import Identity, PoolId, Staff, StaffId
from chatsvc.store.directory import Directory
from chatsvc.store.link import Link
from tests.cli.conftest import CommandLine
from tests.support.store_server import SingleStore

ISSUER = "https://id.kunta.fi"
PASSWORD = "five blue horses"


def settings(issuer: str = ISSUER, **changes: Any) -> str:
    """The setting as a variable."""
    given = {
        "issuer": issuer,
        "client_id": "chatsvc",
        "name": "Kunta",
        "roles": {"admins": "admin", "c": "counsellor@kunta"},
    }
    return json.dumps({"kunta": given | changes})


def put(store: SingleStore, *people: Staff) -> None:
    """Accounts as a service makes them."""

    async def write() -> None:
        link = await Link.open(store.url, client_name="test")
        for one in people:
            await Directory(link).put_staff(one)
        await link.close()

    asyncio.run(write())


def test_accounts_of_a_provider_are_told_apart(chatsvc: CommandLine, store: SingleStore) -> None:
    """The list says where they come from; disabling one is for good, whatever its groups say later."""
    identity = Identity(ISSUER, subject_digest(ISSUER, "1"), lapsed=True)
    lapsed = Staff(
        StaffId("kunta+maija"), "Neuvoja 1", "admin", "", PoolId(""), (), disabled=True, identity=identity
    )
    put(store, lapsed)
    assert f"from {ISSUER}  no group of theirs gives a role" in chatsvc("counsellor", "list")
    assert "can't sign in any more" in chatsvc("counsellor", "disable", "kunta+maija")
    assert f"from {ISSUER}  disabled" in chatsvc("counsellor", "list")
    assert "disabled already" in chatsvc("counsellor", "disable", "kunta+maija")
    (row,) = json.loads(chatsvc("counsellor", "list", "--json"))
    assert (row["issuer"], row["disabled"]) == (ISSUER, True)
    assert "It is of no use unless" in chatsvc("counsellor", "set-password", "kunta+maija", stdin=PASSWORD)
    assert "as the groups say again" in chatsvc("counsellor", "change", "kunta+maija", "--role", "operator")


def test_an_account_is_tied_to_a_person_and_untied(chatsvc: CommandLine, store: SingleStore) -> None:
    """Its sessions end; nobody has two accounts; what is wrong is told, and changes nothing."""
    for name in ("anna", "berit"):
        chatsvc("counsellor", "add", name, "--role", "admin", stdin=PASSWORD)
    tie = ("counsellor", "provider", "anna", "--provider", "kunta", "--subject", "24828")
    assert "The settings have no provider kunta" in chatsvc(*tie, code=2)
    assert "anna signs in with kunta from now on" in chatsvc(*tie, CHATSVC_OIDC=settings())
    assert "already" in chatsvc(*tie, code=2, CHATSVC_OIDC=settings())
    other = chatsvc(*tie[:2], "berit", *tie[3:], code=2, CHATSVC_OIDC=settings())
    assert "has the account anna already" in other
    assert "Give --provider and --subject" in chatsvc("counsellor", "provider", "anna", code=2)
    assert f"from {ISSUER}" in chatsvc("counsellor", "list")
    assert b"24828" not in store.ask("HGET", "chatsvc:{dir}:staff", "anna")
    assert "signs in by itself" in chatsvc("counsellor", "provider", "anna", "--remove")
    assert ISSUER not in chatsvc("counsellor", "list")
    assert "counsellor provider remove" in chatsvc("audit", "list")


@contextmanager
def answering(**changes: Any) -> Iterator[str]:
    """A provider that has only its documents: its address; `changes` are of the discovery document."""
    key = RSAKey.generate_key(2048, {"kid": "one"}).as_dict(private=False)

    class Documents(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            named = ("authorization_endpoint", "token_endpoint", "jwks_uri")
            document = {"issuer": issuer, **dict.fromkeys(named, f"{issuer}/keys")} | changes
            body = json.dumps(
                {"keys": changes.get("keys", [key])} if self.path == "/keys" else document
            ).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the name that it has
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Documents)
    issuer = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, "it must know the redirect address http://localhost:8080/api/v1/oidc/kunta/callback"),
        ({"issuer": "https://other.example"}, "issuer differs"),
        ({"jwks_uri": None}, "no jwks_uri"),
        ({"keys": []}, "has no key that its tokens could be verified with"),
    ],
)  # fmt: skip
def test_the_doctor_asks_the_provider(chatsvc: CommandLine, changes: dict[str, Any], told: str) -> None:
    """Whether it answers, is who it says, and has keys; and which groups lead nowhere."""
    with answering(**changes) as issuer:
        found = chatsvc("doctor", code=int(bool(changes)), CHATSVC_OIDC=settings(issuer))
    assert told in found
    assert ("WRONG  oidc.kunta" in found) == bool(changes)
    assert "the group c gives counsellor at kunta, which is not declared" in found


def test_the_doctor_says_that_nobody_answers(chatsvc: CommandLine) -> None:
    """With what to look at."""
    found = chatsvc("doctor", code=1, CHATSVC_OIDC=settings("http://127.0.0.1:1"))
    assert "http://127.0.0.1:1 can't be used: unreachable." in found
    assert "Check the address" in found
