"""A browser for tests of passkeys: cookies, signing in, registering, answering."""

import json
from dataclasses import dataclass, field
from typing import Any

from tests.support.authenticator import Device
from tests.support.service import PASSWORD, Service


@dataclass(slots=True)
class Browser:
    """Talks with one node and keeps its cookies."""

    service: Service
    cookies: dict[str, str] = field(default_factory=dict)
    place: str = ""  # where a trusted proxy says that it is

    async def ask(self, method: str, path: str, body: Any = None) -> tuple[int, dict[str, Any]]:
        """Status and body."""
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if self.place:
            headers["X-Forwarded-For"] = self.place
        url = f"{self.service.base}/api/v1{path}"
        async with self.service.http.request(method, url, json=body, headers=headers) as answer:
            for line in answer.headers.getall("Set-Cookie", []):
                name, _, value = line.partition(";")[0].partition("=")
                self.cookies[name] = value
            text = await answer.text()
            return answer.status, json.loads(text) if text else {}

    def at(self, service: Service) -> "Browser":
        """The same browser at another node."""
        return Browser(service, self.cookies, self.place)

    async def sign_in(self, name: str, **more: Any) -> tuple[int, dict[str, Any]]:
        """With the right password."""
        return await self.ask("POST", "/login", {"username": name, "password": PASSWORD, **more})

    async def options(self) -> dict[str, Any]:
        """What a passkey answers to sign in."""
        status, body = await self.ask("POST", "/login/passkey/options")
        assert status == 200, body
        return dict(body["publicKey"])

    async def alone(self, device: Device) -> tuple[int, dict[str, Any]]:
        """Sign in with a passkey and nothing else."""
        return await self.ask("POST", "/login/passkey", {"passkey": device.get(await self.options())})

    async def again(self, device: Device | None = None, totp: str = "") -> dict[str, Any]:
        """With what somebody shows once more that it is them: a passkey, or else the password."""
        if device is None:
            return {"password": PASSWORD, "totp": totp}
        status, body = await self.ask("GET", "/me/passkeys/challenge")
        assert status == 200, body
        return {"passkey": device.get(body["publicKey"])}

    async def offer(self, stepping_up: Device | None = None, totp: str = "") -> dict[str, Any]:
        """What a device needs to make a passkey."""
        body = await self.again(stepping_up, totp)
        status, body = await self.ask("POST", "/me/passkeys/options", body)
        assert status == 200, body
        return dict(body["publicKey"])

    async def register(
        self, device: Device, name: str = "Mine", stepping_up: Device | None = None, totp: str = ""
    ) -> dict[str, Any]:
        """Make a passkey and keep it; what the service says of it."""
        made = device.create(await self.offer(stepping_up, totp))
        status, body = await self.ask("POST", "/me/passkeys", {"name": name, "passkey": made})
        assert status == 201, body
        return body
