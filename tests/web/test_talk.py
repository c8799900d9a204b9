"""A visitor and a counsellor talk."""

import pytest

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
