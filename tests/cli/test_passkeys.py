"""Passkeys on the command line: who has some, what takes them away, and what says that they still sign in."""

import asyncio
import json

import msgspec
import pytest

from chatsvc.domain.passkeys import OwnPasskeys, Passkey
from chatsvc.domain.second_factor import Factor
from chatsvc.domain.sites import StaffId
from chatsvc.store.link import Link
from chatsvc.store.passkeys import PasskeyStore
from chatsvc.store.second_factors import SecondFactors
from tests.cli.conftest import CommandLine
from tests.support.store_server import SingleStore

PASSWORD = "five blue horses"
FACTORS, STAFF = "chatsvc:{dir}:factors", "chatsvc:{dir}:staff"
MAIJA = StaffId("maija")
KEY = Passkey(b"one", b"public", "chat.kunta.fi", "Laptop", 1_800_000_000_000, 1_800_100_000_000)
OWN = OwnPasskeys(bytes(32), (KEY, Passkey(b"two", b"public", "chat.kunta.fi", "Ring", 1_800_000_000_000)))


def give(store: SingleStore, own: OwnPasskeys = OWN, factor: Factor | None = None) -> None:
    """Let maija have passkeys."""

    async def write() -> None:
        link = await Link.open(store.url, client_name="test")
        assert await PasskeyStore(link).put(MAIJA, own, None)
        await SecondFactors(link).put(MAIJA, factor)
        await link.close()

    asyncio.run(write())


@pytest.fixture
def maija(chatsvc: CommandLine) -> None:
    """An administrator."""
    chatsvc("counsellor", "add", MAIJA, "--role", "admin", stdin=PASSWORD)


@pytest.mark.usefixtures("maija")
def test_a_lost_device_signs_in_no_more(chatsvc: CommandLine, store: SingleStore) -> None:
    """All passkeys go, the recovery codes that came with them, and every session; the log has it once."""
    assert "has no passkeys" in chatsvc("counsellor", "passkeys", "maija", code=2)
    give(store, factor=Factor("g1", 1, (b"code",), app=False))
    told = chatsvc("counsellor", "passkeys", "Maija")
    assert f"{KEY.id}  “Laptop”  chat.kunta.fi  added 2027-01-15  last used 2027-01-16" in told
    assert "“Ring”  chat.kunta.fi  added 2027-01-15  never used" in told
    assert "with 2 passkeys" in chatsvc("counsellor", "list")
    assert (
        json.loads(chatsvc("counsellor", "list", "--json"))[0] | {"passkeys": 2, "second_factor": False}
        == (json.loads(chatsvc("counsellor", "list", "--json"))[0])
    )
    assert "no passkeys any more (2 removed)" in chatsvc("counsellor", "passkeys", "maija", "--remove")
    assert store.ask("HGETALL", "chatsvc:{dir}:passkeys") == {}
    assert store.ask("HGETALL", "chatsvc:{dir}:passkey-ids") == {}
    assert store.ask("HGET", FACTORS, "maija") is None
    assert msgspec.msgpack.decode(store.ask("HGET", STAFF, "maija"))["sign_outs"] == 1
    assert "has no passkeys" in chatsvc("counsellor", "passkeys", "maija", "--remove", code=2)
    assert chatsvc("audit", "list").count("counsellor passkeys remove") == 1


@pytest.mark.usefixtures("maija")
def test_what_leaves_passkeys_says_so(chatsvc: CommandLine, store: SingleStore) -> None:
    """A new password, and an app that goes, are no way to lock out whoever has a passkey."""
    give(store, factor=Factor("g1", 1, ()))
    for words in (("set-password", "maija"), ("second-factor", "maija", "--remove")):
        told = chatsvc("counsellor", *words, stdin="six green horses")
        assert "2 passkeys, which sign in as before" in told


@pytest.mark.usefixtures("maija")
def test_the_doctor_sees_passkeys_of_another_host(chatsvc: CommandLine, store: SingleStore) -> None:
    """They are of no use at the address that is set now; at theirs, all is well."""
    give(store)

    def findings(host: str) -> list[tuple[str, str]]:
        said = chatsvc("doctor", "--json", CHATSVC_PUBLIC_URL=f"https://{host}")
        return [
            (one["level"], one["text"]) for one in json.loads(said)["findings"] if one["area"] == "passkeys"
        ]

    assert findings("chat.kunta.fi") == [("ok", "every account with passkeys has one for chat.kunta.fi")]
    ((level, text),) = findings("apu.kunta.fi")
    assert level == "warning"
    assert "1 of 1 accounts with passkeys have none for apu.kunta.fi, such as maija" in text
