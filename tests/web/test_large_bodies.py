"""Bodies over their limit: every operation that takes one says the limit, the size, and what to do."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from chatsvc.web import openapi
from tests.support.api import Person, Said, person
from tests.support.service import make_site, make_staff, running
from tests.support.store_server import SingleStore

pytestmark = pytest.mark.asyncio(loop_scope="module")
NAMES = {"site": "kunta", "queue": "paihde"} | dict.fromkeys(
    ("shift", "absence", "swap", "conversation", "passkey", "provider"), "a"
)
BY_AUDITOR = {"seeOpenings"}
STEPS = {"stepSwap": "agree", "stepHold": "ask"}
TAKING = [one for one in openapi.every() if one.body is not None]
ABOVE_ALL = (1 << 20) + 1


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def people(
    valkey_server: SingleStore, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[dict[str, Person]]:
    """Two who may do everything here between them."""
    valkey_server.start()
    valkey_server.flush()
    staff = (make_staff("aino"), make_staff("saana", role="supervisor"), make_staff("aune", role="auditor"))
    folder = tmp_path_factory.mktemp("large")
    async with running(valkey_server.url, folder, make_site(), staff, worker=False) as service:
        yield {name: await person(service, name) for name in ("saana", "aune")}


async def send(who: Person, operation: openapi.Any_, size: int, *, chunked: bool = False) -> Said:
    """A body of so many spaces."""

    async def pieces() -> AsyncIterator[bytes]:
        yield b" " * size

    return await who.ask(
        operation.method, operation.path.removeprefix("/api/v1").format(**NAMES, step=STEPS.get(operation.id)), tag="*",
        data=pieces() if chunked else b" " * size, headers={"Content-Type": operation.body_media},
    )  # fmt: skip


async def test_there_are_operations_with_bodies() -> None:
    """The operations are found in what the document is made of, signing in among them."""
    assert {"login", "endVisit", "putHours", "postShift", "postCalendar"} <= {one.id for one in TAKING}


@pytest.mark.parametrize("operation", TAKING, ids=lambda one: str(one.id))
async def test_a_body_that_is_too_large_is_told_how_large_it_may_be(
    people: dict[str, Person], operation: openapi.Any_
) -> None:
    """A problem document with limit, size and advice; the limit is the real one; without a length, size is null."""
    who = people["aune" if operation.id in BY_AUDITOR else "saana"]
    said = await send(who, operation, ABOVE_ALL)
    assert (said.status, said.body["code"]) == (413, "request_entity_too_large"), said.text
    limit = said.body["limit"]
    assert (limit < ABOVE_ALL, said.body["size"]) == (True, ABOVE_ALL)
    assert f"The body has {ABOVE_ALL} bytes; the limit is {limit}. " in said.body["detail"]
    assert said.body["detail"].split(". ", 1)[1].endswith(".")
    assert (await send(who, operation, limit + 1)).status == 413
    assert (await send(who, operation, limit)).status != 413
    unsaid = await send(who, operation, limit + 1, chunked=True)
    assert (unsaid.status, unsaid.body["size"]) == (413, None)
    assert "has more bytes than are accepted" in unsaid.body["detail"]
