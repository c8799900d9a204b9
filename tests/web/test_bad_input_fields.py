"""Every field of every client frame, wrong in every way that its published schema rules out."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.contract.bad_fields import BadField, bad_fields
from tests.contract.raw_socket import BOTH
from tests.contract.stage import Stage, stage

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.process]
CASES = bad_fields()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """A node with a conversation on it."""
    async with stage(tmp_path_factory.mktemp("fields")) as made:
        yield made


@pytest.mark.parametrize("subprotocol", BOTH)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_a_wrong_field_is_named_and_nothing_else_happens(
    scene: Stage, case: BadField, subprotocol: str
) -> None:
    """`bad_field` names the field and repeats `ref`; the socket stays open; others talk on."""
    async with scene.socket(case.who, subprotocol) as socket:
        body = {"ref": "r1", **case.body}
        await socket.send(body)
        answer = await socket.next("error")
        assert answer["code"] == "bad_field"
        assert answer["field"].split(".")[0].split("[")[0] == case.field
        assert f"`{answer['field']}`" in answer["message"]
        assert answer.get("ref") == ("r1" if case.field != "ref" else _repeatable(body["ref"]))
        await socket.alive()
    await scene.control.goes_on()


def _repeatable(ref: object) -> object:
    """What of a wrong `ref` can be repeated: what would have been a right one."""
    return ref if isinstance(ref, str) and len(ref) <= 64 else None


async def test_the_cases_are_many_and_of_every_frame() -> None:
    """The generator has not gone blind."""
    assert len(CASES) * len(BOTH) >= 300
    assert {case.type for case in CASES} >= {
        "hello",
        "say",
        "seen",
        "feedback",
        "take",
        "transfer",
        "wrap_up",
    }
    assert len({case.name for case in CASES}) == len(CASES)
