"""Everything that servers and clients say in a full scenario is as the published document has it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from chatsvc.domain.questions import Condition, Question, Rule
from tests.contract.bad_fields import bad_fields
from tests.contract.conformity import HEARS, SAYS, faults, validators
from tests.contract.raw_socket import BOTH
from tests.contract.scenario import Heard, play
from tests.support.client import JSON
from tests.support.service import Service, make_site, make_staff, running
from tests.support.store_server import SingleStore

SAFE = Question("safe", "yes-no", {"fi": "Oletko turvassa?"})
IN_DANGER = Rule((Condition("safe", ("no",)),), priority=1, message={"fi": "Soita 112."})


@pytest.fixture
async def busy(valkey: SingleStore, tmp_path: Path) -> AsyncIterator[Service]:
    """Queues of each mode, one that asks, one that warns soon, one that is closed; two counsellors."""
    site = make_site(
        paihde={},
        kysely={"questions": (SAFE,), "rules": (IN_DANGER,)},
        tarjous={"mode": "offer", "offer_ms": 1_000},
        hiljaa={"idle_warning_ms": 500, "idle_end_ms": 2_000},
        kiinni={"open": False},
    )
    async with running(valkey.url, tmp_path, site, (make_staff("aino", 5), make_staff("eino", 5))) as made:
        yield made


@pytest.mark.parametrize("subprotocol", BOTH)
async def test_a_full_scenario_conforms(busy: Service, subprotocol: str) -> None:
    """Every frame said and heard, of every type that there is, over either subprotocol."""
    heard = Heard()
    await play(busy, subprotocol, heard)
    for operation, said in heard.frames.items():
        assert [fault for frame in said for fault in faults(operation, frame)] == []
        missing = set(validators(operation)) - {frame["type"] for frame in said}
        assert missing == set(), f"the scenario has no {missing} of {operation}"


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "entry", "seq": "1", "id": "x", "kind": "text", "from": "visitor", "by": 0, "at": 1},
        {"type": "entry", "seq": 1, "id": "x", "kind": "text", "from": "nobody", "by": 0, "at": 1},
        {"type": "entry", "seq": 1, "id": "x", "kind": "text", "from": "visitor", "by": 0},
        {
            "type": "entry",
            "seq": 1,
            "id": "x",
            "kind": "text",
            "from": "visitor",
            "by": 0,
            "at": 1,
            "staff": "aino",
        },
        {"type": "offer", "conversation": "x"},
        {"type": "closed", "reason": "bored"},
        {"type": "nonsense"},
        {},
    ],
)
def test_a_frame_that_is_not_as_published_is_seen(frame: dict[str, Any]) -> None:
    """The comparison is one that can fail: types, words of a list, missing keys, keys that nobody published."""
    assert faults("visitorHears", frame)


def test_the_published_schemas_refuse_what_the_server_refuses() -> None:
    """Each generated wrong field is wrong by the document too: schema and server have one source."""
    for case in bad_fields():
        operation = ("visitor" if case.who == "visitor" else "counsellor") + SAYS
        assert faults(operation, case.body), case.name


async def test_what_the_bad_hear_conforms_too(busy: Service) -> None:
    """Errors are frames like any others."""
    client = await busy.visitor(JSON)
    for body in (
        {"type": "x"},
        {"type": "say"},
        {"type": "leave", "ref": 1},
        {"type": "hello", "site": "y", "queue": "z"},
    ):
        await client.send_raw(body)
        await client.expect("error")
    assert [fault for frame in client.frames for fault in faults("visitor" + HEARS, frame)] == []
