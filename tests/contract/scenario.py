"""Plays everything that the wire has: each frame that clients say, each that servers say."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from tests.support.client import Client
from tests.support.limited import NONE_FREE, client_from, limit, prove
from tests.support.service import Service

LONG = "ä" * 4_000


@dataclass(slots=True)
class Heard:
    """What was said and heard, by operation of the document."""

    frames: "defaultdict[str, list[dict[str, Any]]]" = field(default_factory=lambda: defaultdict(list))

    def follow(self, client: Client, who: str) -> Client:
        """Keep everything that this client says and hears."""
        said, heard = self.frames[f"{who}Says"], self.frames[f"{who}Hears"]
        send, keep = client.send_raw, client._keep

        async def send_raw(frame: Any) -> None:
            said.append(frame)
            await send(frame)

        def kept(frame: dict[str, Any]) -> None:
            heard.append(frame)
            keep(frame)

        client.send_raw = send_raw  # type: ignore[method-assign]
        client._keep = kept  # type: ignore[method-assign]
        return client


@dataclass(slots=True)
class Stagehand:
    """Brings people to the stage, followed from their first frame."""

    service: Service
    subprotocol: str
    heard: Heard

    async def visitor(self, queue: str, **more: Any) -> tuple[Client, dict[str, Any]]:
        """A visitor who has said hello."""
        client = self.heard.follow(await self.service.visitor(self.subprotocol), "visitor")
        await client.send("hello", site="kunta", queue=queue, lang="fi", ref="h", **more)
        return client, await client.expect("welcome", ref="h")

    async def counsellor(self, name: str, **more: Any) -> Client:
        """A counsellor who is available."""
        client = self.heard.follow(await self.service.console(name, self.subprotocol), "counsellor")
        await client.send("hello", **more)
        await client.expect("welcome")
        await client.ask("duty", "duty", state="available")
        return client


async def play(service: Service, subprotocol: str, heard: Heard) -> None:
    """All scenes, one after the other."""
    stage = Stagehand(service, subprotocol, heard)
    aino = await stage.counsellor("aino")
    eino = await stage.counsellor("eino")
    await _arriving(stage)
    await _asked(stage)
    await _limited(stage)
    await _talking(stage, aino, eino)
    await _offering(stage, eino)
    await _idling(stage)
    await _returning(stage, eino)


async def _asked(stage: Stagehand) -> None:
    """Answers that lead to a message, and in once it has been read."""
    client = stage.heard.follow(await stage.service.visitor(stage.subprotocol), "visitor")
    hello = {"site": "kunta", "queue": "kysely", "lang": "fi", "answers": {"safe": "no"}}
    await client.ask("hello", "before_joining", **hello)
    await client.ask("hello", "welcome", **hello, read=1)
    await client.ask("leave")
    await client.close()


async def _limited(stage: Stagehand) -> None:
    """Work before joining, where much comes from one network."""
    before = stage.service.parts.node.limits
    limit(stage.service, NONE_FREE)
    client = await client_from(stage.service, "203.0.113.7", subprotocol=stage.subprotocol)
    stage.heard.follow(client, "visitor")
    await prove(client, await client.ask("hello", "puzzle", site="kunta", queue="paihde"))
    await client.expect("welcome")
    await client.ask("leave")
    await client.close()
    stage.service.parts.node.limits = before


async def _arriving(stage: Stagehand) -> None:
    """Watching, a closed queue, pings, mistakes, erasing."""
    client = stage.heard.follow(await stage.service.visitor(stage.subprotocol), "visitor")
    assert (await client.ask("watch", "status", site="kunta"))["queue"]
    await client.ask("ping", "pong")
    assert (await client.ask("hello", "unavailable", site="kunta", queue="kiinni"))["reason"] == "closed"
    await client.ask("leave", "error")
    gone, _ = await stage.visitor("paihde", answers={"q1": "jotain", "q2": [1, True]}, fresh=True)
    await gone.expect("waiting")
    await gone.send("erase")
    assert (await gone.expect("closed"))["reason"] == "erased"


async def _talking(stage: Stagehand, aino: Client, eino: Client) -> None:
    """A conversation with everything in it, resumed on both sides with more than a page."""
    visitor, welcome = await stage.visitor("paihde", want_token=True, answers={"q1": "olo"})
    ident = welcome["conversation"]
    await visitor.expect("waiting")
    await visitor.ask("also", languages=["sv", "en"])
    await aino.expect("queue", waiting=1)
    await aino.ask("take", "assigned", queue="paihde", site="kunta")
    await visitor.expect("active")
    for number in range(14):
        await visitor.send("say", id=f"v{number}", text=LONG, lang="fi")
        await visitor.expect("ack", id=f"v{number}")
        await aino.expect("entry", id=f"v{number}")
    await visitor.ask("typing", on=True)
    await aino.expect("typing", conversation=ident)
    await visitor.ask("seen", seq=1)
    await aino.expect("seen", conversation=ident)
    await aino.ask("typing", conversation=ident, on=False)
    await visitor.expect("typing")
    await aino.ask("seen", conversation=ident, seq=15)
    await visitor.expect("seen")
    for on in (True, False):
        await aino.ask("heavy", conversation=ident, on=on)
    await aino.ask("consult", conversation=ident, counsellor="eino")
    await eino.expect("assigned")
    await visitor.expect("participants")
    await aino.ask("say", "ack", conversation=ident, id="c1", text="kuulen sinua", lang="fi")
    await visitor.expect("entry", id="c1")
    await aino.ask("note", "ack", conversation=ident, id="n1", text="vain meille")
    await eino.expect("note", id="n1")
    await eino.ask("close", conversation=ident)
    await aino.expect("participants")
    await _resuming(stage, visitor, aino, ident, welcome["token"])


async def _resuming(stage: Stagehand, visitor: Client, aino: Client, ident: str, token: str) -> None:
    visitor.drop()
    await aino.expect("presence", state="away", conversation=ident)
    visitor, again = await stage.visitor("paihde", token=token, after=0)
    assert again["more"]
    await visitor.expect("log")
    await aino.expect("presence", state="here", conversation=ident)
    aino.drop()
    await visitor.expect("presence", state="away")
    aino = stage.heard.follow(await stage.service.console("aino", stage.subprotocol), "counsellor")
    await aino.send("hello", after={ident: {"talk": 1, "staff": 0}}, epochs={ident: again["epoch"]})
    await aino.expect("welcome")
    await visitor.expect("presence", state="here")
    await aino.ask("close", conversation=ident)
    await visitor.expect("closed")
    await aino.expect("closed")
    await aino.ask("wrap_up", conversation=ident, outcome="talked", tags=["a", "b"])
    await visitor.ask("feedback", score=4, text="kiitos")
    await aino.ask("duty", "duty", state="paused", reason="meal")
    await aino.close()


async def _offering(stage: Stagehand, eino: Client) -> None:
    """Offers that expire, are declined and accepted; a transfer."""
    aino = await stage.counsellor("aino")
    await aino.ask("ping", "pong")
    assert (await aino.ask("take", "error", queue="nowhere"))["code"] == "unknown_queue"
    visitor, welcome = await stage.visitor("tarjous")
    ident = welcome["conversation"]
    offered = [asyncio.create_task(who.expect("offer", conversation=ident)) for who in (aino, eino)]
    await asyncio.wait(offered, return_when=asyncio.FIRST_COMPLETED)
    first, second = (aino, eino) if offered[0].done() else (eino, aino)
    await first.ask("decline", conversation=ident)
    await first.expect("offer_ended", conversation=ident)
    await asyncio.wait(offered)
    await second.ask("accept", "assigned", conversation=ident)
    name = "aino" if first is aino else "eino"
    await second.ask("transfer", conversation=ident, to={"counsellor": name}, note="ota sinä")
    await first.expect("offer", conversation=ident)
    await first.ask("accept", "assigned", conversation=ident)
    await second.expect("transfer_ended", conversation=ident)
    await second.expect("released", conversation=ident)
    await visitor.send("leave", how="quick_exit")
    await first.expect("closed", conversation=ident)
    await first.ask("wrap_up", conversation=ident, outcome="left")
    await aino.close()


async def _idling(stage: Stagehand) -> None:
    """Nobody writes: the visitor is warned, then it ends."""
    aino = await stage.counsellor("aino")
    visitor, welcome = await stage.visitor("hiljaa")
    await aino.ask("take", "assigned", queue="hiljaa")
    await visitor.expect("warning")
    assert (await visitor.expect("closed"))["reason"] == "idle"
    await aino.ask("wrap_up", conversation=welcome["conversation"], outcome="silent")
    await aino.close()


async def _returning(stage: Stagehand, eino: Client) -> None:
    """Back to the queue."""
    aino = await stage.counsellor("aino")
    visitor, welcome = await stage.visitor("paihde")
    await aino.ask("take", "assigned", conversation=welcome["conversation"])
    await aino.ask("return", conversation=welcome["conversation"], note="palaa jonoon")
    await visitor.expect("waiting")
    await eino.ask("take", "assigned")
    await visitor.ask("leave")
