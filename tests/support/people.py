"""Visitors and counsellors with clients that behave like the real ones: they come back, resume, and send again."""

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Any

import aiohttp

from tests.support.delivery import LogCopy

STOP = frozenset({1000, 1002, 1003, 1007, 1009, 4000, 4001, 4003, 4009})  # the protocol's codes that say so
RETRY_S = 0.05  # a test does not wait for the full backoff of a browser

Frame = dict[str, Any]


class Peer:
    """One person's client. What is said goes out in order, and again after each reconnection until acknowledged."""

    def __init__(
        self, http: aiohttp.ClientSession, urls: list[str], headers: dict[str, str] | None = None
    ) -> None:
        self.http = http
        self.urls = urls
        self.headers = headers or {}
        self.frames: list[Frame] = []
        self.closes: list[tuple[int | None, str]] = []
        self.welcomes = 0
        self.stopped: int | None = None
        self.copies: dict[str, LogCopy] = {}
        self.lost: set[str] = set()
        self._unsent: dict[str, Frame] = {}
        self._posted: set[str] = set()  # of those, what has gone out on the present connection
        self._to_send = asyncio.Event()
        self._ws: aiohttp.ClientWebSocketResponse[Any] | None = None
        self._changed = asyncio.Event()
        self._task = asyncio.create_task(self._run())

    # What a test uses

    async def until(self, what: Callable[[], Any], within_s: float = 20.0) -> Any:
        """Wait until `what()` is true, looking after each frame; gives it. Raises TimeoutError."""
        try:
            async with asyncio.timeout(within_s):
                while not (found := what()):
                    self._changed.clear()
                    await self._changed.wait()
                return found
        except TimeoutError:
            seen = [frame["type"] for frame in self.frames][-8:]
            raise TimeoutError(f"not within {within_s} s; last frames {seen}, closes {self.closes}") from None

    async def expect(self, type_: str, within_s: float = 20.0, **fields: Any) -> Frame:
        """A frame of this type with these fields, past or to come."""

        def found() -> Frame | None:
            wanted = (frame for frame in self.frames if frame["type"] == type_)
            return next((frame for frame in wanted if fields.items() <= frame.items()), None)

        frame: Frame = await self.until(found, within_s)
        return frame

    async def send(self, type_: str, **fields: Any) -> None:
        """Send a frame on the present connection, if there is one; nothing repeats it."""
        if self._ws is not None and not self._ws.closed:
            with contextlib.suppress(ConnectionError):
                await self._ws.send_str(json.dumps({"type": type_, **fields}))

    async def ask(self, type_: str, reply: str, within_s: float = 20.0, **fields: Any) -> Frame:
        """Send a frame and wait for its reply."""
        ref = f"r{len(self.frames)}-{type_}"
        await self.send(type_, ref=ref, **fields)
        return await self.expect(reply, within_s, ref=ref)

    def say(self, conversation: str, ident: str, text: str = "hei") -> None:
        """Say something; it is sent until it is acknowledged."""
        self._unsent[ident] = self._message(conversation, ident, text)
        self.copies[conversation].said.append(ident)
        self._to_send.set()

    async def heard_out(self, within_s: float = 30.0) -> None:
        """Wait until everything that was said is acknowledged."""
        await self.until(lambda: not self._unsent, within_s)

    def drop(self) -> None:
        """Lose the present connection without a word; the client comes back by itself."""
        assert self._ws is not None
        connection = self._ws._response.connection
        if connection is not None and connection.transport is not None:
            connection.transport.abort()

    async def close(self) -> None:
        """Go away for good."""
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    # How it lives

    async def _run(self) -> None:
        attempt = 0
        while self.stopped is None:
            with contextlib.suppress(aiohttp.ClientError, OSError, TimeoutError):
                await self._live(self.urls[attempt % len(self.urls)])
            attempt += 1
            await asyncio.sleep(RETRY_S)

    async def _live(self, url: str) -> None:
        options: dict[str, Any] = {"protocols": ("chatsvc.v1.json",), "compress": 0, "headers": self.headers}
        async with self.http.ws_connect(url, timeout=aiohttp.ClientWSTimeout(ws_close=1.0), **options) as ws:
            self._ws = ws
            await ws.send_str(json.dumps(self._hello()))
            sender: asyncio.Task[None] | None = None
            try:
                while (message := await ws.receive()).type is aiohttp.WSMsgType.TEXT:
                    frame = json.loads(message.data)
                    self._on_frame(frame)
                    if frame["type"] == "welcome":
                        sender = asyncio.create_task(self._send_all(ws))
                    elif sender is None and frame.get("retry_after_ms"):
                        return  # the hello was refused for the moment: another try, on another connection
            finally:
                if sender is not None:
                    sender.cancel()
            self.closes.append((ws.close_code, str(message.extra or "")))
            if ws.close_code in STOP:
                self.stopped = ws.close_code
        self._changed.set()

    async def _send_all(self, ws: "aiohttp.ClientWebSocketResponse[Any]") -> None:
        """In the order in which it was said, each message once a connection unless it was refused for the moment."""
        self._posted.clear()
        with contextlib.suppress(ConnectionError):
            while True:
                for ident, message in list(self._unsent.items()):
                    if ident not in self._posted:
                        self._posted.add(ident)
                        await ws.send_str(json.dumps(message))
                self._to_send.clear()
                await self._to_send.wait()

    def _on_frame(self, frame: Frame) -> None:
        self.frames.append(frame)
        kind = frame["type"]
        if kind == "welcome":
            self.welcomes += 1
            self._welcomed(frame)
        elif kind == "ack":
            copy = self.copies[self._conversation(frame)]
            copy.acknowledged(frame["seq"], frame["id"])
            self._unsent.pop(frame["id"], None)
        elif kind == "entry":
            self.copies[self._conversation(frame)].pushed(frame)
        elif kind == "log" and frame["of"] == "talk":
            self.copies[self._conversation(frame)].page(frame["log"], more=frame.get("more", False))
        elif kind == "error" and frame.get("id") in self._unsent and frame.get("retry_after_ms"):
            delay = min(RETRY_S * 4, frame["retry_after_ms"] / 1000)
            asyncio.get_running_loop().call_later(delay, self._again)
        else:
            self._noticed(frame)
        for conversation, copy in self.copies.items():
            if copy.renewed():
                self._reconcile(copy, conversation)
        self._changed.set()

    def _again(self) -> None:
        """Everything that has no answer yet, from the first one, so that the order is kept."""
        self._posted.clear()
        self._to_send.set()

    def _reconcile(self, copy: LogCopy, conversation: str) -> None:
        """After a change of epoch: what was acknowledged and is not there any more is sent again, if it is ours."""
        self.lost |= copy.lost()
        for ident in copy.missing():
            self._unsent.setdefault(ident, self._message(conversation, ident, "hei"))
        self._to_send.set()

    def _hello(self) -> Frame:
        raise NotImplementedError

    def _welcomed(self, frame: Frame) -> None:
        raise NotImplementedError

    def _noticed(self, frame: Frame) -> None:
        """Anything else."""

    def _conversation(self, frame: Frame, /) -> str:
        raise NotImplementedError

    def _message(self, conversation: str, ident: str, text: str, /) -> Frame:
        raise NotImplementedError


class Visitor(Peer):
    """A visitor. `presence` is the counsellor's, `state` the conversation's."""

    def __init__(
        self, http: aiohttp.ClientSession, urls: list[str], queue: str = "paihde", token: str | None = None
    ) -> None:
        self.queue = queue
        self.token = token
        self.conversation = ""
        self.state = ""
        self.presence: str | None = None
        super().__init__(http, urls)

    @property
    def copy(self) -> LogCopy:
        """What this client holds of the conversation."""
        return self.copies[self.conversation]

    async def joined(self) -> str:
        """Wait for the first welcome; gives the conversation."""
        await self.until(lambda: self.welcomes)
        return self.conversation

    def tell(self, ident: str, text: str = "hei") -> None:
        """Say something."""
        self.say(self.conversation, ident, text)

    def _hello(self) -> Frame:
        hello: Frame = {
            "type": "hello",
            "site": "kunta",
            "queue": self.queue,
            "lang": "fi",
            "want_token": True,
        }
        if self.token:
            hello["token"] = self.token
        if self.conversation:
            hello |= {"after": self.copy.last, "epoch": self.copy.epoch}
        return hello

    def _welcomed(self, frame: Frame) -> None:
        self.token = frame.get("token") or self.token
        self.conversation, self.state = frame["conversation"], frame["state"]
        self.presence = frame.get("presence")
        copy = self.copies.setdefault(self.conversation, LogCopy())
        copy.begin(frame["epoch"], frame["log"], more=frame.get("more", False))

    def _noticed(self, frame: Frame) -> None:
        if frame["type"] == "active":
            self.state = "active"
        elif frame["type"] == "waiting":
            self.state = "waiting"
        elif frame["type"] == "closed":
            self.state = "closed"
        elif frame["type"] == "presence":
            self.presence = frame["state"]

    def _conversation(self, _: Frame) -> str:
        return self.conversation

    def _message(self, _: str, ident: str, text: str) -> Frame:
        return {"type": "say", "id": ident, "text": text}


class Counsellor(Peer):
    """A counsellor; `mine` are the conversations that the server says are theirs."""

    def __init__(
        self, http: aiohttp.ClientSession, urls: list[str], token: str = "", cookie: str = ""
    ) -> None:
        """Signed in with an API token, or with the cookie of a sign-in."""
        self.mine: set[str] = set()
        self.duty: Frame = {}
        super().__init__(http, urls, {"Cookie": cookie} if cookie else {"Authorization": f"Bearer {token}"})

    async def on_duty(self) -> None:
        """Sign on and become available."""
        await self.until(lambda: self.welcomes)
        await self.ask("duty", "duty", state="available")

    async def take(self, **what: Any) -> str:
        """Take a visitor; gives the conversation."""
        ident: str = (await self.ask("take", "assigned", **what))["conversation"]["id"]
        return ident

    def _hello(self) -> Frame:
        return {
            "type": "hello",
            "after": {ident: {"talk": copy.last} for ident, copy in self.copies.items()},
            "epochs": {ident: copy.epoch for ident, copy in self.copies.items()},
        }

    def _welcomed(self, frame: Frame) -> None:
        self.duty = frame["duty"]
        self.mine = {shown["id"] for shown in frame["conversations"]}
        for shown in frame["conversations"]:
            self._shown(shown)

    def _shown(self, shown: Frame) -> None:
        self.mine.add(shown["id"])
        copy = self.copies.setdefault(shown["id"], LogCopy())
        copy.begin(shown["epoch"], shown["log"], more=shown.get("more", False))

    def _noticed(self, frame: Frame) -> None:
        if frame["type"] == "assigned":
            self.copies.pop(frame["conversation"]["id"], None)  # comes whole
            self._shown(frame["conversation"])
        elif frame["type"] == "released":
            self.mine.discard(frame["conversation"])
        elif frame["type"] == "duty":
            self.duty = frame

    def _conversation(self, frame: Frame) -> str:
        return str(frame["conversation"])

    def _message(self, conversation: str, ident: str, text: str) -> Frame:
        return {"type": "say", "conversation": conversation, "id": ident, "text": text}
