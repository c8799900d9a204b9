"""What an open and silent connection costs: many visitors who watch, or wait, on a node of their own."""

import asyncio
import json
import sys
import time
from collections.abc import Mapping
from typing import Any, Final

import msgspec
import uvloop

from loadtest.processes import Child, resident_bytes
from loadtest.systems import Chatsvc
from loadtest.talkers import encode
from loadtest.websocket import BINARY, WebSocketClient, connect

AT_ONCE: Final = 64
PER_ADDRESS: Final = 4_000  # sockets from one source address: fewer than a machine has ports to give
WARM: Final = 50
SETTLE_S: Final = 3.0
ANSWER_WITHIN_S: Final = 60.0
SAYS: Final[Mapping[str, Mapping[str, Any]]] = {
    "watch": {"type": "watch", "site": "bench", "queue": "talk"},
    "hello": {"type": "hello", "site": "bench", "queue": "talk", "lang": "fi"},
}
ANSWER: Final = {"watch": "status", "hello": "welcome"}


def idle_bytes(service: Chatsvc, says: str, count: int) -> float:
    """Resident bytes of a fresh node for each of `count` idle visitors who have said `says`. Raises RunFailed."""
    tokens = service.counsellors(1)
    node, port = service.node(f"idle-{says}")
    crowd = Child(
        f"idle-{says}-crowd", service.folder, [sys.executable, "-m", "loadtest.idle"], spoken_to=True
    )
    try:
        crowd.ask({"port": port, "says": says, "count": WARM, "token": tokens[0]})
        time.sleep(1.0)
        before = resident_bytes(node.pid)
        crowd.ask({"port": port, "says": says, "count": count, "token": ""})
        time.sleep(SETTLE_S)
        return (resident_bytes(node.pid) - before) / count
    finally:
        crowd.stop()
        node.stop()


class Crowd:
    """Sockets that have said one thing and been answered."""

    def __init__(self) -> None:
        self._sockets: list[WebSocketClient] = []
        self._places = asyncio.Semaphore(AT_ONCE)

    async def staff(self, port: int, token: str) -> None:
        """Put a counsellor on duty, or nobody could wait. Raises Closed, OSError, TimeoutError."""
        on_duty = asyncio.Event()

        def heard(payload: bytes) -> None:
            if msgspec.msgpack.decode(payload)["type"] == "duty":
                on_duty.set()

        headers = {"Sec-WebSocket-Protocol": "chatsvc.v1.msgpack", "Authorization": f"Bearer {token}"}
        socket = await connect(port, "/ws/counsellor", BINARY, heard, headers)
        self._sockets.append(socket)
        for frame in ({"type": "hello"}, {"type": "duty", "state": "available"}):
            socket.send(encode(frame))
        async with asyncio.timeout(ANSWER_WITHIN_S):
            await on_duty.wait()

    async def grow(self, port: int, says: str, count: int) -> None:
        """Open `count` more. Raises Closed, OSError, TimeoutError."""
        async with asyncio.TaskGroup() as group:
            for index in range(count):
                group.create_task(self._one(port, says, f"127.0.1.{1 + index // PER_ADDRESS}"))

    async def _one(self, port: int, says: str, source: str) -> None:
        answered = asyncio.Event()

        def heard(payload: bytes) -> None:
            if not answered.is_set() and msgspec.msgpack.decode(payload)["type"] == ANSWER[says]:
                answered.set()

        async with self._places:
            headers = {"Sec-WebSocket-Protocol": "chatsvc.v1.msgpack"}
            socket = await connect(port, "/ws/visitor", BINARY, heard, headers, source)
            socket.send(encode(SAYS[says]))
            async with asyncio.timeout(ANSWER_WITHIN_S):
                await answered.wait()
        self._sockets.append(socket)


async def _serve() -> None:
    crowd = Crowd()
    while line := await asyncio.to_thread(sys.stdin.readline):
        order = json.loads(line)
        try:
            if order["token"]:
                await crowd.staff(order["port"], order["token"])
            await crowd.grow(order["port"], order["says"], order["count"])
            answer = {"open": order["count"]}
        except Exception as error:  # noqa: BLE001 - the caller reports whatever it was
            answer = {"failed": repr(getattr(error, "exceptions", [error])[0])}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    uvloop.run(_serve())
