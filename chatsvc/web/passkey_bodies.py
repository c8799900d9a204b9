"""Bodies about passkeys. What browsers send and take is as WebAuthn Level 3 writes it in JSON; bytes are base64url."""

from typing import Any

from msgspec import Struct, field


class AssertionBytes(Struct, frozen=True, omit_defaults=True):
    """`AuthenticatorAssertionResponseJSON`."""

    client_data: str = field(name="clientDataJSON")
    authenticator_data: str = field(name="authenticatorData")
    signature: str
    user_handle: str | None = field(name="userHandle", default=None)


class Assertion(Struct, frozen=True):
    """`AuthenticationResponseJSON`: what a passkey has answered."""

    id: str
    raw_id: str = field(name="rawId")
    type: str
    response: AssertionBytes


class AttestationBytes(Struct, frozen=True, omit_defaults=True):
    """`AuthenticatorAttestationResponseJSON`."""

    client_data: str = field(name="clientDataJSON")
    attestation_object: str = field(name="attestationObject")
    transports: list[str] = []


class Registration(Struct, frozen=True):
    """`RegistrationResponseJSON`: a new passkey."""

    id: str
    raw_id: str = field(name="rawId")
    type: str
    response: AttestationBytes


class Options(Struct, frozen=True):
    """What `navigator.credentials.create` or `get` takes as `publicKey`; its challenge is good for 5 minutes."""

    public_key: dict[str, Any] = field(name="publicKey")


class PasskeyOnly(Struct, frozen=True):
    """Who signs in with a passkey alone."""

    passkey: Assertion


class Again(Struct, frozen=True):
    """Who signed in shows once more that it is them: with a passkey, or the password and, where there is one, a code.

    `totp` is a code of the app or a recovery code, `passkey` the answer to `getPasskeyChallenge`.
    """

    password: str = ""
    totp: str = ""
    passkey: Assertion | None = None


class NewPasskey(Struct, frozen=True):
    """A passkey that was made with `offerPasskey`; `name` has 1 to 40 characters and is for its owner."""

    name: str
    passkey: Registration


class PasskeyName(Struct, frozen=True):
    """Another name for a passkey."""

    name: str


class OnePasskey(Struct, frozen=True):
    """A passkey. Times are ms; `used_at` null: never used; `here` false: it is for another host name."""

    id: str
    name: str
    created_at: int
    used_at: int | None
    here: bool


class OwnPasskeyList(Struct, frozen=True):
    """One's passkeys; `possible` is false where the service's address or the account can have none."""

    passkeys: list[OnePasskey]
    most: int
    possible: bool


class Added(Struct, frozen=True):
    """A new passkey, and recovery codes if there were none: shown now and never again."""

    passkey: OnePasskey
    recovery: list[str]
