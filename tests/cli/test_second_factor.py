"""Sessions and authenticator apps on the command line."""

import base64
import re

import msgspec

from chatsvc.domain.one_time import hotp, in_base32, secret_of
from chatsvc.domain.second_factor import Factor
from tests.cli.conftest import CommandLine
from tests.support.store_server import SingleStore

PASSWORD = "five blue horses"
FACTORS = "chatsvc:{dir}:factors"


def test_an_app_is_set_up_and_taken_away(chatsvc: CommandLine, store: SingleStore) -> None:
    """The secret, a picture and ten codes are printed; the store keeps none of them; removing is done once."""
    chatsvc("counsellor", "add", "maija", "--role", "admin", stdin=PASSWORD)
    told = chatsvc("counsellor", "second-factor", "Maija")
    secret = re.search(r"Secret: ([A-Z2-7]{32})\n", told)
    codes = re.findall(r"^    ((?:[A-Z2-7]{4}-){3}[A-Z2-7]{4})$", told, re.MULTILINE)
    assert secret is not None
    assert len(set(codes)) == 10
    assert "▄" in told
    factor = msgspec.msgpack.decode(store.ask("HGET", FACTORS, "maija"), type=Factor)
    assert len(factor.recovery) == 10
    assert secret[1] != in_base32(secret_of(bytes(32), "maija", factor.generation))
    assert len(hotp(base64.b32decode(secret[1]), 1)) == 6
    assert "with an app" in chatsvc("counsellor", "list")
    again = chatsvc("counsellor", "second-factor", "maija")
    assert secret[1] not in again
    assert "no authenticator app any more" in chatsvc("counsellor", "second-factor", "maija", "--remove")
    assert store.ask("HGET", FACTORS, "maija") is None
    assert "has no authenticator app" in chatsvc("counsellor", "second-factor", "maija", "--remove", code=2)
    deeds = chatsvc("audit", "list")
    assert deeds.count("counsellor second-factor remove") == 1
    assert deeds.count("counsellor second-factor") == 3
    assert secret[1] not in deeds
    assert "There is no account" in chatsvc("counsellor", "second-factor", "mauja", code=2)


def test_signing_somebody_out_everywhere(chatsvc: CommandLine, store: SingleStore) -> None:
    """The account says that its sessions are void, whatever else it says stays, and the log has it."""
    chatsvc("counsellor", "add", "maija", "--role", "admin", stdin=PASSWORD)
    before = msgspec.msgpack.decode(store.ask("HGET", "chatsvc:{dir}:staff", "maija"))
    assert "signed out everywhere" in chatsvc("counsellor", "sign-out", "Maija")
    after = msgspec.msgpack.decode(store.ask("HGET", "chatsvc:{dir}:staff", "maija"))
    assert after == before | {"sign_outs": 1}
    assert "counsellor sign-out" in chatsvc("audit", "list")
    assert "There is no account" in chatsvc("counsellor", "sign-out", "mauja", code=2)
