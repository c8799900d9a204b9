"""An identity provider ends sessions: sockets close on every node, and nobody but the provider can do it."""

import base64
import re
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from chatsvc.domain.sites import StaffId
from chatsvc.store.audit import AuditStore
from chatsvc.web.protocol import Close
from tests.support.forger import Forger, forging, made_key
from tests.support.ports import free_ports
from tests.support.processes import until
from tests.support.provider import IdentityProvider, Traveller, identity_provider, query_of, travelling
from tests.support.service import Service, make_staff, running
from tests.support.stores import SingleStore
from tests.web.test_oidc import MAIJA, node

__all__ = ["identity_provider"]


async def signed_out_there(traveller: Traveller, issuer: str) -> None:
    """Signs out at the provider, as its page asks."""
    async with traveller.http.get(f"{issuer}/session/end") as answer:
        found = re.search(r'name="xsrf" value="([^"]+)"', await answer.text())
    assert found is not None
    said = {"xsrf": found[1], "logout": "yes"}
    async with traveller.http.post(
        f"{issuer}/session/end/confirm", data=said, allow_redirects=False
    ) as answer:
        assert answer.status in (302, 303)


async def test_signing_out_at_the_provider_closes_what_came_from_it(
    valkey: SingleStore, tmp_path: Path, identity_provider: IdentityProvider
) -> None:
    """On two nodes, within 5 s; a session of the same person from elsewhere goes on."""
    async with (
        node(valkey, tmp_path, identity_provider) as one,
        node(valkey, tmp_path, identity_provider, port=free_ports(1)[0]) as two,
        travelling(identity_provider.origin) as traveller,
        travelling(identity_provider.origin) as elsewhere,
    ):
        assert [await who.sign_in("maija") for who in (traveller, elsewhere)] == ["/console/"] * 2
        headers = {"Cookie": f"__Host-chatsvc-staff={traveller.cookie('__Host-chatsvc-staff')}"}
        console = await two.console(MAIJA, headers=headers)
        await console.send("hello")
        await console.expect("welcome")
        await signed_out_there(traveller, identity_provider.issuer)
        assert (await console.gone(within_s=5)).code == Close.NOT_SIGNED_IN
        assert (await traveller.api("GET", "/me"))[0] == 401
        assert (await elsewhere.api("GET", "/me"))[0] == 200
        last = (await AuditStore(one.backend.link).entries("kunta"))[-1].deed
        assert (last.actor, last.action, last.record, last.details) == (
            "oidc kunta", "sign_out", MAIJA, {"which": "session"},
        )  # fmt: skip
        assert await traveller.sign_in("maija") == "/console/"  # asked again, and let in again


@pytest.fixture
async def forger() -> AsyncIterator[Forger]:
    """A provider of our own."""
    async with forging(free_ports(1)[0]) as found:
        yield found


@pytest.fixture
async def service(valkey: SingleStore, tmp_path: Path, forger: Forger) -> AsyncIterator[Service]:
    """A node that takes its people."""
    port = free_ports(1)[0]
    async with running(
        valkey.url, tmp_path, people=[make_staff("aino")], worker=False, port=port,
        public_url=f"http://localhost:{port}", oidc=(forger.settings(name_claim="sub"),),
    ) as made:  # fmt: skip
        yield made


async def signed_in(service: Service, forger: Forger, sid: str | None) -> Traveller:
    """Somebody who has come in, with a session of this name there."""
    traveller = await service.stack.enter_async_context(travelling(service.settings.origin))
    asked = query_of(await traveller.begin())
    forger.nonce = asked["nonce"]
    forger.claims = lambda claims: claims | ({"sid": sid} if sid else {})
    words = f"code=c&state={asked['state']}&iss={forger.issuer}"
    assert (await traveller.get(f"/api/v1/oidc/kunta/callback?{words}"))[1].endswith("/console/")
    return traveller


async def send(service: Service, **form: str) -> int:
    """A message as the provider sends it: the status."""
    async with service.http.post(f"{service.base}/api/v1/oidc/kunta/logout", data=form) as answer:
        assert answer.headers["Cache-Control"] == "no-store"
        return answer.status


async def test_only_what_the_provider_signs_for_us_now_and_once(service: Service, forger: Forger) -> None:
    """Any other token ends nothing; a right one does, and is of no use again."""
    traveller = await signed_in(service, forger, None)
    honest = forger.key
    wrong: list[dict[str, Any]] = [
        {"iss": "http://127.0.0.1:1"}, {"aud": "other"}, {"exp": 1}, {"iat": 1}, {"events": {}}, {"events": None},
        {"nonce": "n"}, {"jti": None}, {"sub": None}, {"sub": 7}, {"sid": 7},
    ]  # fmt: skip
    tokens = [forger.logout_token(**changes) for changes in wrong]
    tokens += [forger.id_token(), "", "a.b.c", forger.logout_token()[:-8] + "AAAAAAAA"]
    forger.published, forger.key = [honest], made_key("RSA", "one")
    tokens.append(forger.logout_token())
    forger.key = honest
    assert [await send(service, logout_token=token) for token in tokens] == [400] * len(tokens)
    assert await send(service, other="x") == 400
    assert await send(service, logout_token="x" * 70_000) == 413
    assert (await traveller.api("GET", "/me"))[0] == 200
    right = forger.logout_token()
    assert await send(service, logout_token=right) == 200
    assert (await traveller.api("GET", "/me"))[0] == 401
    again = await signed_in(service, forger, None)
    assert await send(service, logout_token=right) == 400
    assert (await again.api("GET", "/me"))[0] == 200


def nested(depth: int) -> str:
    """A token with a header that is as deep."""
    head = f'{{"alg":"RS256","kid":"one","x":{"[" * depth}{"]" * depth}}}'
    return base64.urlsafe_b64encode(head.encode()).decode().rstrip("=") + ".e30.AAAA"


async def test_a_header_that_goes_deep(service: Service, forger: Forger) -> None:
    """However deep: a token that is not believed, and no error of ours."""
    await signed_in(service, forger, None)
    limit = sys.getrecursionlimit()
    for depth in (*range(limit - 120, limit, 4), limit + 500, 2_000):
        assert await send(service, logout_token=nested(depth)) == 400, depth


async def test_which_sessions_end(service: Service, forger: Forger) -> None:
    """The one that is named; all of the person where it is not known; none of anybody else."""
    one, two = [await signed_in(service, forger, sid) for sid in ("s1", "s2")]

    async def alive() -> list[bool]:
        return [(await who.api("GET", "/me"))[0] == 200 for who in (one, two)]

    assert await send(service, logout_token=forger.logout_token(jti="a", sid="s1", sub=None)) == 200
    assert await alive() == [False, True]
    assert await send(service, logout_token=forger.logout_token(jti="b", sid="nobody's", sub="two")) == 200
    assert await alive() == [False, True]
    assert await send(service, logout_token=forger.logout_token(jti="c", sid="not known", sub="one")) == 200
    assert await alive() == [False, False]
    assert StaffId("kunta+one") in service.backend.snapshot.people
    late = forger.logout_token(jti="d", sid="s4", sub=None)
    assert await send(service, logout_token=late) == 200  # before the session here has come to be
    three = await signed_in(service, forger, "s4")
    assert (await three.api("GET", "/me"))[0] == 401


async def test_while_the_store_or_the_keys_are_away(
    service: Service, forger: Forger, valkey: SingleStore
) -> None:
    """The provider hears that it was not done, and may send the same token again."""
    traveller = await signed_in(service, forger, None)
    token = forger.logout_token()
    valkey.pause()
    try:
        status = await send(service, logout_token=token)
    finally:
        valkey.resume()
    assert status == 503
    await until(lambda: not service.backend.link.away)
    assert await send(service, logout_token=token) == 200
    assert (await traveller.api("GET", "/me"))[0] == 401
