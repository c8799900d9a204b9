"""The same work on python-socketio: two nodes joined by its Redis manager, XADD before the acknowledgement.

As its documentation shows it: neither encrypted, nor checked, nor deduplicated, nor counted, nor ordered.
"""

import sys
from typing import Any
from urllib.parse import parse_qs

import redis.asyncio
import socketio
import uvloop
from aiohttp import web


def make_app(store_url: str) -> web.Application:
    """One node."""
    sio = socketio.AsyncServer(
        async_mode="aiohttp", client_manager=socketio.AsyncRedisManager(store_url), cors_allowed_origins="*"
    )
    store = redis.asyncio.Redis.from_url(store_url, decode_responses=True)
    rooms: dict[str, str] = {}

    @sio.event  # type: ignore[untyped-decorator]
    async def connect(sid: str, environ: dict[str, Any], _auth: object = None) -> None:
        rooms[sid] = parse_qs(environ["QUERY_STRING"])["room"][0]
        await sio.enter_room(sid, rooms[sid])

    @sio.event  # type: ignore[untyped-decorator]
    async def say(sid: str, message: dict[str, str]) -> dict[str, str]:
        room = rooms[sid]
        seq = await store.xadd(f"talk:{room}", {"e": message["text"], "id": message["id"]})
        entry = {"id": message["id"], "text": message["text"], "seq": str(seq)}
        await sio.emit("entry", entry, room=room, skip_sid=sid)
        return {"seq": entry["seq"]}

    app = web.Application()
    sio.attach(app)
    return app


def main(port: int, store_url: str) -> None:
    """Serve on loopback until killed."""
    web.run_app(
        make_app(store_url),
        host="127.0.0.1",
        port=port,
        loop=uvloop.new_event_loop(),
        access_log=None,
        print=None,
    )


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
