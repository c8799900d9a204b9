"""Opening hours as visitors and counsellors meet them: told before, warned in time, told at the end."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from chatsvc.domain.hours import DatedHours, OpeningHours, Period, instant, local_day
from tests.support.service import Service, make_site, make_staff
from tests.support.stores import SingleStore
from tests.support.time_travel import MINUTE, pass_time, still, until

OFFICE = OpeningHours(weekly=((Period(9 * 60, 15 * 60),),) * 7, on_holidays="as usual")


@pytest.fixture
async def service(valkey: SingleStore, tmp_path: Path) -> AsyncIterator[Service]:
    """Open from nine to three; nobody joins in the last 15 minutes. The clock stands at eight in the morning."""
    site = make_site(paihde={"hours": OFFICE, "last_entry_ms": 15 * MINUTE})
    async with still(valkey.url, tmp_path, site) as made:
        await until(made, instant(tomorrow(made), 8 * 60))
        yield made


def tomorrow(service: Service) -> date:
    """The day after the clock's."""
    return local_day(service.backend.clock.now()) + timedelta(days=1)


def today_at(service: Service, hour: int, minute: int = 0) -> int:
    """An instant of the clock's day."""
    return instant(local_day(service.backend.clock.now()), hour * 60 + minute)


async def public(service: Service) -> dict[str, Any]:
    """The queue as anybody may read it."""
    async with service.http.get(f"{service.base}/api/v1/sites/kunta/queues") as found:
        body: dict[str, Any] = (await found.json())["queues"][0]
        return body


async def test_before_opening_the_visitor_is_told_when(service: Service) -> None:
    """Closed although somebody is on duty; the widget, the refusal and the public list say when it opens."""
    await service.on_duty("aino")
    visitor = await service.visitor()
    status = await visitor.ask("watch", "status", site="kunta", queue="paihde")
    nine = today_at(service, 9)
    assert (status["state"], status["opens_at"]) == ("closed", nine)
    await visitor.send("hello", site="kunta", queue="paihde", lang="fi")
    refused = await visitor.expect("unavailable")
    assert (refused["reason"], refused["opens_at"]) == ("closed", nine)
    found = await public(service)
    assert (found["state"], found["opens_at"], found["closes_at"]) == ("closed", nine, None)


async def test_the_languages_of_those_on_duty_are_told(service: Service) -> None:
    """`spoken` follows who is on duty; whom nobody understands is told so, and gets in by agreeing to another."""
    await service.backend.directory.put_staff(replace(make_staff("aino"), languages=("fi",)))
    await until(service, today_at(service, 10))
    counsellor = await service.on_duty("aino")
    visitor = await service.visitor()
    status = await visitor.ask("watch", "status", site="kunta", queue="paihde")
    assert status["spoken"] == ["fi"]
    hello = {"site": "kunta", "queue": "paihde", "lang": "sv"}
    assert (await visitor.ask("hello", "unavailable", **hello))["reason"] == "no_staff"
    await visitor.ask("hello", "welcome", **hello, also=["en", "fi"])
    assert (await counsellor.ask("take", "error"))["code"] == "nothing_waiting"
    await pass_time(service, 2 * MINUTE)
    assert (await counsellor.ask("take", "assigned"))["conversation"]["lang"] == "sv"


async def test_opening_is_pushed(service: Service) -> None:
    """At nine whoever watches and whoever is on duty hears it without asking; the list says until when."""
    counsellor = await service.on_duty("aino")
    visitor = await service.visitor()
    await visitor.ask("watch", "status", site="kunta", queue="paihde")
    await until(service, today_at(service, 9))
    status = await visitor.expect("status", state="open")
    assert (status["opens_at"], status["closes_at"]) == (None, today_at(service, 15))
    await counsellor.expect("queue", state="open")
    await service.joined()


async def test_the_door_closes_before_the_queue(service: Service) -> None:
    """In the last quarter of an hour newcomers are told that it closes; who came before has a place."""
    await service.on_duty("aino")
    await until(service, today_at(service, 14, 44))
    visitor, _ = await service.joined()
    await pass_time(service, MINUTE)
    late = await service.visitor()
    await late.send("hello", site="kunta", queue="paihde", lang="fi")
    assert (await late.expect("unavailable"))["reason"] == "closing"
    token = visitor.of("welcome")[0]["token"]
    _, again = await service.joined(token=token)
    assert again["state"] == "waiting"


async def test_who_waits_is_warned_and_told(service: Service) -> None:
    """Ten minutes before the end they are warned, once; at the end their wait ends as `queue_closed`."""
    await service.on_duty("aino")
    await until(service, today_at(service, 14))
    visitor, _ = await service.joined()
    await until(service, today_at(service, 14, 51))
    warning = await visitor.expect("warning")
    assert (warning["reason"], warning["at"]) == ("closing_soon", today_at(service, 15))
    await until(service, today_at(service, 15))
    assert (await visitor.expect("closed"))["reason"] == "queue_closed"
    assert len(visitor.of("warning")) == 1
    assert (await public(service))["opens_at"] == instant(tomorrow(service), 9 * 60)


async def test_a_conversation_goes_on_after_closing(service: Service) -> None:
    """Closing drains: whoever talks is not cut off."""
    await until(service, today_at(service, 14, 44))
    visitor, counsellor, conversation = await service.talking()
    await until(service, today_at(service, 15, 1))
    await visitor.ask("say", "ack", id="1", text="one more thing")
    assert (await counsellor.expect("entry", id="1"))["conversation"] == conversation
    assert not visitor.of("closed")


async def test_changed_hours_hold_at_once(service: Service) -> None:
    """A dated exception that is declared at eight opens the queue at eight."""
    await service.on_duty("aino")
    visitor = await service.visitor()
    await visitor.ask("watch", "status", site="kunta", queue="paihde")
    today = local_day(service.backend.clock.now())
    hours = replace(OFFICE, dated=(DatedHours(today, today, (Period(7 * 60, 12 * 60),)),))
    queue = replace(service.site.queues[0], hours=hours)
    await service.backend.directory.put_site(replace(service.site, queues=(queue,)))
    status = await visitor.expect("status", state="open")
    assert status["closes_at"] == today_at(service, 12)


async def close_by_hand(service: Service) -> None:
    """An operator declares that the queue takes nobody."""
    queue = replace(service.site.queues[0], open=False)
    await service.backend.directory.put_site(replace(service.site, queues=(queue,)))


async def test_closed_by_hand_serves_who_waits(service: Service) -> None:
    """`open = false` is told to those who wait; they are taken while somebody is at hand, and then told why not."""
    counsellor = await service.on_duty("aino")
    await until(service, today_at(service, 10))
    visitor, _ = await service.joined()
    assert not (await visitor.expect("waiting"))["closed"]
    await close_by_hand(service)
    told = await visitor.expect("waiting", closed=True)
    assert (told["position"], told["staffed"]) == (1, True)
    await counsellor.expect("queue", state="closed")
    late = await service.visitor()
    refused = await late.ask("hello", "unavailable", site="kunta", queue="paihde", lang="fi")
    assert refused["reason"] == "closed"
    await pass_time(service, MINUTE)
    assert not visitor.of("closed")
    await counsellor.ask("duty", "duty", state="paused")  # nobody knows for how long
    await pass_time(service, 1)
    assert (await visitor.expect("closed"))["reason"] == "queue_closed"


async def test_closed_by_hand_tells_whom_nobody_understands(service: Service) -> None:
    """Of those who wait in a queue closed by hand only they stay whose language is spoken there, now or soon."""
    await service.backend.directory.put_staff(replace(make_staff("aino"), languages=("fi",)))
    await until(service, today_at(service, 10))
    await service.on_duty("aino")
    colleague = await service.on_duty("eino")
    finnish, _ = await service.joined()
    swedish, _ = await service.joined(lang="sv")
    both, _ = await service.joined(lang="sv", also=["fi"])
    await colleague.ask("duty", "duty", state="off")
    await pass_time(service, 1)
    assert not swedish.of("closed")
    await close_by_hand(service)
    await finnish.expect("waiting", closed=True)
    await pass_time(service, 1)
    assert (await swedish.expect("closed"))["reason"] == "queue_closed"
    assert not finnish.of("closed")
    assert not both.of("closed")
