"""A deployment of real processes for each test of this folder, and a talk that goes on while things break."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.support.delivery import delivery_faults
from tests.support.people import Counsellor, Visitor
from tests.support.processes import Deployment, deployed


@pytest.fixture
async def deployment(tmp_path: Path) -> AsyncIterator[Deployment]:
    """Two nodes and a worker on a Valkey of their own."""
    async with deployed(tmp_path) as made:
        yield made


@dataclass(slots=True)
class Talk:
    """A visitor (first on one node) and a counsellor (first on another) who keep on writing."""

    deployment: Deployment
    visitor: Visitor
    counsellor: Counsellor
    conversation: str
    count: int = 0
    going: bool = False
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def begin(self) -> None:
        """Both write every 20 ms from now on."""
        self.going = True
        self.tasks = [asyncio.create_task(self._write("v")), asyncio.create_task(self._write("c"))]

    async def _write(self, who: str) -> None:
        while self.going:
            self.count += 1
            ident = f"{who}{self.count}"
            if who == "v":
                self.visitor.tell(ident)
            else:
                self.counsellor.say(self.conversation, ident)
            await asyncio.sleep(0.02)

    async def more(self, acked: int = 10) -> None:
        """Wait until each side has that many more messages acknowledged."""
        for copy, peer in ((self.visitor.copy, self.visitor), (self.held, self.counsellor)):
            goal = len(copy.acked) + acked
            await peer.until(lambda copy=copy, goal=goal: len(copy.acked) >= goal, 40)  # type: ignore[misc]  # bound now

    @property
    def held(self) -> Any:
        """The counsellor's copy."""
        return self.counsellor.copies[self.conversation]

    async def settle(self) -> None:
        """Nothing new is said; everything said is acknowledged and has reached the other side."""
        self.going = False
        await asyncio.gather(*self.tasks)
        await self.visitor.heard_out()
        await self.counsellor.heard_out()
        last = max(self.visitor.copy.last, self.held.last)
        await self.visitor.until(lambda: self.visitor.copy.last >= last)
        await self.counsellor.until(lambda: self.held.last >= last)

    async def fresh_log(self) -> list[dict[str, Any]]:
        """The log as somebody reads it who holds nothing yet."""
        await self.visitor.close()
        reader = Visitor(self.deployment.http, self.deployment.urls("visitor"), token=self.visitor.token)
        await reader.joined()
        await reader.until(lambda: reader.copy.whole)
        assert reader.conversation == self.conversation
        await reader.close()
        assert not reader.copy.faults
        return [{"seq": seq, "id": ident} for seq, ident in reader.copy.entries.items()]

    async def end(self, *, ordered: bool = True) -> None:
        """Settle, and hold everything to the promise of delivery."""
        await self.settle()
        log = await self.fresh_log()
        faults = delivery_faults(
            log, {"visitor": self.visitor.copy, "counsellor": self.held}, ordered=ordered
        )
        assert not faults, "\n".join(faults)
        await self.counsellor.close()


@pytest.fixture
async def talk(deployment: Deployment) -> AsyncIterator[Talk]:
    """A talk that has begun: the visitor on node 0, the counsellor on node 1."""
    async with asyncio.timeout(30):
        counsellor = Counsellor(deployment.http, deployment.urls("counsellor", 1), deployment.tokens["aino"])
        await counsellor.on_duty()
        visitor = Visitor(deployment.http, deployment.urls("visitor"))
        await visitor.joined()
        conversation = await counsellor.take()
    made = Talk(deployment, visitor, counsellor, conversation)
    made.begin()
    await made.more()
    yield made
    made.going = False
    await asyncio.gather(*made.tasks, return_exceptions=True)
    await visitor.close()
    await counsellor.close()
