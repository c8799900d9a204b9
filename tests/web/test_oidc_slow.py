"""A provider that hangs: who waits for it, how long, and who does not."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession, web

from chatsvc.web import oidc, oidc_http
from chatsvc.web.oidc_http import ProviderFailed, new_session
from chatsvc.web.oidc_provider import FAILED_S, FRESH_S, GOOD_S, ProviderLink
from tests.support.forger import Forger, forging
from tests.support.ports import free_ports
from tests.support.provider import query_of, travelling
from tests.support.service import running
from tests.support.stores import SingleStore

DOCUMENT = "/.well-known/openid-configuration"


class Hours:
    """A clock that stands until it is moved, in s."""

    at = 0.0

    def __call__(self) -> float:
        """What it shows."""
        return self.at


@pytest.fixture
async def forger() -> AsyncIterator[Forger]:
    """A provider that answers as yet."""
    async with forging(free_ports(1)[0]) as found:
        yield found


@pytest.fixture
async def session(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ClientSession]:
    """What it is asked with, patient for half a second."""
    monkeypatch.setattr(oidc_http, "WITHIN_S", 0.5)
    async with new_session() as found:
        yield found


async def failure(link: ProviderLink) -> str:
    """Why it can't be asked."""
    with pytest.raises(ProviderFailed) as failed:
        await link.metadata()
    return failed.value.why


async def test_all_who_wait_wait_for_the_same(forger: Forger, session: ClientSession) -> None:
    """It never answers, and ten come one after another: it is asked once, and again 5 s after it has failed."""
    hours, begun, hang = Hours(), asyncio.Event(), asyncio.Event()

    async def never() -> web.Response:
        begun.set()
        await hang.wait()
        return web.Response()

    forger.answers[DOCUMENT] = never
    link = ProviderLink(forger.settings(), lambda: session, hours)
    waiting = [asyncio.create_task(failure(link))]
    await begun.wait()
    for _ in range(9):
        hours.at += 1  # the attempt is older than what is remembered of a failure by the time it fails
        waiting.append(asyncio.create_task(failure(link)))
    assert await asyncio.gather(*waiting) == ["timeout"] * 10
    hours.at += FAILED_S - 1
    assert await failure(link) == "timeout"
    assert forger.asked == [DOCUMENT]
    hours.at += 1
    del forger.answers[DOCUMENT]
    assert (await link.metadata()).token
    hang.set()


async def test_whoever_gives_up_does_not_stop_the_others(forger: Forger, session: ClientSession) -> None:
    """The one for whom it was asked first goes away: the next one gets the answer."""
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def held() -> web.Response:
        begun.set()
        await go_on.wait()
        del forger.answers[DOCUMENT]
        return web.json_response(forger.document())

    forger.answers[DOCUMENT] = held
    link = ProviderLink(forger.settings(), lambda: session, Hours())
    first, second = (asyncio.create_task(link.metadata()) for _ in range(2))
    await begun.wait()
    first.cancel()
    go_on.set()
    assert (await second).token
    assert forger.asked == [DOCUMENT]


async def test_nobody_waits_where_the_old_one_is_good(forger: Forger, session: ClientSession) -> None:
    """An hour later it hangs: what is known is used at once, one task asks; a day later it is not good any more."""
    hours, asked, hang = Hours(), asyncio.Event(), asyncio.Event()
    link = ProviderLink(forger.settings(), lambda: session, hours)
    known, key = await link.metadata(), await link.key("one", "RS256")
    assert key is not None

    async def never() -> web.Response:
        asked.set()
        await hang.wait()
        return web.Response()

    forger.answers = {DOCUMENT: never, "/jwks": never}
    forger.asked.clear()
    hours.at += FRESH_S
    for _ in range(20):
        assert await link.metadata() is known
        assert await link.key("one", "RS256") is key
    await asked.wait()
    assert sorted(forger.asked) in ([DOCUMENT], [DOCUMENT, "/jwks"])
    hours.at += GOOD_S
    assert await failure(link) == "timeout"
    hang.set()


async def comes_back(origin: str, forger: Forger, provider: str) -> str:
    """Somebody new goes to a provider and comes back: what the page is told, empty for signed in."""
    async with travelling(origin) as traveller:
        asked = query_of(await traveller.begin(provider=provider))
        forger.nonce = asked["nonce"]
        words = f"code=c&state={asked['state']}&iss={forger.issuer}"
        _, at = await traveller.get(f"/api/v1/oidc/{provider}/callback?{words}")
        return query_of(at).get("sign_in", "")


async def test_one_that_hangs_takes_no_place_of_another(
    valkey: SingleStore, tmp_path: Path, forger: Forger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All places of the one are taken: who comes from it is told to wait, who comes from another one is let in."""
    monkeypatch.setattr(oidc, "AT_ONCE", 1)
    begun, hang = asyncio.Event(), asyncio.Event()

    async def never() -> web.Response:
        begun.set()
        await hang.wait()
        return web.Response(status=500)

    forger.answers["/token"] = never
    port, other_port = free_ports(2)
    async with (
        forging(other_port) as other,
        running(
            valkey.url, tmp_path, worker=False, port=port, public_url=f"http://localhost:{port}",
            oidc=(forger.settings(), other.settings(id="other")),
        ) as service,
    ):  # fmt: skip
        origin = service.settings.origin
        first = asyncio.create_task(comes_back(origin, forger, "kunta"))
        await begun.wait()
        assert await comes_back(origin, forger, "kunta") == "limited"
        assert await comes_back(origin, other, "other") == ""
        hang.set()
        assert await first == "away"
        del forger.answers["/token"]
        assert await comes_back(origin, forger, "kunta") == ""
