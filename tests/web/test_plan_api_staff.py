"""Who can be planned at a site, and what each is told of themselves."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from chatsvc.domain.sites import SiteId
from tests.support.api import person
from tests.support.service import Service, make_site, make_staff
from tests.support.stores import SingleStore
from tests.support.time_travel import still


@pytest.fixture
async def service(valkey: SingleStore, tmp_path: Path) -> AsyncIterator[Service]:
    """Two who answer visitors, one who left, one who plans only."""
    people = (
        make_staff("eino"), make_staff("aino", role="supervisor"), replace(make_staff("gone"), disabled=True),
        make_staff("onni", role="admin"),
    )  # fmt: skip
    async with still(valkey.url, tmp_path, make_site(), people) as made:
        yield made


async def test_those_who_can_be_planned_are_listed(service: Service) -> None:
    """A counsellor sees who answers at the site, by alias: neither closed accounts nor administrators."""
    eino = await person(service, "eino")
    said = await eino.ask("GET", "/sites/kunta/staff")
    assert said.status == 200
    assert [one["id"] for one in said.body["staff"]] == ["aino", "eino"]
    assert set(said.body["staff"][0]) == {"id", "alias", "role", "queues", "languages"}
    assert said.body["staff"][0]["queues"] == ["paihde"]
    assert (await eino.ask("GET", "/sites/other/staff")).status == 404


@pytest.mark.parametrize(("name", "changes"), [("eino", False), ("aino", True), ("onni", True)])
async def test_everybody_is_told_what_they_may(service: Service, name: str, changes: bool) -> None:
    """`me` names the sites that one works for, their queues, and what one is allowed there."""
    who = await person(service, name)
    (site,) = (await who.ask("GET", "/me")).body["sites"]
    assert (site["site"], [one["queue"] for one in site["queues"]]) == (SiteId("kunta"), ["paihde"])
    assert "read_shifts" in site["may"]
    assert ("change_shifts" in site["may"]) is changes
