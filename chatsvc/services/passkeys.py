"""Passkeys: registering them, signing in with them, losing them."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final, Protocol

from chatsvc.domain import challenges
from chatsvc.domain.errors import BadState, NotFound
from chatsvc.domain.passkeys import MOST, OwnPasskeys, Passkey, goes_back, known_transports
from chatsvc.domain.ports import Clock
from chatsvc.domain.sites import Staff, StaffId
from chatsvc.services.webauthn import (
    Json,
    PasskeyRefused,
    RelyingParty,
    challenge_in,
    read_assertion,
    read_registration,
)

Purpose = tuple[str, ...]
SIGN_IN: Final[Purpose] = ("sign in",)


def second_step_of(staff: StaffId) -> Purpose:
    """For the second step, after the password."""
    return ("second step", staff)


def again_of(staff: StaffId, session: str) -> Purpose:
    """For somebody who is signed in and shows once more that it is them."""
    return ("again", staff, session)


class Credentials(Protocol):
    """Where they are kept. Every method may raise `StoreUnavailable`."""

    async def of(self, staff: StaffId) -> OwnPasskeys | None:
        """An account's passkeys."""
        ...

    async def owner(self, credential: bytes) -> StaffId | None:
        """Whose passkey has this credential id."""
        ...

    async def put(self, staff: StaffId, own: OwnPasskeys | None, instead_of: OwnPasskeys | None) -> bool:
        """Write them; false if they are others by now. Raises BadState for a credential with an owner."""
        ...

    async def use(self, mark: str) -> bool:
        """Note that a challenge was used; false if it was before."""
        ...


class Passkeys:
    """Passkeys of all accounts. `key` is a secret that is not in the store."""

    def __init__(self, kept: Credentials, key: bytes, clock: Clock, party: RelyingParty) -> None:
        self.party = party
        self._kept = kept
        self._key = key
        self._clock = clock

    async def of(self, staff: StaffId) -> OwnPasskeys | None:
        """An account's passkeys, for whatever host. Raises StoreUnavailable."""
        return await self._kept.of(staff)

    def usable(self, own: OwnPasskeys | None) -> tuple[Passkey, ...]:
        """Those of an account that work at our address."""
        return own.bound_to(self.party.host) if own else ()

    def ask(self, purpose: Purpose, allowed: Sequence[Passkey] = ()) -> dict[str, Any]:
        """What a browser needs to answer a new challenge; without `allowed` the answer says whose passkey it is."""
        return self.party.request_options(allowed, self._challenge(purpose))

    async def owner(self, response: Json) -> StaffId | None:
        """Whose passkey an answer says it is from; nothing is shown yet. Raises StoreUnavailable, PasskeyRefused."""
        return await self._kept.owner(read_assertion(response).raw_id)

    async def check(
        self, purpose: Purpose, staff: StaffId, response: Json, *, named: bool = False
    ) -> Passkey:
        """The passkey of an account with which a challenge was answered, which is good once.

        `named`: the answer itself has to say whose it is. Raises StoreUnavailable, PasskeyRefused.
        """
        own = await self._kept.of(staff)
        answer = read_assertion(response)
        key = own.by_credential(answer.raw_id) if own else None
        said = answer.response.user_handle
        if own is None or key is None or (said != own.handle and (named or said is not None)):
            raise PasskeyRefused
        challenge = self._ours(challenge_in(answer.response.client_data), purpose)
        counter = self.party.verified(answer, challenge, key)
        if not await self._kept.use(challenges.mark(challenge)):
            raise PasskeyRefused("replay")
        return await self._count(staff, key.id, counter)

    async def _count(self, staff: StaffId, ident: str, counter: int) -> Passkey:
        while True:
            own = await self._kept.of(staff)
            key = own.by_id(ident) if own else None
            if own is None or key is None:  # removed in this moment
                raise PasskeyRefused
            if goes_back(key.counter, counter):
                raise PasskeyRefused("counter")
            used = replace(key, counter=max(key.counter, counter), used_at=self._clock.now())
            if await self._kept.put(staff, own.with_changed(used), own):
                return used

    async def offer(self, staff: Staff, session: str) -> dict[str, Any]:
        """What a browser needs to make a passkey in this session. Raises StoreUnavailable, BadState."""
        own = await self._kept.of(staff.id)
        if own and len(own.keys) >= MOST:
            raise BadState(f"An account has {MOST} passkeys at most; remove one that is not used any more.")
        challenge = self._challenge(_registering(staff.id, session, own))
        handle = own.handle if own else challenges.handle(self._key, challenge)
        return self.party.creation_options(staff, handle, self.usable(own), challenge)

    async def add(
        self, staff: StaffId, session: str, response: Json, name: str, transports: Sequence[str] = ()
    ) -> Passkey:
        """Keep a passkey that was offered. Raises StoreUnavailable, PasskeyRefused, BadState."""
        own = await self._kept.of(staff)
        answer = read_registration(response)
        said = challenge_in(answer.response.client_data)
        challenge = self._ours(said, _registering(staff, session, own))
        credential, public_key, counter = self.party.registered(answer, challenge)
        if not await self._kept.use(challenges.mark(challenge)):
            raise PasskeyRefused("replay")
        made = Passkey(
            credential, public_key, self.party.host, name, self._clock.now(), 0, counter, known_transports(transports)
        )  # fmt: skip
        before = own or OwnPasskeys(challenges.handle(self._key, challenge))
        after = replace(before, keys=(*before.keys, made))
        if len(after.keys) > MOST or not await self._kept.put(staff, after, own):
            raise BadState("The passkeys of this account were changed just now; try again.")
        return made

    async def rename(self, staff: StaffId, ident: str, name: str) -> None:
        """Give a passkey another name. Raises StoreUnavailable, NotFound."""
        await self._change(staff, ident, lambda own, key: own.with_changed(replace(key, name=name)))

    async def remove(self, staff: StaffId, ident: str, allowed: Callable[[OwnPasskeys], bool]) -> OwnPasskeys:
        """Remove a passkey if that is allowed of what is left then; gives that.

        Raises StoreUnavailable, NotFound, BadState.
        """

        def without(own: OwnPasskeys, key: Passkey) -> OwnPasskeys:
            left = own.without(key)
            if not allowed(left):
                raise BadState("This account needs a second step: set up an app or another passkey first.")
            return left

        return await self._change(staff, ident, without)

    async def _change(
        self, staff: StaffId, ident: str, change: Callable[[OwnPasskeys, Passkey], OwnPasskeys]
    ) -> OwnPasskeys:
        while True:
            own = await self._kept.of(staff)
            key = own.by_id(ident) if own else None
            if own is None or key is None:
                raise NotFound("There is no such passkey.")
            changed = change(own, key)
            if await self._kept.put(staff, changed, own):
                return changed

    def _challenge(self, purpose: Purpose) -> bytes:
        random = secrets.token_bytes(challenges.RANDOM_BYTES)
        return challenges.challenge(self._key, random, purpose, self._clock.now())

    def _ours(self, given: bytes, purpose: Purpose) -> bytes:
        if not challenges.is_ours(self._key, given, purpose, self._clock.now()):
            raise PasskeyRefused
        return given


def _registering(staff: StaffId, session: str, own: OwnPasskeys | None) -> Purpose:
    # With the handle, so that of two first registrations at once one is kept.
    return ("register", staff, session, own.handle.hex() if own else "")
