"""Talking to the HTTP API as a person of the service."""

from dataclasses import dataclass, field
from typing import Any

from chatsvc.domain.sites import StaffId
from tests.support.service import Service


@dataclass(frozen=True, slots=True)
class Said:
    """What came back."""

    status: int
    body: Any
    tag: str | None
    text: str = ""


@dataclass(slots=True)
class Person:
    """Somebody with an API token; paths begin after `/api/v1`."""

    service: Service
    headers: dict[str, str] = field(default_factory=dict)

    async def ask(
        self, method: str, path: str, body: Any = None, *, tag: str | None = None, **more: Any
    ) -> Said:
        """One request; `tag` is sent as If-Match as it is."""
        headers = self.headers | ({"If-Match": tag} if tag is not None else {}) | more.pop("headers", {})
        url = self.service.base + (path if path.startswith("/calendar") else f"/api/v1{path}")
        if body is not None:
            more["json"] = body
        async with self.service.http.request(method, url, headers=headers, **more) as answer:
            text = await answer.text()
            parsed = await answer.json(content_type=None) if "json" in answer.content_type else None
            return Said(answer.status, parsed, answer.headers.get("ETag"), text)


async def person(service: Service, name: str) -> Person:
    """Somebody whose account is there already."""
    _, secret = await service.backend.directory.create_token(StaffId(name), "test")
    return Person(service, {"Authorization": f"Bearer {secret}"})
