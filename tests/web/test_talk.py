"""A visitor and a counsellor talk."""

import pytest

from chatsvc.domain.errors import NotFound
from tests.support.client import JSON, MSGPACK
from tests.support.service import Service


@pytest.mark.parametrize("subprotocol", [JSON, MSGPACK])
async def test_a_visitor_and_a_counsellor_talk(service: Service, subprotocol: str) -> None:
    """Join, take, talk both ways, close, wrap up: the whole main path over either subprotocol."""
    counsellor = await service.on_duty("aino", subprotocol)
    visitor, welcome = await service.joined(subprotocol=subprotocol)
    assert welcome["state"] == "waiting"
    assert (await visitor.expect("waiting"))["position"] == 1
    await visitor.send("say", id="v1", text="hei", ref=7)
    ack = await visitor.expect("ack", ref=7)
    assert ack["seq"] == 1
    assert ack["id"] == "v1"

    assigned = await counsellor.ask("take", "assigned")
    conversation = assigned["conversation"]
    assert conversation["id"] == welcome["conversation"]
    assert conversation["role"] == "owner"
    assert [entry.get("text") or entry["event"] for entry in conversation["log"]] == ["hei", "joined"]
    assert (await visitor.expect("active"))["participants"] == [{"by": 1, "alias": "Aino"}]
    assert (await visitor.expect("entry"))["event"] == "joined"

    await counsellor.send("say", conversation=conversation["id"], id="c1", text="hei, kuulen sinua")
    assert (await counsellor.expect("ack", id="c1"))["seq"] == 3
    heard = await visitor.expect("entry", id="c1")
    assert heard["text"] == "hei, kuulen sinua"
    assert heard["from"] == "counsellor"
    assert heard["by"] == 1

    await visitor.send("typing", on=True)
    assert await counsellor.expect("typing", conversation=conversation["id"], on=True)
    await visitor.send("seen", seq=3)
    assert (await counsellor.expect("seen"))["seq"] == 3

    await counsellor.ask("close", conversation=conversation["id"])
    closed = await visitor.expect("closed")
    assert closed["reason"] == "counsellor_closed"
    assert closed["linger_until"] > 0
    assert (await counsellor.expect("closed"))["wrap_up_until"] > 0
    await counsellor.ask("wrap_up", conversation=conversation["id"], outcome="talked")
    assert (await counsellor.expect("duty", load=0))["state"] == "available"
    assert (await visitor.ask("feedback", score=5, text="kiitos"))["type"] == "ok"
    assert (await visitor.ask("feedback", "error", score=5))["code"] == "bad_state"


async def test_erasing_after_the_end_is_confirmed(service: Service) -> None:
    """Erasure is answered, told as the end's reason, and final: the keys and the log are gone, feedback is refused."""
    visitor, counsellor, conversation = await service.talking()
    await visitor.ask("say", "ack", id="1", text="hei")
    await counsellor.ask("close", conversation=conversation)
    await visitor.expect("closed", reason="counsellor_closed")
    await visitor.ask("erase")
    await visitor.expect("closed", reason="erased")
    assert (await visitor.gone()).code == 1000
    pool = service.backend.pools["kunta"]
    assert await pool.store.read(conversation, "talk", 0) == []
    with pytest.raises(NotFound):
        await service.backend.vault.fetch(conversation)


async def test_a_quick_exit_is_answered_before_the_end(service: Service) -> None:
    """Leaving in a hurry: the frame is answered, the end told, the socket closed, and nothing can be resumed."""
    await service.on_duty("aino")
    visitor, welcome = await service.joined()
    await visitor.ask("leave", how="quick_exit")
    await visitor.expect("closed", reason="quick_exit")
    assert (await visitor.gone()).code == 1000
    _, again = await service.joined(token=welcome["token"])
    assert again["conversation"] != welcome["conversation"]
