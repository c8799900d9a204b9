"""Answers of passkeys, with every byte changed, and with bytes that are none: refused, and never with another error."""

import time
from typing import Any

import pytest
from fido2 import cbor
from fido2.cose import ES256, RS256, CoseKey
from hypothesis import given, settings
from hypothesis import strategies as st

from chatsvc.domain.passkeys import Passkey
from chatsvc.domain.sites import PoolId, SiteId, Staff, StaffId
from chatsvc.services.webauthn import (
    PasskeyRefused,
    RelyingParty,
    challenge_in,
    read_assertion,
    read_registration,
)
from tests.support.authenticator import Algorithm, Device, b64, make_key, unb64, with_public_key

ORIGIN = "https://chat.kunta.fi"
PARTY = RelyingParty(ORIGIN)
CHALLENGE = bytes(range(72))
ANNA = Staff(StaffId("anna"), "Anna", "counsellor", "", PoolId("kunta"), (SiteId("kunta"),))
Answer = dict[str, Any]


def device(algorithm: Algorithm = "ES256") -> Device:
    return Device(ORIGIN, "chat.kunta.fi", algorithm)


def made_by(maker: Device) -> Answer:
    return maker.create(PARTY.creation_options(ANNA, bytes(32), (), CHALLENGE))


def register(answer: Answer) -> Passkey:
    """The passkey that a registration makes."""
    read = read_registration(answer)
    credential, public_key, counter = PARTY.registered(read, challenge_in(read.response.client_data))
    return Passkey(credential, public_key, PARTY.host, "Mine", 1, 0, counter)


def verify(answer: Answer, key: Passkey) -> int:
    """The counter of an answer that holds."""
    read = read_assertion(answer)
    challenge_in(read.response.client_data)
    return PARTY.verified(read, CHALLENGE, key)


def changed(answer: Answer, part: str, place: int, change: int) -> Answer:
    """An answer with one byte of one part changed."""
    raw = bytearray(unb64(answer["response"][part]))
    raw[place % len(raw)] ^= change
    return answer | {"response": answer["response"] | {part: b64(bytes(raw))}}


DEVICE = device()
KEY = register(made_by(DEVICE))
SIGNED = DEVICE.get(PARTY.request_options((), CHALLENGE))
MADE = made_by(device())


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA", "RS256"])
def test_what_a_device_makes_and_signs_holds(algorithm: Algorithm) -> None:
    """Each algorithm; the counter is what the device shows."""
    maker = device(algorithm)
    key = register(made_by(maker))
    maker.counter = 7
    assert verify(maker.get(PARTY.request_options([key], CHALLENGE)), key) == 7


@settings(max_examples=300)
@given(
    part=st.sampled_from(["clientDataJSON", "authenticatorData", "signature"]), place=st.integers(0, 2_000),
    change=st.integers(1, 255),
)  # fmt: skip
def test_every_byte_of_an_answer_is_signed(part: str, place: int, change: int) -> None:
    """Whichever is changed, the answer holds no more."""
    with pytest.raises(PasskeyRefused):
        verify(changed(SIGNED, part, place, change), KEY)


@settings(max_examples=200)
@given(
    part=st.sampled_from(["clientDataJSON", "attestationObject"]),
    place=st.integers(0, 2_000),
    change=st.integers(1, 255),
)
def test_a_registration_with_a_changed_byte_is_one_or_none(part: str, place: int, change: int) -> None:
    """Nothing is attested, so some bytes are free; what is kept is a usable key all the same, bound to our host."""
    try:
        key = register(changed(MADE, part, place, change))
    except PasskeyRefused:
        return
    assert key.credential
    with pytest.raises(PasskeyRefused):
        verify(SIGNED | {"id": b64(key.credential), "rawId": b64(key.credential)}, key)


@settings(max_examples=300)
@given(
    raw=st.binary(max_size=200),
    part=st.sampled_from(["clientDataJSON", "authenticatorData", "signature", "attestationObject"]),
)
def test_bytes_that_are_none(raw: bytes, part: str) -> None:
    """Any bytes in any place are refused with the one error that is expected."""
    for answer, look in ((SIGNED, lambda found: verify(found, KEY)), (MADE, register)):
        broken = answer | {"response": answer["response"] | {part: b64(raw)}}
        if part in answer["response"]:
            with pytest.raises(PasskeyRefused):
                look(broken)


def test_nested_and_odd_forms_are_refused() -> None:
    """CBOR of a thousand levels, lists for objects, numbers for text."""
    deep = b"\x81" * 8_000 + b"\x00"
    for raw in (deep, b"\xa1" * 3_000, b"\x9b" + b"\xff" * 8, b"\x5b" + b"\xff" * 8, b"", b"\xf6"):
        with pytest.raises(PasskeyRefused):
            register(MADE | {"response": MADE["response"] | {"attestationObject": b64(raw)}})
    for said in (b"[]", b"7", b'{"type":1,"challenge":2,"origin":3}', b"\xff", b'"' * 50_000):
        with pytest.raises(PasskeyRefused):
            verify(SIGNED | {"response": SIGNED["response"] | {"clientDataJSON": b64(said)}}, KEY)
    odd: tuple[Any, ...] = (
        {},
        {"id": "x"},
        SIGNED | {"rawId": "AAAA"},
        SIGNED | {"response": None},
        SIGNED | {"response": []},
    )
    for answer in odd:
        with pytest.raises(PasskeyRefused):
            verify(answer, KEY)


@pytest.mark.parametrize("value", [0, 1, 10**13, -1, 1.5, True, [65] * 9, {"a": 1}])
def test_nothing_but_text_becomes_bytes(value: Any) -> None:
    """A number is not read as so many bytes, wherever it stands: a small answer can't ask for much memory."""
    for name in ("clientDataJSON", "authenticatorData", "signature", "userHandle"):
        with pytest.raises(PasskeyRefused):
            read_assertion(SIGNED | {"response": SIGNED["response"] | {name: value}})
    for name in ("clientDataJSON", "attestationObject"):
        with pytest.raises(PasskeyRefused):
            read_registration(MADE | {"response": MADE["response"] | {name: value}})
    for answer, read in ((SIGNED, read_assertion), (MADE, read_registration)):
        with pytest.raises(PasskeyRefused):
            read(answer | {"id": value, "rawId": value})
        with pytest.raises(PasskeyRefused):
            read(answer | {"response": value})


@pytest.mark.parametrize("value", [2**33, 2**64 - 1, [1], "text", {}])
def test_numbers_within_what_is_attested_become_no_bytes(value: Any) -> None:
    """Nor there; and a part that is far too long is not taken apart at all."""
    raw = cbor.encode({"fmt": "none", "authData": value, "attStmt": {}})
    with pytest.raises(PasskeyRefused):
        read_registration(MADE | {"response": MADE["response"] | {"attestationObject": b64(raw)}})
    endless = b64(cbor.encode([0] * 150_000))
    began = time.monotonic()
    with pytest.raises(PasskeyRefused):
        read_registration(MADE | {"response": MADE["response"] | {"attestationObject": endless}})
    assert time.monotonic() - began < 1


def test_keys_that_are_unfit_are_not_kept() -> None:
    """Another algorithm, a point that is on no curve, an RSA key beyond every measure, an empty or endless id."""
    public, _ = make_key("ES256")
    wide = CoseKey.parse({1: 3, 3: -257, -1: b"\xff" * 1_100, -2: b"\x01\x00\x01"})
    unfit: list[CoseKey] = [
        CoseKey.parse({**public, 3: -7, -3: bytes(32)}), CoseKey.parse({**public, 3: -47}),
        CoseKey.parse({1: 3, 3: -37, -1: b"\xff" * 256, -2: b"\x01\x00\x01"}), wide,
        ES256({1: 2, 3: -7}), RS256({1: 3, 3: -257, -1: b"", -2: b""}),
        CoseKey.parse({1: 1, 3: -8, -1: 6, -2: b"short"}),
    ]  # fmt: skip
    for one in unfit:
        with pytest.raises(PasskeyRefused):
            register(with_public_key(MADE, one))
    for credential in (b"", bytes(1_024)):
        maker = device()
        maker.credential = credential
        with pytest.raises(PasskeyRefused):
            register(made_by(maker))


@pytest.mark.parametrize(
    ("origin", "possible"),
    [
        (ORIGIN, True),
        ("http://localhost:8080", True),
        ("https://192.0.2.1", False),
        ("https://[2001:db8::1]:8443", False),
    ],
)
def test_an_address_without_a_name_has_no_passkeys(origin: str, possible: bool) -> None:
    """As browsers have it."""
    assert RelyingParty(origin).possible == possible
