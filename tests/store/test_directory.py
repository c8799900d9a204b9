"""The directory, on real stores of every shape."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from chatsvc.domain.sessions import SessionLimits
from chatsvc.domain.sites import Contact, PoolId, Queue, QueueKey, QueueName, Site, SiteId, Staff, StaffId
from chatsvc.store import directory_follower, directory_keys
from chatsvc.store.directory import TOUCH_MS, Directory, WrongStore
from chatsvc.store.directory_follower import DirectoryFollower
from chatsvc.store.directory_snapshot import DirectorySnapshot
from chatsvc.store.link import Link

if TYPE_CHECKING:
    from tests.support.stores import AnyStore

pytest_plugins = ["tests.support.stores"]

LIMITS = SessionLimits()
SESSION_MS, IDLE_MS = LIMITS.absolute_ms, LIMITS.idle_ms
NAMES = {"fi": "Nimi", "sv": "Namn"}
SITE = Site(
    id=SiteId("kunta"),
    names=NAMES,
    languages=("fi", "sv"),
    origins=("https://www.kunta.fi",),
    emergency=(Contact(NAMES, phone="112"),),
    queues=(
        Queue(SiteId("kunta"), QueueName("paihde"), NAMES, waiting_limit=7),
        Queue(SiteId("kunta"), QueueName("nuoret"), NAMES, mode="offer", open=False),
    ),
)
ANNA = Staff(StaffId("anna"), "Anna", "counsellor", "$argon2id$one", PoolId("kunta"), (SiteId("kunta"),))


class HandClock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1_800_000_000_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def link(any_store: "AnyStore") -> AsyncIterator[Link]:
    opened = await Link.open(any_store.url, client_name="test")
    yield opened
    await opened.close()


@pytest.fixture
async def directory(link: Link, clock: HandClock) -> Directory:
    return Directory(link, clock)


async def test_an_empty_store_has_an_empty_directory(directory: Directory) -> None:
    """Before anything is declared there is nothing, at version 0."""
    assert await directory.load() == DirectorySnapshot()


async def test_what_is_put_is_loaded(directory: Directory) -> None:
    """Sites and people come back as they were written, every field."""
    await directory.put_site(SITE)
    await directory.put_staff(ANNA)
    snapshot = await directory.load()
    assert snapshot.sites == {"kunta": SITE}
    assert snapshot.people == {"anna": ANNA}
    assert snapshot.version == 2


async def test_only_a_change_makes_a_new_version(directory: Directory) -> None:
    """Writing the same again, or removing what is not there, changes nothing and tells nobody."""
    assert await directory.put_site(SITE) == 1
    assert await directory.put_site(SITE) == 1
    assert await directory.put_site(replace(SITE, names={"fi": "Uusi", "sv": "Ny"})) == 2
    assert await directory.remove_site("nowhere") == 2
    assert await directory.remove_site("kunta") == 3
    assert (await directory.load()).sites == {}


async def test_a_session_leads_to_its_person(directory: Directory) -> None:
    """The token of a sign-in leads to the person until they sign out; another token leads nowhere."""
    await directory.put_staff(ANNA)
    token = await directory.open_session(ANNA.id)
    assert await directory.staff_of_session(token) == "anna"
    assert await directory.staff_of_session(token[:-1]) is None
    await directory.close_session(token)
    assert await directory.staff_of_session(token) is None


async def test_nobody_unknown_can_sign_in(directory: Directory) -> None:
    """A session needs an account."""
    with pytest.raises(KeyError):
        await directory.open_session(StaffId("nobody"))


async def test_a_session_ends_after_its_time_even_in_use(directory: Directory, clock: HandClock) -> None:
    """Twelve hours after signing in the session is over, however lively it was."""
    await directory.put_staff(ANNA)
    token = await directory.open_session(ANNA.id)
    end = clock.now + SESSION_MS
    while clock.now + IDLE_MS // 2 < end:
        clock.now += IDLE_MS // 2
        assert await directory.staff_of_session(token) == "anna"
    clock.now = end
    assert await directory.staff_of_session(token) is None


async def test_an_idle_session_ends(directory: Directory, clock: HandClock) -> None:
    """Two hours without a sign of life end a session; a sign of life begins them anew."""
    await directory.put_staff(ANNA)
    token = await directory.open_session(ANNA.id)
    clock.now += TOUCH_MS
    assert await directory.staff_of_session(token) == "anna"
    clock.now += IDLE_MS - 1
    assert await directory.staff_of_session(token) == "anna"
    clock.now += IDLE_MS
    assert await directory.staff_of_session(token) is None


async def test_limits_are_settings_and_hold_for_sessions_that_exist(
    directory: Directory, link: Link, clock: HandClock
) -> None:
    """A node with shorter limits ends sessions by them; looking without a sign of life prolongs nothing."""
    await directory.put_staff(ANNA)
    token = await directory.open_session(ANNA.id)
    strict = Directory(link, clock, SessionLimits(absolute_ms=600_000, idle_ms=200_000))
    for _ in range(3):
        clock.now += 150_000
        assert await strict.staff_of_session(token) == "anna"
    clock.now += 100_000
    assert await strict.staff_of_session(token, alive=False) == "anna"
    clock.now += 100_000
    assert await strict.staff_of_session(token) is None  # 200 s after the last sign of life
    assert await directory.staff_of_session(token) == "anna"
    assert await strict.staff_of_session(token) is None  # 650 s old


async def test_all_sessions_of_one_person_end_together(directory: Directory) -> None:
    """Both of Anna's browsers are signed out, nobody else, no API token; she can sign in again."""
    await directory.put_staff(ANNA)
    await directory.put_staff(replace(ANNA, id=StaffId("eino")))
    mine = [await directory.open_session(ANNA.id) for _ in range(2)]
    other = await directory.open_session(StaffId("eino"))
    _, secret = await directory.create_token(ANNA.id, "statistics")
    await asyncio.gather(
        directory.sign_out_everywhere("anna"),
        *(directory.change_staff("anna", lambda now: replace(now, alias="Ann")) for _ in range(3)),
    )
    assert [await directory.staff_of_session(token) for token in mine] == [None, None]
    assert await directory.staff_of_session(other) == "eino"
    assert await directory.staff_of_token(secret) == "anna"
    assert await directory.staff_of_session(await directory.open_session(ANNA.id)) == "anna"
    with pytest.raises(KeyError):
        await directory.sign_out_everywhere("nobody")


@pytest.mark.parametrize(
    "changed", [replace(ANNA, disabled=True), replace(ANNA, password_hash="$argon2id$two"), None]
)
async def test_a_changed_account_ends_its_sessions(directory: Directory, changed: Staff | None) -> None:
    """Disabling an account, removing it or changing its password signs its sessions out."""
    await directory.put_staff(ANNA)
    token = await directory.open_session(ANNA.id)
    await directory.put_staff(changed) if changed else await directory.remove_staff("anna")
    assert await directory.staff_of_session(token) is None


async def test_other_changes_of_an_account_keep_its_sessions(directory: Directory) -> None:
    """A new alias or capacity signs nobody out."""
    await directory.put_staff(ANNA)
    token = await directory.open_session(ANNA.id)
    await directory.put_staff(replace(ANNA, alias="Ann", capacity=5))
    assert await directory.staff_of_session(token) == "anna"


async def test_api_tokens_act_as_their_account_until_revoked(directory: Directory, clock: HandClock) -> None:
    """A token works while it is neither revoked nor expired and its account may sign in."""
    await directory.put_staff(ANNA)
    lasting, lasting_secret = await directory.create_token(ANNA.id, "statistics")
    brief, brief_secret = await directory.create_token(ANNA.id, "a trial", 1_000)
    assert await directory.staff_of_token(lasting_secret) == "anna"
    assert await directory.staff_of_token(brief_secret) == "anna"
    assert await directory.staff_of_token("chatsvc_guess") is None
    assert {token.label for token in await directory.list_tokens()} == {"statistics", "a trial"}
    clock.now += 1_000
    assert await directory.staff_of_token(brief_secret) is None
    await directory.put_staff(replace(ANNA, disabled=True))
    assert await directory.staff_of_token(lasting_secret) is None
    await directory.put_staff(ANNA)
    assert await directory.revoke_token(lasting.id)
    assert not await directory.revoke_token(lasting.id)
    assert await directory.staff_of_token(lasting_secret) is None
    assert [token.id for token in await directory.list_tokens()] == [brief.id]


async def test_the_store_holds_no_token(directory: Directory, any_store: "AnyStore") -> None:
    """Whoever reads the store finds only digests of tokens."""
    await directory.put_staff(ANNA)
    session = await directory.open_session(ANNA.id)
    _, secret = await directory.create_token(ANNA.id, "statistics")
    everything = b""
    with contextlib.closing(any_store.client()) as client:
        for key in client.scan_iter():
            everything += key + client.dump(key)
    assert b"session:" in everything
    assert session.encode() not in everything
    assert secret.encode() not in everything
    assert b"statistics" in everything, "the search itself must find what is there"


async def test_a_real_service_refuses_the_demos_store(directory: Directory) -> None:
    """A store that the demo has filled is never served for real, and the demo never fills one in use."""
    await directory.claim("vault-1", demo=True)
    await directory.claim("vault-1", demo=True)
    with pytest.raises(WrongStore, match="demo"):
        await directory.claim("vault-1", demo=False)


async def test_the_demo_refuses_a_real_store(directory: Directory) -> None:
    """A store with real sites is not filled with made-up people."""
    await directory.claim("vault-1", demo=False)
    await directory.put_site(SITE)
    with pytest.raises(WrongStore, match="real use"):
        await directory.claim("vault-1", demo=True)


async def test_another_vault_is_refused(directory: Directory) -> None:
    """The first vault is recorded; a process with another one is told both ids."""
    await directory.claim("vault-1", demo=False)
    with pytest.raises(WrongStore, match=r"vault-1.*vault-2"):
        await directory.claim("vault-2", demo=False)
    assert (await directory.load()).vault_id == "vault-1"


async def test_a_follower_hears_of_changes(directory: Directory) -> None:
    """A node's snapshot is fresh soon after anybody changes anything."""
    news: asyncio.Queue[DirectorySnapshot] = asyncio.Queue()
    await directory.put_site(SITE)
    follower = DirectoryFollower(directory, news.put_nowait)
    assert (await follower.start()).sites == {"kunta": SITE}
    await directory.put_staff(ANNA)
    async with asyncio.timeout(3):
        snapshot = await news.get()
    assert snapshot.staff("anna") == ANNA
    assert follower.snapshot is snapshot
    await follower.stop()


async def test_a_follower_that_misses_a_hint_finds_out(
    directory: Directory, monkeypatch: pytest.MonkeyPatch, link: Link
) -> None:
    """Without any hint the snapshot is fresh within the time between two looks."""
    monkeypatch.setattr(directory_follower, "CHECK_SECONDS", 0.05)
    news: asyncio.Queue[DirectorySnapshot] = asyncio.Queue()
    follower = DirectoryFollower(directory, news.put_nowait)
    await follower.start()
    await directory.put_staff(ANNA)
    await news.get()
    monkeypatch.setattr(directory_keys, "CHANGED", "chatsvc:{dir}:elsewhere")
    await Directory(link).put_site(SITE)
    async with asyncio.timeout(3):
        assert (await news.get()).site("kunta") == SITE
    await follower.stop()


async def test_a_snapshot_is_prepared_before_anybody_sees_it(directory: Directory) -> None:
    """What a change needs is there when the change is told, at the start and later."""
    prepared: list[int] = []
    seen: asyncio.Queue[tuple[int, list[int]]] = asyncio.Queue()

    async def prepare(snapshot: DirectorySnapshot) -> None:
        await asyncio.sleep(0)
        prepared.append(snapshot.version)

    follower = DirectoryFollower(
        directory, lambda found: seen.put_nowait((found.version, list(prepared))), prepare
    )
    first = await follower.start()
    assert prepared == [first.version]
    version = await directory.put_site(SITE)
    assert await asyncio.wait_for(seen.get(), 5) == (version, [first.version, version])
    await follower.stop()


async def test_what_belongs_together_is_written_together(directory: Directory) -> None:
    """Several sites and people are one change: whoever follows never sees some of them only."""
    other = replace(SITE, id=SiteId("other"), queues=())
    version = await directory.version()
    assert await directory.put_together([SITE, other], [ANNA]) == version + 1
    found = await directory.load()
    assert (found.sites, found.people) == ({"kunta": SITE, "other": other}, {"anna": ANNA})
    assert await directory.put_together([SITE, other], [ANNA]) == version + 1  # nothing new


def test_people_answer_the_queues_of_their_sites() -> None:
    """Without named queues it is all of their sites', with them just those, never those of another pool."""
    other = replace(
        SITE,
        id=SiteId("other"),
        queues=(Queue(SiteId("other"), QueueName("paihde"), NAMES),),
        pool=PoolId("else"),
    )
    snapshot = DirectorySnapshot(sites={SITE.id: SITE, other.id: other}, people={ANNA.id: ANNA})
    assert [queue.key for queue in snapshot.queues_of(ANNA)] == ["kunta/paihde", "kunta/nuoret"]
    one = replace(ANNA, queues=(QueueKey("kunta/nuoret"), QueueKey("other/paihde"), QueueKey("gone/gone")))
    assert [queue.key for queue in snapshot.queues_of(one)] == ["kunta/nuoret"]
    both = replace(ANNA, sites=(SiteId("kunta"), SiteId("other"), SiteId("gone")))
    assert [queue.site for queue in snapshot.queues_of(both)] == ["kunta", "kunta"]
    assert snapshot.pools == {"kunta", "else"}
    assert snapshot.queue("kunta/nuoret") == SITE.queues[1]
    assert snapshot.queue("kunta/none") is None


async def test_changes_of_one_site_follow_each_other(directory: Directory) -> None:
    """Of two who change a site at once neither's change is lost; a site that is not there can't be changed."""
    await directory.put_site(SITE)

    def grown(site: Site) -> Site:
        return replace(site, origins=(*site.origins, f"https://{len(site.origins)}.kunta.example"))

    await asyncio.gather(*(directory.change_site("kunta", grown) for _ in range(5)))
    assert len((await directory.load()).sites[SITE.id].origins) == 6
    with pytest.raises(KeyError):
        await directory.change_site("nowhere", grown)
