"""The directory in the store: sites, staff accounts, sign-in sessions and API tokens.

Tokens are 256 random bits; the store holds only their SHA-256.
"""

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Any, Literal, TypeVar

import msgspec

from chatsvc.domain.plan import KINDS, Edit
from chatsvc.domain.sessions import SessionLimits
from chatsvc.domain.sites import Site, SiteId, Staff, StaffId
from chatsvc.store import directory_keys as keys
from chatsvc.store.directory_snapshot import DirectorySnapshot, Mark
from chatsvc.store.link import Link
from chatsvc.store.link_feed import Subscription
from chatsvc.store.scripts import Script

TOUCH_MS = 60_000  # a sign of life is written at most this often
TOKEN_PREFIX = "chatsvc_"  # noqa: S105 - so that scanners for leaked secrets can recognise one

Row = TypeVar("Row")


class WrongStore(Exception):
    """This store must not be used by this process; the message says why and what to do."""


class Session(msgspec.Struct, frozen=True):
    """A signed-in browser. Times are ms; `credential` ties it to the password and role it was opened with."""

    staff: StaffId
    credential: str
    opened_at: int
    expires_at: int
    seen_at: int
    sid: str = ""  # stands for the session at an identity provider that it came from


class ApiToken(msgspec.Struct, frozen=True):
    """A token for programs, without the token. `expires_at` None means until revoked."""

    id: str
    staff: StaffId
    label: str
    created_at: int
    expires_at: int | None = None


def wall_clock_ms() -> int:
    """This machine's time in ms since the epoch."""
    return time.time_ns() // 1_000_000


@cache
def directory_script(name: str) -> Script:
    """A script of the directory; it stands alone."""
    source = files("chatsvc.store").joinpath("lua", f"{name}.lua").read_text(encoding="utf-8")
    return Script(name, "#!lua\n" + source)


class Directory:
    """Reads and writes the directory. Every method may raise `StoreUnavailable`."""

    def __init__(
        self, link: Link, now_ms: Callable[[], int] = wall_clock_ms, limits: SessionLimits | None = None
    ) -> None:
        self._link = link
        self._now_ms = now_ms
        self._limits = limits or SessionLimits()

    async def load(self) -> DirectorySnapshot:
        """Everything declared, at no older a version than it says."""
        # The version is read first: what changes meanwhile makes the rows newer than it, never older.
        reads = [self._link.call(key, "HGETALL", key) for key in (keys.ABOUT, keys.SITES, keys.STAFF)]
        about, sites, people = [_pairs(await read) for read in reads]
        return DirectorySnapshot(
            sites={SiteId(name.decode()): _decoded(row, Site) for name, row in sites.items()},
            people={StaffId(name.decode()): _decoded(row, Staff) for name, row in people.items()},
            version=int(about.get(b"version", 0)),
            mark="demo" if about.get(b"mark") == b"demo" else "",
            vault_id=about.get(b"vault", b"").decode(),
        )

    async def version(self) -> int:
        """The number of the last change."""
        return int(await self._link.call(keys.ABOUT, "HGET", keys.ABOUT, "version") or 0)

    async def watch(self, on_change: Callable[[], None]) -> Subscription:
        """Call `on_change` after every change, and whenever one may have been missed."""
        return await self._link.subscribe(keys.CHANGED, lambda _: on_change(), on_change)

    async def put_site(self, site: Site) -> int:
        """Declare a site with its queues; returns the directory's version."""
        return await self._write(keys.SITES, site.id, msgspec.msgpack.encode(site))

    async def put_together(
        self,
        sites: Sequence[Site],
        people: Sequence[Staff],
        plans: Sequence[tuple[SiteId, Sequence[Edit]]] = (),
        on: tuple[int, int | Literal[""]] | None = None,
    ) -> int | None:
        """Declare sites, write accounts and change plans in one step; returns the directory's version.

        `on` are the versions of the directory and of all plans ("" for any) that this was made on: None is returned,
        and nothing written, if one of them is another by now.
        """
        touched = [keys.ABOUT, keys.CHANGED, keys.SITES, keys.STAFF, keys.PLANS, keys.PLAN_CHANGED]
        arguments: list[str | int | bytes] = [*(on or ("", "")), self._now_ms()]
        for declared in sites:
            arguments += [3, declared.id, msgspec.msgpack.encode(declared), ""]
        for staff in people:
            arguments += [4, staff.id, msgspec.msgpack.encode(staff), ""]
        for site, edits in plans:
            first = len(touched) + 1
            touched += [keys.plan(kind, site) for kind in KINDS]
            for edit in edits:
                row = b"" if edit.row is None else msgspec.msgpack.encode(edit.row)
                arguments += [first + KINDS.index(edit.kind), edit.id, row, site]
        version: int = await self._link.run(directory_script("directory_together"), touched, arguments)
        return None if version < 0 else version

    async def put_staff_on(self, staff: Staff, version: int) -> bool:
        """Write a person's account; false, and nothing written, if the directory has another version by now."""
        return await self.put_together((), (staff,), on=(version, "")) is not None

    async def change_site(self, site: str, change: Callable[[Site], Site]) -> Site:
        """Replace a site by what `change` makes of it, whoever else is writing; returns the new one.

        `change` may be called again. Raises KeyError for a site that is not there, and whatever `change` raises.
        """
        return await self._change(keys.SITES, site, Site, change)

    async def _change(self, key: str, name: str, kind: type[Row], change: Callable[[Row], Row]) -> Row:
        while True:
            row: bytes | None = await self._link.call(key, "HGET", key, name)
            if row is None:
                raise KeyError(name)
            changed = change(_decoded(row, kind))
            if await self._write(key, name, msgspec.msgpack.encode(changed), row) >= 0:
                return changed

    async def remove_site(self, site: str) -> int:
        """Forget a site; returns the directory's version."""
        return await self._write(keys.SITES, site, b"")

    async def put_staff(self, staff: Staff) -> int:
        """Write a person's account; returns the directory's version."""
        return await self._write(keys.STAFF, staff.id, msgspec.msgpack.encode(staff))

    async def change_staff(self, staff: str, change: Callable[[Staff], Staff]) -> Staff:
        """Replace an account by what `change` makes of it, whoever else is writing; returns the new one.

        `change` may be called again. Raises KeyError for an account that is not there, and whatever `change` raises.
        """
        return await self._change(keys.STAFF, staff, Staff, change)

    async def sign_out_everywhere(self, staff: str) -> None:
        """End all sessions of an account, on every node; API tokens go on. Raises KeyError for an unknown one."""
        await self.change_staff(staff, lambda now: replace(now, sign_outs=now.sign_outs + 1))

    async def remove_staff(self, staff: str) -> int:
        """Remove a person's account with its second step and passkeys: sessions and tokens stop working.

        Returns the version.
        """
        touched = (keys.STAFF, keys.FACTORS, keys.PASSKEYS, keys.PASSKEY_IDS, keys.ABOUT, keys.CHANGED)
        version: int = await self._link.run(directory_script("staff_remove"), touched, (staff,))
        return version

    async def staff(self, staff: str) -> Staff | None:
        """A person's account as it is now."""
        row = await self._link.call(keys.STAFF, "HGET", keys.STAFF, staff)
        return _decoded(row, Staff) if row else None

    async def set_mark(self, mark: Mark) -> int:
        """Mark the store as the demo's, so that `serve` refuses it."""
        return await self._write(keys.ABOUT, "mark", mark.encode())

    async def record_vault(self, vault_id: str) -> str:
        """Record the vault of this store if none is recorded yet; returns the one that is."""
        await self._link.call(keys.ABOUT, "HSETNX", keys.ABOUT, "vault", vault_id)
        recorded: bytes = await self._link.call(keys.ABOUT, "HGET", keys.ABOUT, "vault")
        return recorded.decode()

    async def claim(self, vault_id: str, *, demo: bool) -> None:
        """Make sure that this store, this vault and this kind of service belong together, from now on too.

        Raises `WrongStore`: the demo and a real service don't share a store, and what was sealed with another
        vault's keys could not be read.
        """
        mark, version = await self._link.call(keys.ABOUT, "HMGET", keys.ABOUT, "mark", "version")
        if mark == b"demo" and not demo:
            raise WrongStore(
                "This store was filled by `chatsvc demo`, whose passwords everybody knows. "
                "Use another data_dir or redis_url, or empty the store first."
            )
        if demo and mark != b"demo" and version is not None:
            raise WrongStore(
                "This store is in real use; the demo fills only an empty one. Use another data_dir."
            )
        recorded = await self.record_vault(vault_id)
        if recorded != vault_id:
            raise WrongStore(
                f"This store belongs to the key vault {recorded}, and the vault here is {vault_id}. "
                "Set vault_path to the right vault, or use the store that belongs to this one."
            )
        if demo:
            await self.set_mark("demo")

    async def _write(self, key: str, field: str, row: bytes, *replaces: bytes) -> int:
        version: int = await self._link.run(
            directory_script("directory_write"), (key, keys.ABOUT, keys.CHANGED), (field, row, *replaces)
        )
        return version

    async def open_session(self, staff: StaffId, sid: str = "") -> str:
        """Sign a person in; returns the token for their cookie. Raises KeyError for someone unknown.

        `sid` stands for their session at an identity provider, with which this one ends.
        """
        account = await self.staff(staff)
        if account is None:
            raise KeyError(staff)
        now, token = self._now_ms(), secrets.token_urlsafe(32)
        lifetime_ms = self._limits.absolute_ms
        session = Session(staff, _credential(account), now, now + lifetime_ms, now, sid)
        key = keys.session(token)
        await self._link.call(key, "SET", key, msgspec.msgpack.encode(session), "PX", lifetime_ms)
        return token

    async def staff_of_session(self, token: str, *, alive: bool = True) -> StaffId | None:
        """Who is signed in with this token; with `alive` this is a sign of life of theirs.

        None when the session is over: signed out, here or everywhere; too old or idle for too long; the account
        disabled, its password or role changed.
        """
        key = keys.session(token)
        row = await self._link.call(key, "GET", key)
        if not row:
            return None
        session = _decoded(row, Session)
        now = self._now_ms()
        account = await self.staff(session.staff)
        if session.sid and await self._link.call(keys.vouched(session.sid), "GET", keys.vouched(session.sid)):
            return None
        if self._limits.over(session.opened_at, session.seen_at, now):
            return None
        if account is None or account.disabled or _credential(account) != session.credential:
            return None
        if alive and now >= session.seen_at + TOUCH_MS:
            seen = msgspec.msgpack.encode(msgspec.structs.replace(session, seen_at=now))
            await self._link.call(key, "SET", key, seen, "XX", "KEEPTTL")  # XX: signing out meanwhile wins
        return session.staff

    async def close_session(self, token: str) -> None:
        """Sign out."""
        key = keys.session(token)
        await self._link.call(key, "DEL", key)

    async def create_token(
        self, staff: StaffId, label: str, lifetime_ms: int | None = None
    ) -> tuple[ApiToken, str]:
        """An API token that acts as `staff`, with the secret that is shown once."""
        now, secret = self._now_ms(), TOKEN_PREFIX + secrets.token_urlsafe(32)
        expires_at = None if lifetime_ms is None else now + lifetime_ms
        token = ApiToken(secrets.token_hex(4), staff, label, now, expires_at)
        row = msgspec.msgpack.encode(token)
        await self._link.call(keys.TOKENS, "HSET", keys.TOKENS, keys.digest(secret), row)
        return token, secret

    async def staff_of_token(self, secret: str) -> StaffId | None:
        """Whom an API token acts as; None when it is unknown, expired, revoked or its account disabled."""
        row = await self._link.call(keys.TOKENS, "HGET", keys.TOKENS, keys.digest(secret))
        token = _decoded(row, ApiToken) if row else None
        if token is None or (token.expires_at is not None and self._now_ms() >= token.expires_at):
            return None
        account = await self.staff(token.staff)
        return None if account is None or account.disabled else token.staff

    async def list_tokens(self) -> list[ApiToken]:
        """All API tokens, oldest first."""
        return sorted(
            (token for token, _ in await self._tokens()), key=lambda token: (token.created_at, token.id)
        )

    async def revoke_token(self, token_id: str) -> bool:
        """Make an API token useless; false if there is none with this id."""
        for token, digest in await self._tokens():
            if token.id == token_id:
                return bool(await self._link.call(keys.TOKENS, "HDEL", keys.TOKENS, digest))
        return False

    async def _tokens(self) -> list[tuple[ApiToken, bytes]]:
        rows = _pairs(await self._link.call(keys.TOKENS, "HGETALL", keys.TOKENS))
        return [(_decoded(row, ApiToken), digest) for digest, row in rows.items()]


def _credential(staff: Staff) -> str:
    """Changes with the password and the role, and when all sessions are ended; tells nothing about any.

    With the role, because no way of giving somebody another can then forget to end what they began with the old one.
    """
    ended = f" {staff.sign_outs}" if staff.sign_outs else ""
    return keys.digest(f"{staff.password_hash}{ended} {staff.role}")[:16]


def _pairs(reply: list[bytes]) -> dict[bytes, bytes]:
    return dict(zip(reply[::2], reply[1::2], strict=True))


def _decoded(row: Any, kind: type[Row]) -> Row:
    return msgspec.msgpack.decode(row, type=kind)
