"""The users and settings of `deploy/store` on a real Valkey and Redis 7.0: enough for everything, and no more."""

import asyncio
import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from chatsvc.domain.errors import StoreUnavailable
from chatsvc.store.link import Link, StoreRefused
from tests.support.api import person
from tests.support.guarded_store import SHIPPED, GuardedStore, make_users
from tests.support.links import Lua
from tests.support.service import Service, make_site, make_staff, running
from tests.support.store_server import redis_binary, valkey_binary

BINARIES = {"valkey": valkey_binary, "redis7": redis_binary}
FORBIDDEN: list[list[str | int]] = [
    ["KEYS", "*"], ["SCAN", 0], ["RANDOMKEY"], ["DBSIZE"], ["MONITOR"], ["SLOWLOG", "GET"],
    ["CONFIG", "GET", "*"], ["CONFIG", "SET", "appendonly", "no"], ["CONFIG", "REWRITE"],
    ["FLUSHALL"], ["FLUSHDB"], ["SWAPDB", 0, 1], ["SELECT", 1], ["SHUTDOWN"], ["DEBUG", "SLEEP", 0],
    ["EVAL", "return 1", 0], ["SCRIPT", "FLUSH"], ["FUNCTION", "LIST"], ["MODULE", "LIST"],
    ["ACL", "LIST"], ["ACL", "SETUSER", "me", "on"], ["CLIENT", "LIST"], ["CLIENT", "KILL", "TYPE", "normal"],
    ["PUBLISH", "chatsvc:{a}:all", "x"], ["SUBSCRIBE", "chatsvc:{a}:all"], ["PSUBSCRIBE", "*"],
    ["SAVE"], ["BGSAVE"], ["REPLICAOF", "NO", "ONE"], ["PSYNC", "?", -1], ["SYNC"],
    ["DUMP", "chatsvc:{a}:meta"], ["RENAME", "chatsvc:{a}:meta", "chatsvc:{a}:more"], ["WAIT", 0, 0],
    ["HGET", "other", "x"], ["GET", "chatsvc:plain"], ["SET", "chatsvc2:{a}:x", 1], ["DEL", "other"],
    ["SPUBLISH", "other", "x"], ["SSUBSCRIBE", "other"],
]  # fmt: skip
HOUR = {"staff": "aino", "queues": ["paihde"], "start": "2036-01-07T09:00", "end": "2036-01-07T15:00"}


@pytest.fixture(scope="module", params=BINARIES)
def running_store(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[GuardedStore]:
    """A store set up with the shipped files."""
    folder = tmp_path_factory.mktemp("chatsvc-store")
    make_users(folder)
    store = GuardedStore(BINARIES[request.param](), folder)
    try:
        store.start()
        yield store
    finally:
        store.remove()


@pytest.fixture
def store(running_store: GuardedStore) -> Iterator[GuardedStore]:
    """The same, empty, and with the users as they are shipped."""
    running_store.flush()
    running_store.ask("ACL", "LOG", "RESET")
    yield running_store
    running_store.ask("ACL", "LOAD")


async def live(url: str, tmp_path: Path) -> None:
    """A node and a worker through a day: sign-in, plan, a conversation from its beginning to its erasure, figures."""
    people = (make_staff("aino"), make_staff("eino"), make_staff("saana", role="supervisor"))
    async with running(url, tmp_path, make_site(paihde={}, velka={}), people) as service:
        saana = await person(service, "saana")
        said = await saana.ask("POST", "/sites/kunta/shifts", HOUR)
        assert said.status == 201, said.text
        await _talk(service)
        month = await saana.ask("GET", "/sites/kunta/statistics?from=2026-01&to=2026-01")
        board = await saana.ask("GET", "/sites/kunta/board")
        assert (month.status, board.status) == (200, 200), month.text + board.text


async def _talk(service: Service) -> None:
    visitor, counsellor, conversation = await service.talking()
    other = await service.on_duty("eino")
    await visitor.ask("say", "ack", id="v1", text="hei")
    await counsellor.expect("entry", id="v1")
    await counsellor.ask("say", "ack", conversation=conversation, id="c1", text="hei hei")
    await visitor.expect("entry", id="c1")
    await visitor.send("seen", seq=3)
    await counsellor.expect("seen")
    await counsellor.ask("note", "ack", conversation=conversation, id="n1", text="muistiin")
    await counsellor.ask("close", conversation=conversation)
    await visitor.expect("closed", reason="counsellor_closed")
    await visitor.ask("feedback", score=5, text="kiitos")
    await counsellor.ask("wrap_up", conversation=conversation, outcome="talked")
    await visitor.ask("erase")
    await visitor.expect("closed", reason="erased")
    await other.ask("duty", "duty", state="off")


async def test_everything_works_with_the_shipped_users(store: GuardedStore, tmp_path: Path) -> None:
    """With the rights of `chatsvc` alone people sign in, plan, talk, end and erase, and the store refuses nothing."""
    await live(store.url_of("chatsvc"), tmp_path)
    assert store.refusals() == []


@pytest.mark.parametrize("missing", ["-spublish", "-script|load", "resetchannels"])
async def test_a_right_that_is_missing_shows(store: GuardedStore, tmp_path: Path, missing: str) -> None:
    """Without one of its rights the same day does not go by without a refusal."""
    store.ask("ACL", "SETUSER", "chatsvc", missing)
    day = asyncio.create_task(live(store.url_of("chatsvc"), tmp_path))
    try:
        while not day.done() and not store.refusals():  # noqa: ASYNC110 - only the store knows of a refusal
            await asyncio.sleep(0.05)
        assert store.refusals() != []
    finally:
        day.cancel()
        await asyncio.gather(day, return_exceptions=True)


def test_what_the_product_never_does_is_refused(store: GuardedStore) -> None:
    """Whoever has the product's password can't list, watch, configure, empty or leave its keys and channels."""
    client = redis.Redis(port=store.port, username="chatsvc", password=store.password("chatsvc"))
    with contextlib.closing(client):
        for command in FORBIDDEN:
            with pytest.raises(redis.ResponseError, match=r"(?i)no permissions|not allowed"):
                client.execute_command(*command)  # type: ignore[no-untyped-call]


async def test_a_script_gets_no_further_than_its_caller(store: GuardedStore) -> None:
    """A script that names another key or channel inside itself is refused there, and writes nothing."""
    link = await Link.open(store.url_of("chatsvc"), client_name="test")
    key = "chatsvc:{a}:x"
    for line in ("'SET', 'other', 1", "'SPUBLISH', 'other', 1", "'KEYS', '*'"):
        with pytest.raises(StoreRefused):
            await link.run(Lua("planted", f"#!lua\nreturn redis.call({line})"), [key], [])
    assert await link.run(Lua("own", "#!lua\nreturn redis.call('SET', KEYS[1], 1)"), [key], []) == b"OK"
    await link.close()
    assert store.ask("DBSIZE") == 1
    assert len(store.refusals()) == 3


@pytest.mark.parametrize("login", ["", "default:@", "default:x@", "chatsvc:wrong@"])
async def test_nobody_comes_in_without_a_password(store: GuardedStore, login: str) -> None:
    """The default user is off; a wrong password is told as such."""
    with pytest.raises(StoreUnavailable, match="refuses the login"):
        await Link.open(f"redis://{login}127.0.0.1:{store.port}", client_name="test", within_s=0.5)


async def test_a_login_with_too_few_rights_is_told(store: GuardedStore) -> None:
    """A user who may not even greet, and one who asks for another database, hear that rights are missing."""
    store.ask("ACL", "SETUSER", "chatsvc-replica", "-ping")
    for url in (store.url_of("chatsvc-replica"), store.url_of("chatsvc").replace("/0", "/1")):
        with pytest.raises(StoreUnavailable, match=r"lacks rights \(NOPERM\)"):
            await Link.open(url, client_name="test", within_s=0.5)


def test_the_shipped_settings_are_in_force(store: GuardedStore) -> None:
    """The store keeps its log of writes, never evicts, and remembers no commands."""
    settings = {str(name): value for name, value in store.client().config_get("*").items()}
    wanted = {
        "appendonly": "yes", "appendfsync": "everysec", "save": "", "maxmemory-policy": "noeviction",
        "slowlog-log-slower-than": "-1", "crash-log-enabled": "no", "enable-debug-command": "no",
    }  # fmt: skip
    assert {name: settings[name] for name in wanted} == wanted
    logs = [name for name in settings if name.startswith("commandlog-") and "than" in name]
    assert all(settings[name] == "-1" for name in logs)


@pytest.mark.parametrize("binary", BINARIES.values(), ids=BINARIES)
def test_rules_without_passwords_are_no_rules(binary: object, tmp_path: Path) -> None:
    """A server that is given the shipped rules as they are, passwords not made yet, does not start."""
    (tmp_path / "users.acl").write_bytes((SHIPPED / "users.acl").read_bytes())
    store = GuardedStore(binary(), tmp_path)  # type: ignore[operator]
    try:
        with pytest.raises(AssertionError, match="ACL errors"):
            store.start()
    finally:
        store.remove()


def test_a_second_run_keeps_passwords_and_users(tmp_path: Path) -> None:
    """After an upgrade the rules are new; passwords, who has one, and users of the operator's own are as before."""
    make_users(tmp_path, "chatsvc", "chatsvc-replica")
    before = (tmp_path / "chatsvc.password").read_bytes()
    rules = tmp_path / "users.acl"
    rules.write_text("user default on nopass\nuser chatsvc off\nuser mine on >x +ping\n")
    subprocess.run([SHIPPED / "make-users.sh", tmp_path], check=True)
    made = {line.split()[1]: line for line in rules.read_text().splitlines()}
    assert set(made) == {"default", "chatsvc", "chatsvc-replica", "mine"}
    assert made["default"] == "user default reset off"
    assert "+evalsha" in made["chatsvc"]
    assert made["mine"] == "user mine on >x +ping"
    assert (tmp_path / "chatsvc.password").read_bytes() == before
    assert (tmp_path / "chatsvc.password").stat().st_mode & 0o077 == 0
    assert len(before) == 64


def test_an_unknown_user_is_not_made(tmp_path: Path) -> None:
    """A name that the rules don't have is refused, and nothing is left behind."""
    with pytest.raises(subprocess.CalledProcessError):
        make_users(tmp_path, "chatsvc-admin")
    assert list(tmp_path.iterdir()) == []
