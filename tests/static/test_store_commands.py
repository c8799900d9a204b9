"""The rights that `deploy/store/users.acl` gives are those that the code needs, read from the code."""

import pytest

from tests.static.store_commands import (
    PACKAGE,
    PROBES,
    RULES,
    allowed,
    hidden_commands,
    lua_commands,
    python_commands,
    rights_faults,
    sent_by,
)

OPERATORS = sorted(PACKAGE.glob("doctor*.py"))
VAULT = sorted(PACKAGE.glob("store/vault_*.py")) + sorted(PACKAGE.glob("store/lua/vault_*.lua"))
LINK = [*PACKAGE.glob("store/link*.py"), PACKAGE / "store" / "resp.py"]
PRODUCT = [
    path
    for path in sorted(PACKAGE.rglob("*"))
    if path.suffix in {".py", ".lua"} and path not in {*OPERATORS, *VAULT}
]


def test_the_product_may_do_what_it_does_and_nothing_else() -> None:
    """Every command that modules and scripts send is allowed to `chatsvc`, and no other."""
    faults = rights_faults(sent_by(PRODUCT), allowed("chatsvc", RULES.read_text()))
    assert not faults, "\n".join(faults)


def test_the_doctor_may_send_what_it_sends() -> None:
    """Every command of the examination's own is allowed to `chatsvc-doctor`."""
    may = allowed("chatsvc-doctor", RULES.read_text())
    assert set(sent_by(OPERATORS)) - PROBES <= may
    assert not PROBES & may


def test_a_vault_server_may_be_asked_what_the_vault_asks_and_nothing_else() -> None:
    """Every command of a key vault on a server of its own is allowed to `chatsvc-vault`, and no other."""
    sent = sent_by([*VAULT, *LINK])
    # A vault subscribes to nothing, and no cluster can be one.
    of_others = {"ssubscribe", "sunsubscribe", "spublish", "asking", "cluster|slots"}
    needed = {command: place for command, place in sent.items() if command not in of_others}
    faults = rights_faults(needed, allowed("chatsvc-vault", RULES.read_text()))
    assert not faults, "\n".join(faults)


def test_every_command_can_be_read() -> None:
    """No command is put together where it is sent: then nobody could say which rights are needed."""
    faults = [
        f"{path.relative_to(PACKAGE)}:{line}: name the command here"
        for path in PACKAGE.rglob("*.py")
        for line in hidden_commands(path.read_text(encoding="utf-8"))
    ]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ('await self._link.call(key, "GETDEL", key)', "getdel"),
        ('wire.ask("CLIENT", "NO-EVICT", "on")', "client|no-evict"),
        ('pack(("SCRIPT", "FLUSH"))', "script|flush"),
    ],
)
def test_a_command_that_is_not_allowed_is_caught(text: str, command: str) -> None:
    """A planted command of any way of sending is found, and missing from the rights."""
    sent = {name: "here" for _, name in python_commands(f"async def f():\n    {text}")}
    assert any(f"+{command}" in fault for fault in rights_faults(sent, {"get"}))


def test_a_command_of_a_script_that_is_not_allowed_is_caught() -> None:
    """The same in Lua."""
    assert list(lua_commands('local x = 1\nredis.pcall("LPUSH", KEYS[1], x)')) == [(2, "lpush")]
    assert list(lua_commands('redis.call("XINFO", "STREAM", KEYS[1])')) == [(1, "xinfo|stream")]


def test_a_right_too_many_is_caught() -> None:
    """A right that nothing needs is named."""
    assert rights_faults({"get": "here"}, {"get", "keys"}) == ["users.acl allows keys, which nothing sends"]


def test_a_hidden_command_is_caught() -> None:
    """A command that is a variable is found."""
    assert list(hidden_commands("link.call(key, command, key)")) == [1]
