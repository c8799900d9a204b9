"""How somebody comes in on one connection: with which token, and whether their network may ask for more now."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from chatsvc.domain.errors import BadField, TooMany
from chatsvc.domain.sites import Site
from chatsvc.services.pool import Pool
from chatsvc.web import frames, views
from chatsvc.web.limits import Task, Wait, WorkKind

if TYPE_CHECKING:
    from chatsvc.web.node import Node

HELD_BACK_MS = 2_000  # a message is tried again after this, while a proof is being worked out
MINUTE_MS = 60_000


class Entrance:
    """The way in of one visitor's connection. `source` is where it comes from, as `Limits` calls it."""

    def __init__(self, node: "Node", token: str | None, source: bytes) -> None:
        """`token` is what the browser's cookie holds, already recognised, or was given by this handshake."""
        self._node = node
        self._token = token
        self._source = source
        self._waiting: frames.VisitorHello | None = None  # until it is worked for
        self._kind: WorkKind | None = None  # what the open puzzle is for
        self._puzzle = ""
        self._let_in = False
        self._spare = 0  # messages that have been worked for

    async def settle_token(self, frame: frames.VisitorHello) -> tuple[str, bool]:
        """The token in force, and whether it is new to the client. One that we did not issue is never adopted."""
        tokens, graves = self._node.tokens, self._node.graves
        given = frame.token if frame.token is not None else self._token
        token = tokens.recognise(given)
        if token is not None and not await graves.holds(tokens.grave(token)):
            return token, False
        if frame.token is None and frame.want_token and self._token is not None and token is None:
            return self._token, True
        return tokens.issue(), True

    async def resumable(self, site: Site, pool: Pool) -> str | None:
        """The queue in which this visitor has a conversation that they can go on with or read."""
        if self._token is None or await self._node.graves.holds(self._node.tokens.grave(self._token)):
            return None
        found = await pool.store.conversation_of(self._node.tokens.visitor(site.id, self._token))
        return views.queue_parts(found.queue)[1] if found else None

    def to_watch(self, site: Site, pool: Pool, frame: frames.Watch) -> frames.Unavailable | None:
        """What to say instead of how the queues stand."""
        wait_s = self._node.limits.free("watch", self._source)
        return (
            self._turn_away(site, pool, self._node.limits.refuse("watch", wait_s), frame) if wait_s else None
        )

    def to_join(
        self, site: Site, pool: Pool, frame: frames.VisitorHello
    ) -> frames.Puzzle | frames.Unavailable | None:
        """What to say instead of letting a newcomer in; a puzzle is remembered with the `hello` that it is for."""
        let_in, self._let_in = self._let_in, False
        if let_in or not self._node.limits.free("join", self._source):
            return None
        task = self._node.limits.task("join", self._source)
        if isinstance(task, Wait):
            return self._turn_away(site, pool, task, frame)
        self._waiting = frame
        puzzle = self._set("join", task)
        puzzle.ref = frame.ref
        return puzzle

    def to_say(self, send: Callable[[frames.Frame], object]) -> None:
        """Whether a message may go to the store now; a puzzle that shortens the wait goes to `send`. Raises TooMany."""
        limits = self._node.limits
        wait_s = limits.free("message", self._source)
        if not wait_s:
            return
        if self._spare:
            self._spare -= 1
            return
        if self._kind != "message":
            task = limits.task("message", self._source)
            if isinstance(task, Task):
                send(self._set("message", task))
        back_ms = HELD_BACK_MS if self._kind == "message" else math.ceil(wait_s) * 1_000
        raise TooMany(retry_after_ms=back_ms)

    def proved(self, frame: frames.Proof) -> tuple[frames.VisitorHello | None, bool]:
        """Which `hello` goes on now, and whether the proof is right. Raises BadField where nothing was to be proved."""
        if self._kind is None:
            raise BadField("`puzzle` is none that is open here.")
        kind, self._kind = self._kind, None
        hello, self._waiting = self._waiting, None
        right = frame.puzzle == self._puzzle
        worked = right and self._node.limits.worked(kind, self._source, frame.puzzle, frame.proof)
        if worked is True and kind == "message":
            self._spare += self._node.limits.figures.messages_for_work
        self._let_in = worked is True and kind == "join"
        return hello, worked is not False

    def _set(self, kind: WorkKind, task: Task) -> frames.Puzzle:
        self._kind, self._puzzle = kind, task.puzzle
        return frames.Puzzle(kind=kind, puzzle=task.puzzle, bits=task.bits)

    def _turn_away(
        self, site: Site, pool: Pool, wait: Wait, frame: frames.Watch | frames.VisitorHello
    ) -> frames.Unavailable:
        """Why not, until when by the clock, in whole minutes, and whom to call meanwhile."""
        self._node.metrics.refused("too_many")
        found = views.unavailable(site, "too_many", None, frame.ref)
        found.until = math.ceil((pool.clock.now() + wait.seconds * 1_000) / MINUTE_MS) * MINUTE_MS
        return found
