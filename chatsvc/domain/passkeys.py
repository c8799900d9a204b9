"""Passkeys (WebAuthn Level 3): what is kept of them, and when one is no longer trusted."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, replace

MOST = 10  # of one account
LONGEST_NAME = 40
TRANSPORTS = frozenset({"usb", "nfc", "ble", "hybrid", "internal"})  # WebAuthn, 5.8.4


@dataclass(frozen=True, slots=True)
class Passkey:
    """One passkey: nothing with which anybody could sign in. Times are ms; `used_at` 0 is never.

    `public_key` is a COSE key (RFC 9052) in CBOR; `host` is the RP id that it is bound to; `counter` is 0 where its
    device does not count.
    """

    credential: bytes
    public_key: bytes
    host: str
    name: str
    created_at: int
    used_at: int = 0
    counter: int = 0
    transports: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """What it is called in addresses and in the audit log: 128 bits of the digest of its credential id, in hex."""
        return digest(self.credential)[:32]


@dataclass(frozen=True, slots=True)
class OwnPasskeys:
    """All passkeys of an account. `handle` is how devices call the account (the user handle): random, not its name."""

    handle: bytes
    keys: tuple[Passkey, ...] = ()

    def by_credential(self, credential: bytes) -> Passkey | None:
        """The passkey with this credential id."""
        return next((key for key in self.keys if key.credential == credential), None)

    def by_id(self, ident: str) -> Passkey | None:
        """The passkey that is called so."""
        return next((key for key in self.keys if key.id == ident), None)

    def bound_to(self, host: str) -> tuple[Passkey, ...]:
        """Those that work at this host name."""
        return tuple(key for key in self.keys if key.host == host)

    def with_changed(self, changed: Passkey) -> "OwnPasskeys":
        """The same with a passkey as it is now."""
        return replace(self, keys=tuple(changed if key.id == changed.id else key for key in self.keys))

    def without(self, gone: Passkey) -> "OwnPasskeys":
        """The same but for one passkey."""
        return replace(self, keys=tuple(key for key in self.keys if key.id != gone.id))


def digest(credential: bytes) -> str:
    """Under which the owner of a credential is found: SHA-256 of its id, in hex."""
    return hashlib.sha256(credential).hexdigest()


def goes_back(kept: int, shown: int) -> bool:
    """Whether a signature counter says that there is a copy of the device (WebAuthn, 6.1.1); 0 is no counter."""
    return kept > 0 and 0 < shown <= kept


def known_transports(given: Collection[str]) -> tuple[str, ...]:
    """How a device says that it can be reached, as far as these are known words."""
    return tuple(sorted(TRANSPORTS.intersection(given)))


def name_of(given: str) -> str | None:
    """A name for a passkey as it is kept: 1 to 40 signs on one line, without blanks around it; None for any other."""
    name = given.strip()
    return name if 1 <= len(name) <= LONGEST_NAME and name.isprintable() else None
