"""Languages and places as visitors meet them: their own first, others when it is time and they agree."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chatsvc.domain.questions import Condition, Question, Rule
from chatsvc.domain.sites import LANGUAGES, Site, Staff
from tests.support.client import Client
from tests.support.service import Service, make_site, make_staff
from tests.support.stores import SingleStore
from tests.support.time_travel import MINUTE, pass_time, still

DANGER = Question("danger", "yes-no", {"fi": "Vaarassa?"})
URGENT = Rule((Condition("danger", ("yes",)),), priority=2)
SITE: Site = replace(
    make_site(paihde={}, asked={"questions": (DANGER,), "rules": (URGENT,)}), languages=LANGUAGES
)


def speaker(name: str, *languages: str) -> Staff:
    """An account with these languages."""
    return replace(make_staff(name), languages=languages)


@pytest.fixture
async def service(valkey: SingleStore, tmp_path: Path) -> AsyncIterator[Service]:
    """Aino speaks Finnish and Inari Sami, Sven Swedish."""
    people = (speaker("aino", "fi", "smn"), speaker("sven", "sv"))
    async with still(valkey.url, tmp_path, SITE, people) as made:
        yield made


async def asked(visitor: Client, **fields: Any) -> list[str]:
    """The languages about which the next `waiting` asks."""
    found: list[str] = (await visitor.expect("waiting", **fields))["also"]
    return found


async def test_one_is_asked_after_the_queues_time(service: Service) -> None:
    """Not before two minutes, then at once; whoever agrees can be taken by those who speak it, nobody else."""
    aino, sven = await service.on_duty("aino"), await service.on_duty("sven")
    visitor, welcome = await service.joined(lang="sv")
    assert "also" not in welcome
    assert await asked(visitor) == []
    await pass_time(service, 2 * MINUTE - 1)
    assert (await aino.ask("take", "error", conversation=welcome["conversation"]))["code"] == "no_language"
    await pass_time(service, 1)
    assert await asked(visitor, also=["fi", "smn"]) == ["fi", "smn"]
    (head,) = (await aino.expect("queue", waiting=1))["head"]
    assert (head["lang"], head["languages"]) == ("sv", ["sv"])
    await visitor.ask("also", languages=["smn", "xx", "sv"])
    while head["languages"] != ["sv", "smn"]:
        (head,) = (await aino.expect("queue", waiting=1))["head"]
    again, resumed = await service.joined(lang="sv", token=welcome["token"])
    assert resumed["also"] == ["smn"]
    await aino.ask("take", "assigned", conversation=welcome["conversation"])
    await again.expect("active")
    assert (await again.ask("also", "error", languages=["fi"]))["code"] == "bad_state"
    assert (await sven.ask("take", "error"))["code"] == "nothing_waiting"


async def test_consoles_are_told_when_another_language_counts(service: Service) -> None:
    """Whoever agreed before the time is theirs to take from that minute: the console hears it without asking."""
    aino, _ = await service.on_duty("aino"), await service.on_duty("sven")
    await service.joined(lang="sv", also=["smn"])
    (head,) = (await aino.expect("queue", waiting=1))["head"]
    assert head["languages"] == ["sv"]
    await pass_time(service, 2 * MINUTE)
    while head["languages"] != ["sv", "smn"]:
        (head,) = (await aino.expect("queue", waiting=1))["head"]


async def test_one_is_asked_at_once_when_nobody_speaks_theirs(service: Service) -> None:
    """The only speaker leaves: those who wait are asked; who comes later finds the languages before joining."""
    sven, aino = await service.on_duty("sven"), await service.on_duty("aino")
    visitor, _ = await service.joined(lang="sv")
    assert await asked(visitor) == []
    await sven.ask("duty", "duty", state="off")
    assert await asked(visitor, also=["fi", "smn"])
    later = await service.visitor()
    status = await later.ask("watch", "status", site="kunta", queue="paihde")
    assert (status["state"], status["spoken"]) == ("open", ["fi", "smn"])
    refused = await later.ask("hello", "unavailable", site="kunta", queue="paihde", lang="sv")
    assert refused["reason"] == "no_staff"
    assert (await later.ask("hello", "welcome", site="kunta", queue="paihde", lang="sv", also=["fi"]))[
        "also"
    ] == ["fi"]
    await aino.expect("queue", waiting=2)


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_every_known_language_is_served(service: Service, lang: str) -> None:
    """Declared for a person and asked for by a visitor it is kept as it is, from the queue to the conversation."""
    await service.backend.directory.put_staff(speaker("aino", lang))
    await service.backend._refresh()
    aino = await service.on_duty("aino")
    assert aino.of("welcome")[0]["counsellor"]["languages"] == [lang]
    _, welcome = await service.joined(lang=lang)
    assert [one["lang"] for one in (await aino.expect("queue", waiting=1))["head"]] == [lang]
    taken = await aino.ask("take", "assigned", conversation=welcome["conversation"])
    assert taken["conversation"]["lang"] == lang


async def test_a_place_is_where_one_really_stands(service: Service) -> None:
    """Somebody urgent joins last and is next: both are told so, and so they are taken."""
    aino = await service.on_duty("aino")
    patient, first = await service.joined("asked", answers={})
    assert (await patient.expect("waiting"))["position"] == 1
    await pass_time(service, MINUTE)
    urgent, second = await service.joined("asked", answers={"danger": "yes"})
    assert (await urgent.expect("waiting"))["position"] == 1
    assert (await patient.expect("waiting", position=2))["also"] == []
    head = (await aino.expect("queue", queue="asked", waiting=2))["head"]
    assert [one["conversation"] for one in head] == [second["conversation"], first["conversation"]]
    assert (await aino.ask("take", "assigned"))["conversation"]["id"] == second["conversation"]
    await urgent.expect("active")
    assert (await patient.expect("waiting", position=1))["position"] == 1


async def test_handing_on_needs_a_language_agreed_to(service: Service) -> None:
    """A colleague who speaks none is refused, with no note left behind; they can be brought in."""
    sven, aino = await service.on_duty("sven"), await service.on_duty("aino")
    _, welcome = await service.joined(lang="sv")
    conversation = welcome["conversation"]
    await sven.ask("take", "assigned", conversation=conversation)
    order: dict[str, Any] = {"conversation": conversation, "to": {"counsellor": "aino"}, "note": "knows more"}
    assert (await sven.ask("transfer", "error", **order))["code"] == "no_language"
    assert not sven.of("note")
    await sven.ask("consult", conversation=conversation, counsellor="aino")
    await aino.expect("assigned")
