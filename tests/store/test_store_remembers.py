"""A store that keeps all it is told, against our settings: slow log, MONITOR and its own log hold nobody's words."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import redis

from tests.support.canary import Detector
from tests.support.guarded_store import GuardedStore, make_users
from tests.support.processes import until
from tests.support.service import Service, make_site, make_staff, running
from tests.support.store_server import SingleStore, redis_binary, served, valkey_binary
from tests.web.test_canary import AGENT, WORDS, detector

# The opposite of deploy/store/store.conf: every command is kept with its arguments, everything is logged.
TALKATIVE = "slowlog-log-slower-than 0\nslowlog-max-len 100000\nloglevel debug\nlatency-monitor-threshold 1\n"


@pytest.fixture(params=[valkey_binary, redis_binary], ids=["valkey", "redis"])
def store(request: pytest.FixtureRequest) -> Iterator[SingleStore]:
    """Either server, talkative."""
    with served(SingleStore(request.param(), config=TALKATIVE)) as made:
        yield made


@asynccontextmanager
async def monitored(store: SingleStore) -> AsyncIterator[bytearray]:
    """Everything that MONITOR shows meanwhile."""
    reader, writer = await asyncio.open_unix_connection(store.directory / "s")
    heard = bytearray()

    async def listen() -> None:
        while part := await reader.read(65_536):
            heard.extend(part)

    writer.write(b"MONITOR\r\n")
    await reader.readline()
    task = asyncio.create_task(listen())
    try:
        yield heard
    finally:
        writer.close()
        await task


async def live(service: Service) -> None:
    """A conversation with marked words wherever there is room, from answers to feedback and an opened transcript."""
    counsellor = await service.on_duty("aino")
    visitor, welcome = await service.joined(answers={"q": WORDS})
    ident = welcome["conversation"]
    await counsellor.ask("take", "assigned", queue="paihde")
    await visitor.ask("say", "ack", id="v1", text=WORDS)
    await counsellor.ask("say", "ack", conversation=ident, id="c1", text=WORDS)
    await counsellor.ask("note", "ack", conversation=ident, id="n1", text=WORDS)
    await counsellor.ask("close", conversation=ident)
    await visitor.expect("closed")
    await visitor.ask("feedback", score=2, text=WORDS)
    await counsellor.ask("wrap_up", conversation=ident, outcome="talked")


async def test_arguments_are_sealed(store: SingleStore, tmp_path: Path) -> None:
    """Whatever the server keeps of commands, words are not in it: they were sealed before they were sent."""
    look: Detector = detector()
    async with monitored(store) as heard:
        async with running(store.url, tmp_path, make_site(), (make_staff("aino"),)) as service:
            await live(service)
        with store.client() as client:
            slow = client.slowlog_get(-1)
            assert sum(b"EVALSHA" in entry["command"].upper() for entry in slow) > 5, "nothing was remembered"
            assert look.in_store(client) == []
            client.execute_command("PING", "the end")
        await until(lambda: b"the end" in heard)
    assert b"EVALSHA" in heard.upper()
    assert look.in_bytes("MONITOR", bytes(heard)) == []
    assert look.in_folder(store.directory) == []


async def test_a_word_that_is_not_sealed_is_seen(store: SingleStore) -> None:
    """The planted fault: one argument in clear is in the slow log and in what MONITOR shows."""
    look = detector()
    async with monitored(store) as heard:
        with store.client() as client:
            client.execute_command("SET", "chatsvc:{a}:x", WORDS)
            client.execute_command("DEL", "chatsvc:{a}:x")
            assert {one.where for one in look.in_store(client)} == {"SLOWLOG GET -1"}
        await until(lambda: b'"DEL"' in heard)
    assert look.in_bytes("MONITOR", bytes(heard))


def test_with_our_settings_nothing_is_remembered(tmp_path: Path) -> None:
    """The shipped file of settings, and a slow script: the slow log stays empty."""
    make_users(tmp_path / "users")
    store = GuardedStore(redis_binary(), tmp_path / "users")
    try:
        store.start()
        client = redis.Redis.from_url(store.url)
        client.eval(f"for n = 1, 20000000 do end return '{AGENT}'", 0)
        assert client.slowlog_get(-1) == []
        assert detector().in_store(client) == []
        client.close()
    finally:
        store.remove()
