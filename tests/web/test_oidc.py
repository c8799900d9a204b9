"""Signing in with an identity provider: a real one, there and back, over HTTP."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from chatsvc.store.audit import AuditStore
from tests.support.provider import IdentityProvider, Traveller, identity_provider, query_of, travelling
from tests.support.service import Service, make_staff, running
from tests.support.stores import SingleStore

__all__ = ["identity_provider"]


@pytest.fixture
async def service(
    valkey: SingleStore, tmp_path: Path, identity_provider: IdentityProvider
) -> AsyncIterator[Service]:
    """A node that takes people of the provider."""
    own: dict[str, Any] = {"port": identity_provider.port, "public_url": identity_provider.origin}
    await identity_provider.put(
        maija={"groups": ["counsellors", "all"], "preferred_username": "Maija.Möttönen", "name": "Maija Möttönen"},
        outsider={"groups": ["all"], "preferred_username": "outsider"},
    )  # fmt: skip
    async with running(
        valkey.url, tmp_path, people=[make_staff("aino")], oidc=(identity_provider.settings(),), **own
    ) as made:
        yield made


@pytest.fixture
async def traveller(identity_provider: IdentityProvider) -> AsyncIterator[Traveller]:
    """A browser."""
    async with travelling(identity_provider.origin) as found:
        yield found


async def test_somebody_of_the_provider_signs_in(service: Service, traveller: Traveller) -> None:
    """There and back: an account of its own, as the groups say, that shows visitors no name of a person."""
    address = await traveller.begin()
    asked = query_of(address)
    assert asked["redirect_uri"] == f"{traveller.origin}/api/v1/oidc/kunta/callback"
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    back = await traveller.vouched_for(address, "maija")
    assert query_of(back)["state"] == asked["state"]
    assert await traveller.get(back) == (303, f"{traveller.origin}/console/")
    status, me = await traveller.api("GET", "/me")
    assert (status, me["id"], me["alias"], me["role"]) == (
        200,
        "kunta:maija.mottonen",
        "Neuvoja 1",
        "counsellor",
    )
    assert [site["site"] for site in me["sites"]] == ["kunta"]
    deeds = [entry.deed for entry in await AuditStore(service.backend.link).entries("kunta")]
    assert [(one.actor, one.action, one.record) for one in deeds] == [
        ("oidc kunta", "counsellor add", "kunta:maija.mottonen"),
        ("kunta:maija.mottonen", "sign_in", ""),
    ]
    assert deeds[-1].details["how"] == "oidc kunta"
