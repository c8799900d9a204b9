"""An authenticator in software: makes passkeys and answers challenges as a browser with a device does."""

import base64
import hashlib
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from fido2 import cbor
from fido2.cose import ES256, RS256, CoseKey, EdDSA
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData

Algorithm = Literal["ES256", "EdDSA", "RS256"]
FLAG = AuthenticatorData.FLAG
PRESENT_VERIFIED = FLAG.UP | FLAG.UV


def b64(raw: bytes) -> str:
    """base64url without filling."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def unb64(text: str) -> bytes:
    """The bytes of base64url."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _cose(kind: Any, public: Any) -> CoseKey:
    made: CoseKey = kind.from_cryptography_key(public)
    return made


def make_key(algorithm: Algorithm) -> tuple[CoseKey, Callable[[bytes], bytes]]:
    """A new key pair: the public key, and how to sign."""
    if algorithm == "ES256":
        curve = ec.generate_private_key(ec.SECP256R1())
        return _cose(ES256, curve.public_key()), lambda raw: curve.sign(raw, ec.ECDSA(hashes.SHA256()))
    if algorithm == "EdDSA":
        edwards = ed25519.Ed25519PrivateKey.generate()
        return _cose(EdDSA, edwards.public_key()), edwards.sign
    modulus = rsa.generate_private_key(65_537, 2_048)
    return (
        _cose(RS256, modulus.public_key()),
        lambda raw: modulus.sign(raw, padding.PKCS1v15(), hashes.SHA256()),
    )


@dataclass(slots=True)
class Device:
    """One device with one passkey. What a test sets here, it says of itself, true or not."""

    origin: str
    host: str = "localhost"
    algorithm: Algorithm = "ES256"
    flags: int = PRESENT_VERIFIED
    counter: int = 0
    cross_origin: bool = False
    kind: str = ""  # instead of webauthn.create or webauthn.get
    handle: bytes | None = None
    credential: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    public: CoseKey = field(init=False)
    sign: Callable[[bytes], bytes] = field(init=False)

    def __post_init__(self) -> None:
        self.public, self.sign = make_key(self.algorithm)

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        """What a browser sends of a new passkey (`RegistrationResponseJSON`)."""
        self.handle = unb64(options["user"]["id"])
        made = AttestedCredentialData.create(Aaguid.NONE, self.credential, self.public)
        shown = self._shown(FLAG.AT, made)
        attestation = AttestationObject.create("none", AuthenticatorData(shown), {})
        response = {
            "clientDataJSON": b64(self._client("webauthn.create", options["challenge"])),
            "attestationObject": b64(attestation), "transports": ["internal", "hybrid", "carrier pigeon"],
        }  # fmt: skip
        return self._answer(response)

    def get(self, options: dict[str, Any]) -> dict[str, Any]:
        """What a browser sends of a passkey that answers a challenge (`AuthenticationResponseJSON`)."""
        shown, client = self._shown(0), self._client("webauthn.get", options["challenge"])
        response = {
            "clientDataJSON": b64(client), "authenticatorData": b64(shown),
            "signature": b64(self.sign(shown + hashlib.sha256(client).digest())),
        }  # fmt: skip
        if self.handle is not None:
            response["userHandle"] = b64(self.handle)
        return self._answer(response)

    def _answer(self, response: dict[str, Any]) -> dict[str, Any]:
        named = b64(self.credential)
        return {
            "id": named, "rawId": named, "type": "public-key", "response": response,
            "clientExtensionResults": {}, "authenticatorAttachment": "platform",
        }  # fmt: skip

    def _shown(self, more: int, made: bytes = b"") -> bytes:
        flags = self.flags | more
        return hashlib.sha256(self.host.encode()).digest() + bytes([flags]) + self.counter.to_bytes(4) + made

    def _client(self, kind: str, challenge: str) -> bytes:
        said = {
            "type": self.kind or kind,
            "challenge": challenge,
            "origin": self.origin,
            "crossOrigin": self.cross_origin,
        }
        return json.dumps(said, separators=(",", ":")).encode()


def with_public_key(answer: dict[str, Any], public: CoseKey) -> dict[str, Any]:
    """A registration with another public key in it."""
    found: Any = cbor.decode(unb64(answer["response"]["attestationObject"]))
    shown = AuthenticatorData(found["authData"])
    made = AttestedCredentialData.create(Aaguid.NONE, unb64(answer["rawId"]), public)
    found["authData"] = shown[:37] + made
    response = answer["response"] | {"attestationObject": b64(cbor.encode(found))}
    return answer | {"response": response}
