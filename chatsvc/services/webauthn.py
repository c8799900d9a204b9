"""WebAuthn Level 3, the part of the relying party: options for browsers, and whether their answers hold.

The library checks type, origin, RP id, signature and the flags of presence and verification; what else the
specification asks for is here.
"""

import logging
import struct
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from ipaddress import ip_address
from typing import Any, Final, Literal, TypeVar
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from fido2 import cbor
from fido2.cose import CoseKey
from fido2.server import Fido2Server
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestedCredentialData,
    AuthenticationResponse,
    AuthenticatorData,
    CollectedClientData,
    PublicKeyCredentialDescriptor,
    PublicKeyCredentialParameters,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialType,
    PublicKeyCredentialUserEntity,
    RegistrationResponse,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from chatsvc.domain.challenges import WITHIN_MS
from chatsvc.domain.passkeys import Passkey
from chatsvc.domain.sites import Staff

ALGORITHMS: Final = (
    -7,
    -8,
    -257,
)  # ES256, EdDSA, RS256 (IANA, COSE algorithms): every device has one of them
LONGEST_CREDENTIAL: Final = 1_023  # WebAuthn, 4, "credential id"
LONGEST_TEXT: Final = (
    16_384  # of one part of an answer in base64url; statements with certificates have some 8,000
)
LONGEST_PUBLIC_KEY: Final = 1_024  # an RSA key of 4096 bits, with its exponent, has about 540
REQUIRED: Final = UserVerificationRequirement.REQUIRED
Why = Literal["passkey", "counter", "replay"]
Json = Mapping[str, Any]
Found = TypeVar("Found")

# It names credentials. Whatever is worth saying is in our own audit log.
logging.getLogger("fido2").setLevel(logging.CRITICAL)

# What the library and what it stands on raise when bytes are not what they should be.
_MALFORMED = (
    ValueError, TypeError, KeyError, IndexError, AttributeError, AssertionError, OverflowError, RecursionError,
    struct.error, UnsupportedAlgorithm,
)  # fmt: skip


class PasskeyRefused(Exception):
    """An answer shows nobody's identity; `why` is for the audit log and never for whoever tried."""

    def __init__(self, why: Why = "passkey") -> None:
        super().__init__(why)
        self.why = why


class RelyingParty:
    """We, at the one address that browsers see: its host name is the RP id, and it is the only origin."""

    def __init__(self, origin: str) -> None:
        self.host = urlsplit(origin).hostname or ""
        self._server = Fido2Server(
            PublicKeyCredentialRpEntity(name=self.host, id=self.host),
            verify_origin=lambda given: given == origin,
        )
        self._server.allowed_algorithms = [
            PublicKeyCredentialParameters(type=PublicKeyCredentialType.PUBLIC_KEY, alg=alg)
            for alg in ALGORITHMS
        ]

    @property
    def possible(self) -> bool:
        """Whether browsers make passkeys for our address: an IP address has none (WebAuthn, 5.1.2, "RP ID")."""
        with suppress(ValueError):
            ip_address(self.host)
            return False
        return self.host != ""

    def creation_options(
        self, staff: Staff, handle: bytes, present: Sequence[Passkey], challenge: bytes
    ) -> dict[str, Any]:
        """What `navigator.credentials.create` needs, as JSON; a device that has one of `present` makes no second."""
        user = PublicKeyCredentialUserEntity(id=handle, name=staff.id, display_name=staff.alias)
        options, _ = self._server.register_begin(
            user, _described(present), ResidentKeyRequirement.PREFERRED, REQUIRED, challenge=challenge
        )
        return dict(options.public_key) | {"attestation": "none", "timeout": WITHIN_MS}

    def request_options(self, allowed: Sequence[Passkey], challenge: bytes) -> dict[str, Any]:
        """What `navigator.credentials.get` needs, as JSON; without `allowed` the person chooses a passkey."""
        options, _ = self._server.authenticate_begin(_described(allowed), REQUIRED, challenge)
        return dict(options.public_key) | {"timeout": WITHIN_MS}

    def registered(self, answer: RegistrationResponse, challenge: bytes) -> tuple[bytes, bytes, int]:
        """The credential id, the public key (COSE) and the counter of a new passkey. Raises PasskeyRefused."""
        shown = parsed(lambda: self._server.register_complete(_state(challenge), answer))
        made = shown.credential_data
        _check_backup(shown)
        if made is None or made.credential_id != answer.raw_id:
            raise PasskeyRefused
        public_key = parsed(lambda: cbor.encode(dict(made.public_key)))
        fits = 0 < len(made.credential_id) <= LONGEST_CREDENTIAL and len(public_key) <= LONGEST_PUBLIC_KEY
        if (
            not fits
            or made.public_key.get(3) not in ALGORITHMS
            or not parsed(lambda: _usable(made.public_key))
        ):
            raise PasskeyRefused
        return made.credential_id, public_key, shown.counter

    def verified(self, answer: AuthenticationResponse, challenge: bytes, key: Passkey) -> int:
        """The counter that this passkey shows when it signs the challenge. Raises PasskeyRefused."""
        public_key: Any = cbor.decode(key.public_key)
        kept = AttestedCredentialData.create(Aaguid.NONE, key.credential, CoseKey.parse(public_key))
        parsed(lambda: self._server.authenticate_complete(_state(challenge), [kept], answer))
        _check_backup(answer.response.authenticator_data)
        return answer.response.authenticator_data.counter


def parsed(read: Callable[[], Found]) -> Found:
    """What `read` gives. Raises PasskeyRefused where it says that something is malformed or wrong."""
    try:
        return read()
    except _MALFORMED:
        raise PasskeyRefused from None


def read_assertion(response: Json) -> AuthenticationResponse:
    """The answer of `navigator.credentials.get`. Raises PasskeyRefused."""
    names = ("clientDataJSON", "authenticatorData", "signature", "userHandle")
    return parsed(lambda: AuthenticationResponse.from_dict(_texts_of(response, names)))


def read_registration(response: Json) -> RegistrationResponse:
    """The answer of `navigator.credentials.create`. Raises PasskeyRefused."""

    def read() -> RegistrationResponse:
        texts = _texts_of(response, ("clientDataJSON", "attestationObject"))
        attestation: Any = cbor.decode(websafe_decode(texts["response"]["attestationObject"]))
        if not isinstance(attestation["authData"], bytes):
            raise TypeError
        return RegistrationResponse.from_dict(texts)

    return parsed(read)


def _texts_of(response: Json, names: Sequence[str]) -> Json:
    """What is looked at of an answer, all of it text. Raises one of `_MALFORMED`.

    The library makes bytes of whatever it is given: of a number, as many as that. Its reader of CBOR takes time by the
    square of the length.
    """
    inner = {name: response["response"][name] for name in names if response["response"].get(name) is not None}
    outer = {name: response[name] for name in ("id", "rawId", "type")}
    if not all(
        isinstance(text, str) and len(text) <= LONGEST_TEXT for text in (*outer.values(), *inner.values())
    ):
        raise TypeError
    return outer | {"response": inner}


def challenge_in(said: CollectedClientData) -> bytes:
    """Which challenge a browser says that it had. Raises PasskeyRefused for one that was asked in a foreign frame."""
    if said.cross_origin is not False:
        raise PasskeyRefused
    return said.challenge


def _state(challenge: bytes) -> dict[str, Any]:
    return {"challenge": websafe_encode(challenge), "user_verification": REQUIRED}


def _check_backup(shown: AuthenticatorData) -> None:
    if shown.is_backed_up() and not shown.is_backup_eligible():  # WebAuthn, 7.1 step 17, 7.2 step 18
        raise PasskeyRefused


def _usable(key: CoseKey) -> bool:
    """Whether a signature could be checked with it at all. Raises one of `_MALFORMED` if not."""
    try:
        key.verify(b"", b"")
    except InvalidSignature:
        return True
    return False


def _described(keys: Sequence[Passkey]) -> list[PublicKeyCredentialDescriptor] | None:
    found = [
        {"type": "public-key", "id": key.credential} | ({"transports": list(key.transports)} if key.transports else {})
        for key in keys
    ]  # fmt: skip
    return [PublicKeyCredentialDescriptor.from_dict(one) for one in found] or None
