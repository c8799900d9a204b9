"""Whether somebody may try to sign in just now, and what is written down of those who failed."""

import time
from collections.abc import Callable
from math import ceil

from aiohttp import web

from chatsvc.domain.attempts import (
    CODES,
    LONGEST_NAME,
    PASSKEYS,
    PASSWORDS,
    REMEMBERED,
    Attempt,
    Attempts,
    Told,
)
from chatsvc.domain.buckets import Buckets
from chatsvc.domain.errors import ChatError
from chatsvc.domain.sites import Staff
from chatsvc.services.audit import Audit
from chatsvc.web.neighbours import Neighbours
from chatsvc.web.node import Node
from chatsvc.web.problems import problem
from chatsvc.web.sign_in_devices import COOKIE, Devices


class Gate:
    """One node's memory of tries. What it knows of networks is in words of a key that lives for a day."""

    def __init__(
        self, devices: Devices, neighbours: Neighbours, node: Node, audit: Audit,
        now_s: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        """`neighbours` are for this gate alone, which has to know when their words change."""
        self.devices = devices
        self.now_s = now_s
        self.passwords = Attempts(PASSWORDS)
        self.codes = Attempts(CODES)
        self.passkeys = Attempts(PASSKEYS)
        self._returns: Buckets[bytes] = Buckets(PASSWORDS.source, REMEMBERED)
        self._logouts: Buckets[bytes] = Buckets(PASSWORDS.source, REMEMBERED)
        self._neighbours = neighbours
        self._node = node
        self._audit = audit
        self._told = Told()

    def attempt(self, request: web.Request, name: str, staff: Staff | None) -> Attempt:
        """A try to sign in as `name`, which is the account `staff` if it is one."""
        self._renew()
        device = self.devices.recognise(request.cookies.get(COOKIE), name, self.now_s())
        return Attempt(name[:LONGEST_NAME], staff is not None, self._neighbours.of(request), device)

    def begin_return(self, request: web.Request) -> float:
        """Count somebody who comes back from an identity provider as a wrong try: 0, or in how many seconds they may.

        Only their network pays for it: whose account it will be is not known yet.
        """
        return self._begin(self._returns, request)

    def returned(self, request: web.Request) -> None:
        """They were let in, or on: it costs nothing."""
        self._give_back(self._returns, request)

    def begin_logout(self, request: web.Request) -> float:
        """Count a logout token as one that is not believed, apart from who signs in: any page can send junk here."""
        return self._begin(self._logouts, request)

    def logged_out(self, request: web.Request) -> None:
        """The token was believed: it costs nothing."""
        self._give_back(self._logouts, request)

    def _begin(self, counted: Buckets[bytes], request: web.Request) -> float:
        self._renew()
        source = self._neighbours.of(request)
        return counted.take(source, self.now_s()) if source else 0.0

    def _give_back(self, counted: Buckets[bytes], request: web.Request) -> None:
        if source := self._neighbours.of(request):
            counted.take(source, self.now_s(), -1.0)

    def _renew(self) -> None:
        if self._neighbours.renew(self.now_s()):
            self.passwords.forget_sources()
            self.codes.forget_sources()
            self.passkeys.forget_sources()
            self._returns.clear()
            self._logouts.clear()

    def refuse(self, staff: Staff | None, why: str) -> None:
        """Somebody was not let in: that is counted, and written to the log of an account that exists.

        In the background, so that an account that exists answers no later than one that doesn't.
        """
        self._node.metrics.refused("too_many" if why == "too_many" else "not_signed_in")
        if staff is not None and (times := self._told.refused(staff.id, self.now_s())):
            self._node.see_through(self._record(staff, "sign_in_refused", why=why, times=times))

    async def let_in(self, staff: Staff, factor: str = "", how: str = "") -> None:
        """Write down that somebody has signed in, `how` if not with a password, and how often it was tried before.

        Raises StoreUnavailable: then they must not come in.
        """
        untold = self._told.untold(staff.id)
        more: dict[str, str | int | bool] = {"how": how} if how else {}
        if factor:
            more["factor"] = factor
        if untold:
            more["refused_before"] = untold
        try:
            await self._audit.record(staff.sites, staff, "sign_in", "", **more)
        except ChatError as error:  # nobody comes in unseen
            self._audit.failed("sign_in", error)
            raise

    async def _record(self, staff: Staff, action: str, **details: str | int) -> None:
        try:
            await self._audit.record_stranger(staff.sites, action, staff.id, **details)
        except ChatError as error:
            self._audit.failed(action, error)


GATE = web.AppKey("gate", Gate)


def too_often(wait_s: float) -> web.Response:
    """429: when a next try makes sense, in whole seconds."""
    return problem(
        429, "too_many", "There were too many tries to sign in. Wait a little.", retry_after_s=max(1, ceil(wait_s))
    )  # fmt: skip
