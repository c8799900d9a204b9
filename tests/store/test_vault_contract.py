"""What every key vault promises, on a real file, a real Valkey and a real Redis 7.0."""

import asyncio
import sqlite3

import pytest

from chatsvc.domain.errors import VaultUnavailable
from chatsvc.store.keyring import VaultKeyring
from chatsvc.store.vault_keys import KeyGone, MasterKeys, WrongVault
from chatsvc.store.vault_redis import ABOUT, KEYS, SITES
from tests.support.vaults import MASTER, NONCE, AnyVault, all_same, contents, same

OTHER = bytes(reversed(range(32)))
SIZE = 61  # of a wrapped key


def wrapped_of(vault: AnyVault, conversation: str) -> list[bytes]:
    """The wrapped keys of a conversation, as they lie in the vault."""
    if vault.server:
        row = vault.server.ask("HGET", KEYS, conversation)
        return [row[at : at + SIZE] for at in range(0, 3 * SIZE, SIZE)]
    with sqlite3.connect(vault.path) as reader:
        found = reader.execute(
            "SELECT talk, staff, intake FROM conversation_key WHERE conversation = ?", (conversation,)
        ).fetchone()
    reader.close()
    return list(found)


def write(vault: AnyVault, conversation: str, wrapped: list[bytes], site: str) -> None:
    """Put something else in a conversation's place."""
    if vault.server:
        vault.server.ask("HSET", KEYS, conversation, b"".join(wrapped) + site.encode())
        return
    with sqlite3.connect(vault.path) as writer:
        writer.execute(
            "UPDATE conversation_key SET talk = ?, staff = ?, intake = ?, site = ? WHERE conversation = ?",
            (*wrapped, site, conversation),
        )
    writer.close()


async def test_keys_are_there_in_the_next_life_of_the_process(any_vault: AnyVault) -> None:
    """What `create` gave, `fetch` gives after closing and opening again; the vault is the same."""
    vault = await any_vault.open()
    made = await vault.create("kunta", "c1")
    await vault.close()
    again = await any_vault.open()
    assert all_same(made, await again.fetch("c1"))
    assert again.vault_id == vault.vault_id


async def test_every_key_is_another(any_vault: AnyVault) -> None:
    """The three keys of a conversation differ, and so do those of two conversations."""
    vault = await any_vault.open()
    both = [await vault.create("kunta", "c1"), await vault.create("kunta", "c2")]
    every = [key.encrypt(NONCE, b"", b"") for keys in both for key in (keys.talk, keys.staff, keys.intake)]
    assert len(set(every)) == 6


async def test_creating_again_gives_the_present_keys(any_vault: AnyVault) -> None:
    """Two nodes that make keys for one conversation at once get the same ones, for a new site too."""
    one, two = await any_vault.open(), await any_vault.open()
    made = await asyncio.gather(*(vault.create("kunta", "c1") for vault in (one, two, one, two)))
    assert all(all_same(made[0], keys) for keys in made)
    assert all_same(made[0], await two.fetch("c1"))


async def test_many_keys_wanted_at_once_are_all_made(any_vault: AnyVault) -> None:
    """A rush of newcomers gets keys, each their own."""
    vault = await any_vault.open()
    made = await asyncio.gather(*(vault.create(f"site{n % 7}", f"c{n}") for n in range(400)))
    assert len({keys.talk.encrypt(NONCE, b"", b"") for keys in made}) == 400
    again = await any_vault.open()
    assert all_same(made[123], await again.fetch("c123"))


async def test_a_site_is_shredded_whole(any_vault: AnyVault) -> None:
    """Its own key and its conversations' lie in no file; other sites' open; one of that name begins with a new key."""
    vault, other = await any_vault.open(), await any_vault.open()
    await vault.create("kunta2", "d1")
    gone = [await vault.create("kunta", name) for name in ("c1", "c1.feedback", "c2")]
    assert all_same(gone[0], await other.fetch("c1"))  # the other has the site's key in memory from now on
    await vault.shred("c2", ["talk", "staff"])
    lay = [part for name in ("c1", "c1.feedback") for part in wrapped_of(any_vault, name)]
    assert all(part in contents(any_vault.folder) for part in lay)
    assert await vault.shred_site("kunta") == 3
    assert not [part for part in lay if part in contents(any_vault.folder)]
    assert await vault.shred_site("kunta") == 0
    for name in ("c1", "c1.feedback", "c2"):
        with pytest.raises(KeyGone):
            await other.fetch(name)
    await vault.fetch("d1")
    made = await other.create("kunta", "c9")
    assert all_same(made, await vault.fetch("c9"))
    assert all_same(made, await (await any_vault.open()).fetch("c9"))


async def test_shredded_keys_are_in_no_file(any_vault: AnyVault) -> None:
    """Once `shred` has returned, no file of the vault holds the wrapped keys; before, one does."""
    vault = await any_vault.open()
    kept = await vault.create("kunta", "kept")
    await asyncio.gather(*(vault.create("kunta", f"c{n}") for n in range(20)))
    gone = [key for n in range(20) for key in wrapped_of(any_vault, f"c{n}")]
    there = contents(any_vault.folder)
    assert all(key[13:] in there for key in gone)
    assert all(await asyncio.gather(*(vault.shred(f"c{n}") for n in range(20))))
    left = contents(any_vault.folder)
    assert not any(key[at : at + 16] in left for key in gone for at in (13, 29, 45))
    assert all(key[13:] in left for key in wrapped_of(any_vault, "kept"))
    assert all_same(kept, await vault.fetch("kept"))


async def test_one_key_can_go_before_the_others(any_vault: AnyVault) -> None:
    """A key that is shredded alone is in no file and opens nothing; the others do; with the last one the row goes."""
    vault = await any_vault.open()
    made = await vault.create("kunta", "c1")
    talk, staff, intake = wrapped_of(any_vault, "c1")
    assert await vault.shred("c1", ["talk"])
    left = contents(any_vault.folder)
    assert not any(talk[at : at + 16] in left for at in (13, 29, 45))
    assert wrapped_of(any_vault, "c1")[1:] == [staff, intake]
    again = await (await any_vault.open()).fetch("c1")
    assert same(again.staff, made.staff)
    assert same(again.intake, made.intake)
    for use in (again.talk.encrypt, again.talk.decrypt):
        with pytest.raises(KeyGone):
            use(NONCE, b"text", b"")
    assert not await vault.shred("c1", ["talk"])
    with pytest.raises(KeyGone):
        (await vault.create("kunta", "c1")).talk.encrypt(NONCE, b"text", b"")
    assert await vault.shred("c1", ["staff", "intake"])
    with pytest.raises(KeyGone):
        await vault.fetch("c1")


async def test_shredded_keys_are_gone_for_everybody(any_vault: AnyVault) -> None:
    """After `shred` every process hears that they are gone, for good; shredding again says there was nothing."""
    vault, other = await any_vault.open(), await any_vault.open()
    await vault.create("kunta", "c1")
    assert await vault.shred("c1")
    for each in (vault, other):
        with pytest.raises(KeyGone) as caught:
            await each.fetch("c1")
        assert not caught.value.retryable
    assert not await other.shred("c1")
    with pytest.raises(KeyGone):
        await vault.fetch("never made")


async def test_another_master_key_is_refused_at_once(any_vault: AnyVault) -> None:
    """A vault opens only with the key it was made with, and says so before anything else happens."""
    await any_vault.open()
    with pytest.raises(WrongVault, match="does not fit the key vault"):
        await any_vault.open(OTHER)
    with pytest.raises(WrongVault, match="31 bytes"):
        await any_vault.open(bytes(31))


async def test_a_later_format_is_refused(any_vault: AnyVault) -> None:
    """A vault that a later version made is left alone."""
    await (await any_vault.open()).close()
    if any_vault.server:
        any_vault.server.ask("HSET", ABOUT, "format", "9")
    else:
        with sqlite3.connect(any_vault.path) as writer:
            writer.execute("UPDATE vault SET schema = 9")
        writer.close()
    with pytest.raises(WrongVault, match="has format 9"):
        await any_vault.open()


@pytest.mark.parametrize("damage", ["moved", "mixed", "other site", "cut", "flipped"])
async def test_damaged_or_moved_keys_are_refused(any_vault: AnyVault, damage: str) -> None:
    """A wrapped key opens only unchanged, for the site, conversation and purpose it was made for."""
    vault = await any_vault.open()
    for site, conversation in (("kunta", "c1"), ("kunta", "c2"), ("other", "c3")):
        await vault.create(site, conversation)
    one, two = wrapped_of(any_vault, "c1"), wrapped_of(any_vault, "c2")
    flipped = bytes([one[0][20] ^ 1])
    row = {
        "moved": two,
        "mixed": [one[1], one[1], one[2]],
        "other site": one,
        "cut": [one[0], one[1], one[2][:-5]],
        "flipped": [one[0][:20] + flipped + one[0][21:], *one[1:]],
    }[damage]
    write(any_vault, "c1", row, "other" if damage == "other site" else "kunta")
    with pytest.raises(VaultUnavailable, match="can't be unwrapped"):
        await vault.fetch("c1")
    await vault.fetch("c2")


async def test_a_site_whose_key_is_lost_is_told(any_vault: AnyVault) -> None:
    """Without the key of its site a conversation's keys can't be had; nobody makes the site a new one for it."""
    vault = await any_vault.open()
    await vault.create("kunta", "c1")
    await vault.create("other", "c2")
    if any_vault.server:
        any_vault.server.ask("HDEL", SITES, "kunta")
    else:
        with sqlite3.connect(any_vault.path) as writer:
            writer.execute("DELETE FROM site_key WHERE site = 'kunta'")
        writer.close()
    again = await any_vault.open()
    with pytest.raises((VaultUnavailable, KeyGone)):
        await again.fetch("c1")
    await again.fetch("c2")


async def test_a_closed_vault_says_so(any_vault: AnyVault) -> None:
    """After `close` every call is refused, and closing again is harmless."""
    vault = await any_vault.open()
    await vault.close()
    await vault.close()
    calls = (vault.create("kunta", "c1"), vault.fetch("c1"), vault.shred("c1"), vault.secret("s"))
    for call in calls:
        with pytest.raises(VaultUnavailable, match="closed"):
            await call


async def test_a_secret_is_the_same_for_everybody(any_vault: AnyVault) -> None:
    """All processes on a vault share a secret of a name, whoever asks first; another name is another secret."""
    one, two = await any_vault.open(), await any_vault.open()
    found = await asyncio.gather(one.secret("tokens"), two.secret("tokens"), one.secret("tokens"))
    assert len(set(found)) == 1
    assert len(found[0]) == 32
    assert await two.secret("other") != found[0]


async def test_no_key_shows_itself(any_vault: AnyVault) -> None:
    """Neither printing keys, vaults and master keys nor their errors show anything of a key."""
    vault = await any_vault.open()
    keys = await vault.create("kunta", "c1")
    with pytest.raises(WrongVault) as caught:
        await any_vault.open(OTHER)
    told = f"{keys!r} {vault!r} {MasterKeys([MASTER])!r} {VaultKeyring(vault)!r} {caught.value!r}"
    assert "ConversationKeys(…)" in told
    assert "MasterKeys(…)" in told
    assert not any(key.hex() in told or repr(key)[2:-1] in told for key in (MASTER, OTHER))


async def test_a_new_master_key_changes_nothing_else(any_vault: AnyVault) -> None:
    """After `rotate` the old key opens nothing, and every key and secret is as it was; again, it does nothing."""
    vault = await any_vault.open()
    made, secret = await vault.create("kunta", "c1"), await vault.secret("tokens")
    assert await vault.rotate(OTHER)
    assert not await vault.rotate(OTHER)
    with pytest.raises(WrongVault, match="does not fit"):
        await any_vault.open(MASTER)
    again = await any_vault.open(OTHER)
    assert again.vault_id == vault.vault_id
    assert all_same(made, await again.fetch("c1"))
    assert await again.secret("tokens") == secret


async def test_a_process_with_both_keys_goes_on(any_vault: AnyVault) -> None:
    """Who has the present and the next key notices nothing, for new sites too, before, while and after it changes."""
    node = await any_vault.open(MasterKeys([MASTER, OTHER]))
    made = [await node.create(f"site{n}", f"c{n}") for n in range(3)]
    operator = await any_vault.open(MASTER)

    async def go_on() -> None:
        made.extend([await node.create(f"site{n}", f"c{n}") for n in range(3, 60)])

    await asyncio.gather(go_on(), operator.rotate(OTHER))
    fresh = await any_vault.open(OTHER)
    for n, keys in enumerate(made):
        assert all_same(keys, await fresh.fetch(f"c{n}"))


async def test_a_process_with_the_old_key_only_spoils_nothing(any_vault: AnyVault) -> None:
    """It goes on with the sites it knows, says what it lacks for others, and writes nothing with the old key."""
    node = await any_vault.open(MASTER)
    await node.create("kunta", "c1")
    await node.fetch("c1")
    await (await any_vault.open(MASTER)).create("other", "c2")
    await (await any_vault.open(MASTER)).rotate(OTHER)
    await node.create("kunta", "c3")
    for call in (node.create("new", "c4"), node.fetch("c2"), node.secret("late")):
        with pytest.raises(VaultUnavailable, match=r"master key of the vault .* was changed"):
            await call
    fresh = await any_vault.open(OTHER)
    for conversation in ("c1", "c2", "c3"):
        await fresh.fetch(conversation)
    await fresh.create("new", "c4")


async def test_keys_are_read_anew_when_none_fits(
    any_vault: AnyVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that can look the master key up again needs no restart."""
    monkeypatch.setattr("chatsvc.store.vault_keys.REREAD_EVERY_S", 0.0)
    there = [MASTER]
    node = await any_vault.open(MasterKeys([MASTER], lambda: there))
    await (await any_vault.open(MASTER)).rotate(OTHER)
    with pytest.raises(VaultUnavailable, match="was changed"):
        await node.create("kunta", "c1")
    there[:] = [OTHER]
    made = await node.create("kunta", "c1")
    assert same(made.talk, (await (await any_vault.open(OTHER)).fetch("c1")).talk)
