"""Right frames at the wrong time, for the wrong conversation or of the wrong kind; texts that nobody may send."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.contract import bad_order
from tests.contract.raw_socket import BOTH, RawSocket
from tests.contract.stage import Stage, stage
from tests.support.client import JSON, MSGPACK

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.process]
UNTAKEN = (
    "say",
    "note",
    "typing",
    "seen",
    "transfer",
)  # looked up in what this console shows, not in the store


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """A node with a conversation on it."""
    async with stage(tmp_path_factory.mktemp("order")) as made:
        yield made


async def refused(socket: RawSocket, code: str, body: dict[str, Any]) -> dict[str, Any]:
    """Send a frame, see it refused with this code, its `ref` repeated and the socket alive."""
    await socket.send({"ref": "r", **body})
    answer = await socket.next("error")
    assert answer["code"] == code, answer
    assert answer["ref"] == "r"
    await socket.alive()
    return answer


@pytest.mark.parametrize("subprotocol", BOTH)
@pytest.mark.parametrize("type_", bad_order.VISITOR_BEFORE_HELLO)
async def test_a_visitor_says_hello_first(scene: Stage, type_: str, subprotocol: str) -> None:
    """Without a conversation there is nothing to write to, to leave or to erase."""
    async with scene.socket("visitor", subprotocol) as socket:
        await refused(socket, "bad_state", {"type": type_, **bad_order.VISITOR_BEFORE_HELLO[type_]})
    await scene.control.goes_on()


@pytest.mark.parametrize("subprotocol", BOTH)
@pytest.mark.parametrize("type_", ["duty", "take", *bad_order.ABOUT_A_CONVERSATION])
async def test_a_counsellor_says_hello_first(scene: Stage, type_: str, subprotocol: str) -> None:
    """Until then nothing can be done, and no conversation is theirs: not even their own."""
    about = bad_order.ABOUT_A_CONVERSATION.get(type_)
    body = {"state": "off"} if about is None else {**about, "conversation": scene.control.conversation}
    async with scene.socket("aino", subprotocol) as socket:
        await refused(socket, "bad_state", {"type": type_, **body})
    await scene.control.goes_on()


@pytest.mark.parametrize("subprotocol", BOTH)
@pytest.mark.parametrize("conversation", ["somebody else's", "nobody's", "nonsense"])
@pytest.mark.parametrize("type_", bad_order.ABOUT_A_CONVERSATION)
async def test_what_is_not_yours_is_not_there(
    scene: Stage, type_: str, conversation: str, subprotocol: str
) -> None:
    """`not_found` in the same words, whether the conversation exists or not: no oracle."""
    ident = {"somebody else's": scene.control.conversation, "nobody's": bad_order.NOBODYS}.get(
        conversation, "}{\x00:*"
    )
    async with scene.greeted("eino", subprotocol) as socket:
        body = {"type": type_, "conversation": ident, **bad_order.ABOUT_A_CONVERSATION[type_]}
        answer = await refused(socket, "not_found", body)
        assert answer["conversation"] == ident
        words = (
            "`conversation` is none of yours."
            if type_ in UNTAKEN
            else "There is no such thing, or it is not yours."
        )
        assert answer["message"] == words
    await scene.control.goes_on()


@pytest.mark.parametrize("subprotocol", BOTH)
@pytest.mark.parametrize(
    ("who", "type_"), [(who, type_) for who, types in bad_order.OF_THE_OTHER_KIND.items() for type_ in types]
)
async def test_a_type_of_the_other_kind_is_unknown(
    scene: Stage, who: str, type_: str, subprotocol: str
) -> None:
    """A visitor has no counsellor's frames, nobody has the server's, and the answer does not repeat the type."""
    async with scene.socket(who, subprotocol) as socket:
        answer = await refused(
            socket, "unknown_type", {"type": type_, "conversation": scene.control.conversation}
        )
        assert len(str(answer)) < 400
    await scene.control.goes_on()


@pytest.mark.parametrize("subprotocol", BOTH)
@pytest.mark.parametrize(
    ("code", "body"),
    [
        ("not_found", {"type": "watch", "site": "nowhere"}),
        ("unknown_queue", {"type": "watch", "site": "kunta", "queue": "nowhere"}),
        ("not_found", {"type": "hello", "site": "nowhere", "queue": "sivu"}),
        ("unknown_queue", {"type": "hello", "site": "kunta", "queue": "kunta/sivu"}),
        ("unknown_queue", {"type": "hello", "site": "kunta", "queue": "SIVU"}),
        ("not_found", {"type": "hello", "site": "kunta\x00", "queue": "sivu"}),
    ],
)
async def test_a_visitor_asks_for_what_there_is(
    scene: Stage, code: str, body: dict[str, Any], subprotocol: str
) -> None:
    """Sites and queues are named exactly as they were declared."""
    async with scene.socket("visitor", subprotocol) as socket:
        await refused(socket, code, body)
    await scene.control.goes_on()


@pytest.mark.parametrize("subprotocol", BOTH)
async def test_a_waiting_visitor_can_not_begin_again_or_judge(scene: Stage, subprotocol: str) -> None:
    """One conversation per socket; feedback is for the end."""
    async with scene.greeted("visitor", subprotocol) as socket:
        await refused(socket, "bad_state", {"type": "hello", "site": "kunta", "queue": "sivu"})
        await refused(socket, "bad_state", {"type": "feedback", "score": 1})
    await scene.control.goes_on()


@pytest.mark.parametrize("subprotocol", BOTH)
async def test_what_has_ended_takes_only_one_judgement(scene: Stage, subprotocol: str) -> None:
    """After the end: no message, no second leaving, no second feedback."""
    async with scene.socket("visitor", subprotocol) as socket:
        await socket.send({"type": "hello", "site": "kunta", "queue": "sivu"})
        await socket.next("welcome")
        await socket.send({"type": "leave", "ref": 1})
        assert (await socket.next("closed"))["reason"] == "visitor_left"
        await socket.next("ok", ref=1)
        await refused(socket, "bad_state", {"type": "say", "id": "late", "text": "hei"})
        await refused(socket, "bad_state", {"type": "leave"})
        await socket.send({"type": "feedback", "score": 5, "ref": 2})
        await socket.next("ok", ref=2)
        await refused(socket, "bad_state", {"type": "feedback", "score": 4})
        await socket.send({"type": "erase", "ref": 3})
        await socket.next("ok", ref=3)
    await scene.control.goes_on()


@pytest.mark.parametrize("subprotocol", BOTH)
@pytest.mark.parametrize(
    ("code", "body"),
    [
        ("bad_state", {"type": "hello"}),
        ("unknown_queue", {"type": "take", "queue": "paihde"}),
        ("unknown_queue", {"type": "take", "queue": "nowhere"}),
        ("unknown_queue", {"type": "take", "queue": "sivu", "site": "nowhere"}),
        ("unknown_queue", {"type": "take", "queue": "kunta/paihde"}),
        ("bad_field", {"type": "say", "id": "x", "text": "hei"}),
        ("bad_field", {"type": "typing", "on": True}),
        ("bad_field", {"type": "seen", "seq": 1}),
        ("bad_field", {"type": "transfer", "conversation": "x", "to": {}}),
        (
            "bad_field",
            {"type": "transfer", "conversation": "x", "to": {"queue": "sivu", "counsellor": "aino"}},
        ),
    ],
)
async def test_a_counsellor_asks_for_what_there_is(
    scene: Stage, code: str, body: dict[str, Any], subprotocol: str
) -> None:
    """Queues are one's own, a conversation is named, and a transfer goes to one place."""
    async with scene.greeted("eino", subprotocol) as socket:
        answer = await refused(socket, code, body)
        if code == "bad_field":
            assert answer["field"] == ("to" if body["type"] == "transfer" else "conversation")
    await scene.control.goes_on()


@pytest.mark.parametrize("subprotocol", BOTH)
@pytest.mark.parametrize("fault", [*bad_order.NOT_TEXT, *bad_order.TOO_LONG])
async def test_a_visitor_writes_text(scene: Stage, fault: str, subprotocol: str) -> None:
    """No control characters, nothing but white space, nothing above 4,000 code points; the `id` comes back."""
    text = bad_order.NOT_TEXT.get(fault, bad_order.TOO_LONG.get(fault))
    async with scene.greeted("visitor", subprotocol) as socket:
        code = "bad_field" if fault in bad_order.NOT_TEXT else "too_long"
        answer = await refused(socket, code, {"type": "say", "id": "mine", "text": text})
        assert answer["id"] == "mine"
        assert answer["field"] == "text"
    await scene.control.goes_on()


@pytest.mark.parametrize("subprotocol", BOTH)
@pytest.mark.parametrize("fault", bad_order.RIGHT_TEXT)
async def test_text_is_stored_in_nfc_and_otherwise_as_written(
    scene: Stage, fault: str, subprotocol: str
) -> None:
    """The limit counts code points after NFC; markup, direction and joined emoji are just text."""
    sent, kept = bad_order.RIGHT_TEXT[fault]
    control = scene.control
    ident = f"{fault} {subprotocol}"
    await control.visitor.send("say", id=ident, text=sent)
    assert (await control.counsellor.expect("entry", id=ident))["text"] == kept
    await control.counsellor.send("say", conversation=control.conversation, id=ident, text=sent)
    assert (await control.visitor.expect("entry", id=ident))["text"] == kept


@pytest.mark.parametrize(
    ("subprotocol", "fault"), [(way, fault) for way in BOTH for fault in bad_order.bad_answers(way)]
)
async def test_answers_are_words_and_numbers(scene: Stage, subprotocol: str, fault: str) -> None:
    """What one client answers before the chat, every other client can be shown."""
    answers, code = bad_order.bad_answers(subprotocol)[fault]
    async with scene.socket("visitor", subprotocol) as socket:
        body = {"type": "hello", "site": "kunta", "queue": "sivu", "answers": answers}
        assert (await refused(socket, code, body))["field"] == "answers"
    await scene.control.goes_on()


@pytest.mark.parametrize("subprotocol", BOTH)
async def test_unknown_keys_and_the_last_of_two_equal_keys(scene: Stage, subprotocol: str) -> None:
    """Unknown keys are ignored, whatever they hold; of two equal keys the last one counts."""
    async with scene.socket("visitor", subprotocol) as socket:
        await socket.send(
            {"type": "ping", "ref": 3, "": None, "x" * 5_000: [{"type": "leave"}], "\x00": "\x00"}
        )
        await socket.next("pong", ref=3)
        twice = {
            JSON: b'{"type":"leave","ref":4,"type":"ping","ref":5}',
            MSGPACK: b"\x84\xa4type\xa5leave\xa3ref\x04\xa4type\xa4ping\xa3ref\x05",
        }
        await socket.write_body(twice[subprotocol])
        await socket.next("pong", ref=5)


@pytest.mark.parametrize("key", [b"\x01", b"\xc0", b"\xc3", b"\x91\x01", b"\xc4\x01a", b"\xcb" + b"\x00" * 8])
async def test_keys_are_strings(scene: Stage, key: bytes) -> None:
    """A map with another kind of key is a wrong map, not a broken frame (MessagePack; JSON has no such keys)."""
    async with scene.socket("visitor", MSGPACK) as socket:
        await socket.write_body(b"\x83\xa4type\xa4ping\xa3ref\xa1r" + key + b"\x02")
        answer = await socket.next("error")
        assert answer["code"] == "bad_field"
        assert answer["ref"] == "r"
        await socket.alive()
    await scene.control.goes_on()


@pytest.mark.parametrize("subprotocol", BOTH)
@pytest.mark.parametrize(
    ("code", "body"),
    [
        ("bad_state", {"type": "wrap_up", "outcome": "early"}),
        ("not_found", {"type": "accept"}),
        ("not_found", {"type": "decline"}),
        ("not_found", {"type": "transfer", "to": {"counsellor": "eino"}}),
        ("not_found", {"type": "transfer", "to": {"counsellor": "nobody"}}),
        ("unknown_queue", {"type": "transfer", "to": {"queue": "nowhere"}}),
        ("unknown_queue", {"type": "transfer", "to": {"queue": "sivu", "site": "nowhere"}}),
        ("bad_field", {"type": "transfer", "to": {"queue": "sivu"}, "note": "a\x00b"}),
        ("too_long", {"type": "return", "note": "x" * 4_001}),
        ("not_found", {"type": "consult", "counsellor": "nobody"}),
        ("bad_state", {"type": "consult", "counsellor": "eino"}),
        ("already_taken", {"type": "take"}),
    ],
    ids=str,
)
async def test_what_is_too_early_or_leads_nowhere(
    scene: Stage, code: str, body: dict[str, Any], subprotocol: str
) -> None:
    """In the middle of a conversation: refused, and the conversation is as it was."""
    async with scene.conversation(subprotocol) as (visitor, counsellor, ident):
        answer = await refused(counsellor, code, {**body, "conversation": ident})
        assert answer["conversation"] == ident
        await counsellor.send({"type": "say", "conversation": ident, "id": "still", "text": "hei"})
        assert (await visitor.next("entry", id="still"))["text"] == "hei"
    await scene.control.goes_on()


@pytest.mark.parametrize("subprotocol", BOTH)
@pytest.mark.parametrize("type_", ["say", "note"])
@pytest.mark.parametrize("faults", ["NOT_TEXT", "TOO_LONG"])
async def test_a_counsellor_writes_text(scene: Stage, type_: str, faults: str, subprotocol: str) -> None:
    """The same rules as for visitors, in messages and in notes; each answer carries `id` and `conversation`."""
    code = "bad_field" if faults == "NOT_TEXT" else "too_long"
    async with scene.conversation(subprotocol) as (visitor, _, ident):
        wrong = list(getattr(bad_order, faults).values())
        for some in (wrong[:8], wrong[8:]):  # ten mistakes would close the socket
            async with scene.greeted("eino", subprotocol) as counsellor:
                for text in some:
                    body = {"type": type_, "conversation": ident, "id": "mine", "text": text}
                    answer = await refused(counsellor, code, body)
                    assert (answer["id"], answer["conversation"], answer["field"]) == ("mine", ident, "text")
        await visitor.alive()
        assert not [frame for frame in visitor.frames if frame.get("id") == "mine"]
    await scene.control.goes_on()


@pytest.mark.parametrize("subprotocol", BOTH)
async def test_what_is_too_late(scene: Stage, subprotocol: str) -> None:
    """After the end nothing is said or handed on; after the wrap-up it is no longer theirs to write in."""
    late = ("say", "close", "return", "transfer", "consult")
    async with scene.conversation(subprotocol) as (visitor, counsellor, ident):
        await counsellor.send({"type": "close", "conversation": ident, "ref": "c"})
        await counsellor.next("ok", ref="c")
        assert (await visitor.next("closed"))["reason"] == "counsellor_closed"
        for type_ in late:
            await refused(counsellor, "bad_state", _about(type_, ident))
        await counsellor.send(_about("note", ident))
        await counsellor.next("ack")
        await counsellor.send({"ref": "w", **_about("wrap_up", ident)})
        await counsellor.next("ok", ref="w")
        async with scene.greeted("eino", subprotocol) as again:
            for type_ in ("say", "note", "typing"):
                await refused(again, "not_found", _about(type_, ident))
            for type_ in ("close", "return", "consult", "wrap_up"):
                await refused(again, "bad_state", _about(type_, ident))
    await scene.control.goes_on()


def _about(type_: str, conversation: str) -> dict[str, Any]:
    return {"type": type_, "conversation": conversation, **bad_order.ABOUT_A_CONVERSATION[type_]}
