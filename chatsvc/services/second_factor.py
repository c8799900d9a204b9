"""The second step of signing in: getting one, using it, losing it."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from chatsvc.domain import one_time
from chatsvc.domain.ports import Clock
from chatsvc.domain.second_factor import Factor, has_app, is_required
from chatsvc.domain.sites import Staff, StaffId

ENROL_WITHIN_MS = 15 * 60_000
How = Literal["totp", "recovery"]


class Factors(Protocol):
    """Where they are kept. Every method may raise `StoreUnavailable`."""

    async def of(self, staff: StaffId) -> Factor | None:
        """An account's second factor."""
        ...

    async def put(self, staff: StaffId, factor: Factor | None, instead_of: Factor | None = None) -> bool:
        """Write or remove one; false if it is another by now than `instead_of`."""
        ...

    async def use(self, staff: StaffId, generation: str, step: int) -> bool:
        """Mark the code of a step as used; false if it was before."""
        ...


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What somebody needs to set up their app; `token` proves later that this was offered to them."""

    token: str
    secret: str
    uri: str


class SecondStep:
    """Second steps of all accounts. `key` is a secret that is not in the store; `service` is what apps show."""

    def __init__(
        self, factors: Factors, key: bytes, clock: Clock, *, rules: Collection[str], service: str
    ) -> None:
        """`rules` say who needs one (`domain/second_factor.py`)."""
        self._factors = factors
        self._key = key
        self._clock = clock
        self._rules = frozenset(rules)
        self._service = service

    async def of(self, staff: Staff) -> Factor | None:
        """An account's second factor. Raises StoreUnavailable."""
        return await self._factors.of(staff.id)

    def required(self, staff: Staff) -> bool:
        """Whether an account can't sign in without one."""
        return is_required(self._rules, staff)

    def offer(self, staff: Staff) -> Enrolment:
        """A new secret for an account; nothing is kept of it until `confirm`."""
        generation = secrets.token_hex(8)
        until = self._clock.now() + ENROL_WITHIN_MS
        token = one_time.enrolment_token(self._key, staff.id, generation, until)
        secret = one_time.secret_of(self._key, staff.id, generation)
        uri = one_time.app_uri(self._service, staff.id, secret)
        return Enrolment(token, one_time.in_base32(secret), uri)

    async def confirm(self, staff: Staff, token: str, code: str) -> list[str] | None:
        """Keep what was offered, now that the app shows the right code; gives the recovery codes, once.

        None for a wrong code, or an offer that is too old or not ours. Raises StoreUnavailable.
        """
        generation = one_time.generation_of(self._key, staff.id, token, self._clock.now())
        if generation is None or not await self._right(staff, generation, one_time.tidy(code)):
            return None
        return await self._keep(staff, generation)

    async def enrol(self, staff: Staff) -> tuple[Enrolment, list[str]]:
        """Give an account a second step without asking for a code: what an operator does. Raises StoreUnavailable."""
        offer = self.offer(staff)
        return offer, await self._keep(staff, offer.token.partition(".")[0])

    async def check(self, staff: Staff, code: str) -> How | None:
        """How somebody has shown who they are; None for a code that is wrong or was used. Raises StoreUnavailable."""
        factor, code = await self._factors.of(staff.id), one_time.tidy(code)
        if factor is None:
            return None
        if one_time.looks_like_recovery(code):
            return "recovery" if await self._recovered(staff, factor, code) else None
        right = factor.app and await self._right(staff, factor.generation, code)
        return "totp" if right else None

    async def remove(self, staff: Staff, *, keep_codes: bool = False) -> None:
        """The account has no app any more; its recovery codes go too, unless passkeys need them.

        Raises StoreUnavailable.
        """
        while True:
            factor = await self._factors.of(staff.id)
            left = replace(factor, app=False) if factor and keep_codes else None
            if await self._factors.put(staff.id, left, factor):
                return

    async def first_codes(self, staff: Staff) -> list[str]:
        """Recovery codes for whoever has none, now that they have a passkey; empty for others.

        Raises StoreUnavailable.
        """
        if await self._factors.of(staff.id) is not None:
            return []
        return await self._keep(staff, secrets.token_hex(8), app=False)

    async def forget_codes(self, staff: Staff) -> None:
        """The last passkey is gone: recovery codes without an app have nothing left to recover.

        Raises StoreUnavailable.
        """
        factor = await self._factors.of(staff.id)
        if factor is not None and not has_app(factor):
            await self._factors.put(staff.id, None, factor)

    async def _right(self, staff: Staff, generation: str, code: str) -> bool:
        secret = one_time.secret_of(self._key, staff.id, generation)
        step = one_time.step_of(secret, code, self._clock.now())
        return step is not None and await self._factors.use(staff.id, generation, step)

    async def _keep(self, staff: Staff, generation: str, *, app: bool = True) -> list[str]:
        codes = [one_time.recovery_code(secrets.token_bytes(10)) for _ in range(one_time.RECOVERY_CODES)]
        digests = tuple(one_time.recovery_digest(self._key, staff.id, generation, code) for code in codes)
        await self._factors.put(staff.id, Factor(generation, self._clock.now(), digests, app))
        return codes

    async def _recovered(self, staff: Staff, factor: Factor, code: str) -> bool:
        digest = one_time.recovery_digest(self._key, staff.id, factor.generation, code)
        while digest in factor.recovery:
            left = replace(factor, recovery=tuple(one for one in factor.recovery if one != digest))
            if await self._factors.put(staff.id, left, factor):
                return True
            now = await self._factors.of(
                staff.id
            )  # another code was used in this moment: ours may still be there
            if now is None or now.generation != factor.generation:
                return False
            factor = now
        return False
