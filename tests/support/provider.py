"""A real OpenID Connect provider in a process of its own, and a browser without a window that goes there and back."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from os import getpid
from pathlib import Path
from shutil import which
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from yarl import URL

from chatsvc.domain.identity import Grant, Provider
from chatsvc.domain.sites import Role, SiteId
from chatsvc.store import embedded_launch
from deploy.build import frontend
from tests.support.ports import free_port

PROGRAM = Path(__file__).with_name("provider.mjs")
CLIENT, SECRET = "chatsvc", "only for tests, only for tests, only"
HERE = {"groups": ["counsellors"]}


@dataclass(frozen=True, slots=True)
class IdentityProvider:
    """The provider, and the port that the service must have to be known there."""

    issuer: str
    port: int

    @property
    def origin(self) -> str:
        """The service's address as browsers see it: another site than the provider's."""
        return f"http://localhost:{self.port}"

    def settings(self, **changes: Any) -> Provider:
        """As an operator sets it up: counsellors and supervisors of `kunta`."""
        roles: tuple[tuple[str, Role], ...] = (("supervisors", "supervisor"), ("counsellors", "counsellor"))
        grants = {group: (Grant(role, SiteId("kunta")),) for group, role in roles}
        given = {
            "id": "kunta", "issuer": self.issuer, "client_id": CLIENT, "client_secret": SECRET,
            "names": {"fi": "Kunnan tunnus", "sv": "Kommunens konto", "en": "Municipal account"},
            "grants": grants, "scopes": ("openid", "profile", "groups"), "alias": "Neuvoja",
        }  # fmt: skip
        return Provider(**(given | changes))

    async def put(self, **people: dict[str, Any]) -> None:
        """Who there is, and what is said of them."""
        async with aiohttp.ClientSession() as http, http.put(f"{self.issuer}/people", json=people) as answer:
            assert answer.status == 204


@contextmanager
def provider_process() -> Iterator[IdentityProvider]:
    """The provider, started; it dies with the test run, whatever becomes of the test."""
    variables = frontend.install_packages()
    node = which("node", path=variables["PATH"])
    assert node is not None
    found = IdentityProvider(f"http://127.0.0.1:{(port := free_port())}", free_port())
    given = {
        "port": port, "packages": str(frontend.WIDGET / "package.json"), "client_id": CLIENT, "secret": SECRET,
        "origin": found.origin, "id": "kunta",
    }  # fmt: skip
    tied = [sys.executable, "-I", "-S", embedded_launch.__file__, str(getpid())]
    command = [*tied, node, "--no-warnings", str(PROGRAM), json.dumps(given)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=variables) as process:
        assert process.stdout is not None
        try:
            assert "ready\n" in iter(process.stdout.readline, "")
            yield found
        finally:
            process.kill()


@pytest.fixture(scope="session")
def identity_provider() -> Iterator[IdentityProvider]:
    """One for all tests of a run."""
    with provider_process() as found:
        yield found


@dataclass(slots=True)
class Traveller:
    """Somebody's browser: it keeps cookies as browsers do, and goes where it is sent one step at a time."""

    http: aiohttp.ClientSession
    origin: str

    async def get(self, address: str) -> tuple[int, str]:
        """Status, and where it leads; an address without a host is of the service."""
        url = URL(self.origin).join(URL(address, encoded=True))
        async with self.http.get(url, allow_redirects=False) as answer:
            await answer.read()
            location = answer.headers.get("Location", "")
            return answer.status, str(url.join(URL(location, encoded=True))) if location else ""

    async def api(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """A request to the service, as its own page makes it."""
        url = f"{self.origin}/api/v1{path}"
        async with self.http.request(method, url, json=body, headers={"Origin": self.origin}) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if text else None

    async def begin(self, to: str = "console", provider: str = "kunta") -> str:
        """Press the button: the address at the provider."""
        status, address = await self.get(f"/api/v1/oidc/{provider}/start?to={to}")
        assert status == 303, status
        return address

    async def vouched_for(self, address: str, name: str) -> str:
        """Sign in at the provider as `name` (empty: say no): the address that leads back, not gone to yet."""
        for _ in range(8):
            if address.startswith(self.origin):
                return address
            if "/person/" in address:
                said = {"name": name} if name else {"refused": "1"}
                async with self.http.post(address, data=said, allow_redirects=False) as answer:
                    address = answer.headers["Location"]
                continue
            status, address = await self.get(address)
            assert status in (302, 303), status
        raise AssertionError("the provider leads nowhere")

    async def sign_in(self, name: str, to: str = "console") -> str:
        """All the way: what the service leads to at the end, as path and query."""
        back = await self.vouched_for(await self.begin(to), name)
        _, at = await self.get(back)
        return at.removeprefix(self.origin)

    def cookie(self, name: str) -> str:
        """The value of one of the service's cookies; empty for none."""
        found = self.http.cookie_jar.filter_cookies(URL(self.origin)).get(name)
        return found.value if found is not None else ""


@asynccontextmanager
async def travelling(origin: str, *others: str) -> AsyncIterator[Traveller]:
    """A browser that has been nowhere; it takes `origin` and `others` for secure, as browsers do with localhost."""
    jar = aiohttp.CookieJar(unsafe=True, treat_as_secure_origin=[URL(one) for one in (origin, *others)])
    async with aiohttp.ClientSession(cookie_jar=jar) as http:
        yield Traveller(http, origin)


def query_of(address: str) -> dict[str, str]:
    """The parameters of an address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


async def settled(tasks: Any) -> None:
    """What was begun in the background is done."""
    await asyncio.gather(*tasks)
