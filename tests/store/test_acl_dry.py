"""Every command that a server knows, tried for every shipped user: those of the rules on own keys, and no other."""

from collections.abc import Iterator
from typing import Any

import pytest
import redis

from tests.static.store_commands import RULES, allowed
from tests.support.guarded_store import USERS, GuardedStore, make_users
from tests.support.store_server import redis_binary, valkey_binary

EVERYBODY = (*USERS, "chatsvc-vault")
BINARIES = {"valkey": valkey_binary, "redis7": redis_binary}
# What each user may touch, by the way it is used; others' keys are the same for all.
OWN = {
    "chatsvc": ("chatsvc:{a}:x", "chatsvc:{dir}:sites"), "chatsvc-vault": ("chatsvc:{vault}:keys",),
    "chatsvc-doctor": ("chatsvc:{dir}:about", "chatsvc:{dir}:sites", "chatsvc:{dir}:staff"),
}  # fmt: skip
OTHERS = ("other", "chatsvc", "chatsvc:plain", "chatsvc2:{a}:x", "{chatsvc}:x", "")
NOT_OWN = {
    "chatsvc-vault": ("chatsvc:{a}:x", "chatsvc:{dir}:sites"),
    "chatsvc-doctor": ("chatsvc:{a}:x", "chatsvc:{dir}:vault"),
}
# Arguments with K where a key goes; commands that are missing here take no key.
KEYED = {
    "del": "K", "exists": "K", "get": "K", "hdel": "K f", "hexists": "K f", "hget": "K f", "hgetall": "K",
    "hincrby": "K f 1", "hkeys": "K", "hlen": "K", "hmget": "K f", "hscan": "K 0", "hset": "K f v", "hsetnx": "K f v",
    "hvals": "K", "sadd": "K m", "scard": "K", "set": "K v", "smembers": "K", "srandmember": "K", "srem": "K m",
    "unlink": "K", "xadd": "K * f v", "xrange": "K - +", "xrevrange": "K + -", "zadd": "K 1 m", "zcard": "K",
    "zrange": "K 0 1", "zrank": "K m", "zrem": "K m", "zscore": "K m", "xtrim": "K MAXLEN 1",
    "evalsha": "0123456789012345678901234567890123456789 1 K",
    "spublish": "K m", "ssubscribe": "K",
}  # fmt: skip
NO_KEY = {
    "asking": "",
    "cluster|slots": "slots", "info": "", "ping": "", "script|load": "load x", "time": "", "sunsubscribe": "",
    "config|get": "get x", "bgrewriteaof": "", "psync": "? -1", "replconf": "", "sync": "", "client|kill": "kill x",
    "client|setname": "setname x", "config|rewrite": "rewrite", "exec": "", "multi": "",
    "publish": "__sentinel__:hello x",
    "role": "", "script|kill": "kill", "slaveof": "no one", "subscribe": "__sentinel__:hello",
}  # fmt: skip
# Answered before or without any sign-in, to everybody: they say who one is, or end the connection.
FOR_ALL = frozenset({"auth", "hello", "quit", "reset"})


@pytest.fixture(scope="module", params=BINARIES)
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[redis.Redis]:
    """A store with all shipped users, as one who may do everything."""
    folder = tmp_path_factory.mktemp("users")
    make_users(folder, *EVERYBODY)
    made = GuardedStore(BINARIES[request.param](), folder)
    try:
        made.start()
        client = made.client()
        client.set_response_callback("COMMAND", lambda reply, **_: reply)
        client.set_response_callback("COMMAND INFO", lambda reply, **_: reply)
        yield client
        client.close()
    finally:
        made.remove()


def _ask(store: redis.Redis, *command: str) -> Any:
    return store.execute_command(*command)  # type: ignore[no-untyped-call]


def dry(store: redis.Redis, user: str, command: str, arguments: list[str]) -> bool:
    """Whether this user could send this."""
    said = _ask(store, "ACL", "DRYRUN", user, command.partition("|")[0], *arguments)
    return bool(said in (b"OK", "OK"))


def right(user: str, command: str) -> Iterator[tuple[list[str], bool]]:
    """Arguments of a command on each key, and whether the user may have that key."""
    if command not in KEYED:
        yield NO_KEY[command].split(), True
        return
    for key in (*OWN[user], *OTHERS, *NOT_OWN.get(user, ())):
        mine = key in OWN[user]
        yield [key if word == "K" else word for word in KEYED[command].split()], mine


@pytest.mark.parametrize("user", EVERYBODY)
def test_what_the_rules_list_goes_on_own_keys_only(store: redis.Redis, user: str) -> None:
    """Each allowed command on each of its own keys and channels; with any other prefix it is refused."""
    wrong = [
        (command, arguments)
        for command in sorted(allowed(user, RULES.read_text()))
        for arguments, may in right(user, command)
        if dry(store, user, command, arguments) != may
    ]
    assert wrong == []


@pytest.mark.parametrize("user", EVERYBODY)
def test_everything_else_that_the_server_knows_is_refused(store: redis.Redis, user: str) -> None:
    """All commands and subcommands of the server but those of the rules, on a key of the user's own."""
    known = commands(store)
    assert len(known) > 300
    may = allowed(user, RULES.read_text()) | FOR_ALL
    assert {"keys", "monitor", "config|set", "slowlog|get", "eval", "flushall", "acl|setuser"} <= set(
        known
    ) - may
    key = OWN.get(user, ("chatsvc:{a}:x",))[0]
    let = [
        name
        for name, arity in known.items()
        if name not in may and dry(store, user, name, filled(name, arity, key))
    ]
    assert let == []


def commands(store: redis.Redis) -> dict[str, int]:
    """Every command and subcommand, and how many words it has at least; without the heads of those with subcommands."""
    names = [name.decode() for name in _ask(store, "COMMAND", "LIST")]
    heads = {name.partition("|")[0] for name in names if "|" in name}
    arities = {}
    for name in names:
        if name in heads:
            continue
        (row,) = _ask(store, "COMMAND", "INFO", name)
        arities[name] = abs(int(row[1]))
    return arities


def filled(name: str, words: int, key: str) -> list[str]:
    """As many arguments as the command wants, all of them the key."""
    head, _, sub = name.partition("|")
    del head
    given = [sub] if sub else []
    return [*given, *[key] * max(0, words - 1 - len(given))]


@pytest.mark.parametrize(
    ("rule", "back"),
    [("+keys", ["-keys"]), ("~*", ["resetkeys", "~chatsvc:{*}:*"]), ("+config|set", ["-config|set"])],
)
def test_a_right_too_many_is_seen(store: redis.Redis, rule: str, back: list[str]) -> None:
    """The planted fault: with one rule more, a command or a key goes through that should not."""
    tried = ("get", ["other"]) if rule == "~*" else (rule[1:], filled(rule[1:], 4 if "|" in rule else 2, "x"))
    assert not dry(store, "chatsvc", *tried)
    _ask(store, "ACL", "SETUSER", "chatsvc", rule)
    try:
        assert dry(store, "chatsvc", *tried)
    finally:
        _ask(store, "ACL", "SETUSER", "chatsvc", *back)
    assert not dry(store, "chatsvc", *tried)
