"""Who may do what, cell by cell, over HTTP and WebSocket: every operation × every role × own site and another's."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from chatsvc.domain.sites import Role, Site, SiteId
from chatsvc.web.plan_api import OPERATIONS
from chatsvc.web.protocol import Close
from tests.support.api import Person, person
from tests.support.service import Service, make_site, make_staff, running
from tests.support.stores import SingleStore

# By hand, so that a change of the table is seen: C counsellor, S supervisor, A admin, O operator, U auditor.
MAY = {
    "getHours": "CSA", "putHours": "SA", "getHolidays": "CSAOU", "getRoster": "CSA", "getShifts": "CSA",
    "postShift": "SA", "getShift": "CSA", "putShift": "SA", "deleteShift": "SA", "getAbsences": "CSA",
    "postAbsence": "SA", "putAbsence": "SA", "deleteAbsence": "SA", "getSwaps": "CSA", "postSwap": "CS",
    "stepSwap": "CSA", "getStaff": "CSA", "getMinima": "SA", "putMinima": "SA", "getCoverage": "SA",
    "getLate": "SA", "getCalendar": "SA", "postCalendar": "SA", "getFeed": "CSAOU", "postFeed": "CSAOU",
    "deleteFeed": "CSAOU", "getBoard": "SA", "getStatistics": "SA", "getStatisticsCsv": "SA",
    "getStatisticsPicture": "SA", "getAudit": "U",
    "getNewestAudit": "U", "getAuditCsv": "U", "getAuditState": "U",
    "getOpenings": "AU", "seeOpenings": "AU", "getConversations": "CS", "openTranscript": "CS",
    "getHolds": "SAU", "stepHold": "SA", "getPrivacyReport": "AU", "getPrivacyReportCsv": "AU",
    "deleteSessions": "CSAOU", "getSecondFactor": "CSAOU", "offerSecondFactor": "CSAOU",
    "putSecondFactor": "CSAOU", "removeSecondFactor": "CSAOU", "getPasskeys": "CSAOU",
    "getPasskeyChallenge": "CSAOU", "offerPasskey": "CSAOU", "addPasskey": "CSAOU", "renamePasskey": "CSAOU",
    "removePasskey": "CSAOU",
}  # fmt: skip
LETTER = {"counsellor": "C", "supervisor": "S", "admin": "A", "operator": "O", "auditor": "U"}
TALK = "CS"  # who has a console with visitors in it
ROLES = get_args(Role)
NOT_SIGNED_IN, REFUSED = 401, {403, 404}


@pytest.fixture
async def service(valkey: SingleStore, tmp_path: Path) -> AsyncIterator[Service]:
    """One of each role at `kunta`."""
    people = [make_staff(role, role=role) for role in ROLES]
    async with running(valkey.url, tmp_path, make_site(), people, worker=False) as made:
        yield made


def paths(site: str) -> Iterator[tuple[str, str, str, bool]]:
    """Every operation at a site: its name, method, path, and whether the path names the site."""
    for operation in OPERATIONS:
        path = operation.path.removeprefix("/api/v1")
        for name, value in (("site", site), ("queue", "paihde"), ("step", "accept")):
            path = path.replace(f"{{{name}}}", value)
        for name in ("shift", "absence", "swap", "conversation", "passkey"):
            path = path.replace(f"{{{name}}}", "none")
        yield operation.id, operation.method, path, "{site}" in operation.path


async def answers(who: Person, site: str) -> dict[str, int]:
    """What each operation answers to somebody who sends it without what it needs."""
    found = {}
    for name, method, path, _ in paths(site):
        body: dict[str, object] | None = {} if method in ("POST", "PUT") else None
        found[name] = (await who.ask(method, path, body, tag="*")).status
    return found


def test_every_operation_is_decided() -> None:
    """Whoever adds one writes its line here."""
    assert set(MAY) == {operation.id for operation in OPERATIONS}
    assert set(LETTER) == set(ROLES)


@pytest.mark.parametrize("role", ROLES)
async def test_own_site(service: Service, role: Role) -> None:
    """Refused as not allowed, or let through to whatever the request then lacks."""
    found = await answers(await person(service, role), "kunta")
    refused = {name for name, status in found.items() if status == 403}
    assert refused == {name for name in MAY if LETTER[role] not in MAY[name]}


@pytest.mark.parametrize("role", ROLES)
async def test_another_site(service: Service, role: Role) -> None:
    """Nobody does anything at a site that is not theirs."""
    queue = replace(make_site().queues[0], site=SiteId("toinen"))
    await service.backend.directory.put_site(Site(SiteId("toinen"), {"fi": "Toinen"}, queues=(queue,)))
    await service.backend.planning.refresh()
    found = await answers(await person(service, role), "toinen")
    for name, _, _, at_site in paths("toinen"):
        assert not at_site or found[name] in REFUSED, name


async def test_nobody_and_a_disabled_account(service: Service) -> None:
    """Without a sign-in, with a token that is none, and with that of an account that was disabled: nothing."""
    disabled = await person(service, "supervisor")
    account = make_staff("supervisor", role="supervisor")
    await service.backend.directory.put_staff(replace(account, disabled=True))
    await service.backend.planning.refresh()
    for who in (Person(service), Person(service, {"Authorization": "Bearer none"}), disabled):
        assert set((await answers(who, "kunta")).values()) == {NOT_SIGNED_IN}


@pytest.mark.parametrize("role", ROLES)
async def test_the_console_of_visitors(service: Service, role: Role) -> None:
    """Only who talks with visitors has one; everybody else is turned away before anything is said."""
    console = await service.console(role)
    if LETTER[role] in TALK:
        await console.send("hello")
        await console.expect("welcome")
    else:
        assert (await console.closed).code == Close.NOT_ALLOWED
