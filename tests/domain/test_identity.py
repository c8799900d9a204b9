"""What groups of an identity provider come to: one role, never more than some group says."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from chatsvc.domain.identity import (
    Grant,
    Provider,
    account_name,
    first_alias,
    may_use_own_ways,
    standing,
    subject_digest,
    with_disabled,
)
from chatsvc.domain.second_factor import ROLES
from chatsvc.domain.sites import (
    Identity,
    PoolId,
    Queue,
    QueueKey,
    QueueName,
    Site,
    SiteId,
    Staff,
    StaffId,
)

SITES = {
    name: Site(
        SiteId(name), {"fi": name}, pool=PoolId(pool),
        queues=tuple(Queue(SiteId(name), QueueName(queue), {"fi": queue}) for queue in ("a", "b")),
    )
    for name, pool in (("kunta", ""), ("naapuri", "kunta"), ("muu", ""))
}  # fmt: skip


def grant(word: str) -> Grant:
    """As in the settings."""
    role, _, where = word.partition("@")
    site, _, queue = where.partition("/")
    found = next(one for one in ROLES if one == role)
    return Grant(found, SiteId(site) if site else None, QueueKey(where) if queue else None)


def provider(**table: str) -> Provider:
    """A provider whose groups give these."""
    grants = {group: tuple(map(grant, words.split())) for group, words in table.items()}
    return Provider("kunta", "https://id.kunta.fi", "chatsvc", {"fi": "Kunta"}, grants)


TABLE = provider(
    admins="admin", heads="supervisor@kunta", one="counsellor@kunta/a", two="counsellor@naapuri", far="counsellor@muu",
    gone="supervisor@gone counsellor@kunta/gone",
)  # fmt: skip


def found(*groups: str) -> tuple[str, list[str], list[str]] | None:
    """Role, sites and queues of somebody in these groups."""
    gives = standing(TABLE, groups, SITES.get)
    return None if gives is None else (gives.role, list(gives.sites), list(gives.queues))


def test_the_first_group_decides_and_others_add_to_it() -> None:
    """The same role and pool adds up; another role or pool gives nothing, nor does what is not declared."""
    assert found() is found("others") is found("gone") is None
    assert found("one") == ("counsellor", ["kunta"], ["kunta/a"])
    assert found("two", "one") == ("counsellor", ["kunta", "naapuri"], ["kunta/a", "naapuri/a", "naapuri/b"])
    assert found("one", "far") == ("counsellor", ["kunta"], ["kunta/a"])
    assert found("far") == ("counsellor", ["muu"], [])
    assert found("one", "two", "heads") == ("supervisor", ["kunta"], [])
    assert found("admins", "heads", "one") == ("admin", [], [])
    assert found("gone", "one") == ("counsellor", ["kunta"], ["kunta/a"])


PLACES = ("kunta", "kunta/a", "naapuri", "muu", "gone")
WORDS = st.lists(
    st.sampled_from([f"{role}@{where}" for role in ROLES for where in PLACES]), min_size=1, max_size=3
)
TABLES = st.dictionaries(st.sampled_from("abcdef"), WORDS.map(" ".join))


@given(TABLES, st.sets(st.sampled_from("abcdefg")))
def test_nobody_gets_more_than_some_group_says(table: dict[str, str], groups: set[str]) -> None:
    """Each site and queue of the result is given, in that role, by a group that the person has; all are of one pool."""
    gives = standing(provider(**table), groups, SITES.get)
    ours = [grant(word) for group, words in table.items() if group in groups for word in words.split()]
    if gives is None:
        assert all(one.site == "gone" for one in ours)
        return
    assert {SITES[site].pool_id for site in gives.sites} == {gives.pool}
    queues = gives.queues or [queue.key for site in gives.sites for queue in SITES[site].queues]
    for queue in queues:
        assert any(
            one.role == gives.role and one.queue in (None, queue) and one.site == queue.partition("/")[0]
            for one in ours
        )


def test_names_and_aliases() -> None:
    """Plain, not longer than a name may be, never that of somebody else, and never like one of our own accounts."""
    free = {"x"}.__contains__
    assert (
        account_name("kunta", " Maija.Möttönen@kunta.fi ", "abcdef0123", free)
        == "kunta+maija.mottonen-kunta.fi"
    )
    assert account_name("kunta", "Ж", "abcdef0123", free) == "kunta+abcdef01"
    assert account_name("kunta", "x" * 99, "", free) == "kunta+" + "x" * 30
    taken = {"kunta+a", "kunta+a-2"}.__contains__
    assert account_name("kunta", "a", "", taken) == "kunta+a-3"
    assert first_alias("Neuvoja", {"Neuvoja 1", "Neuvoja 3", "Aino"}) == "Neuvoja 2"
    assert subject_digest("https://a", "bc") != subject_digest("https://ab", "c")


def test_who_may_sign_in_without_their_provider() -> None:
    """Whoever has none; others where the provider's table says so, not when it is gone from the settings."""
    own = Staff(StaffId("a"), "A", "counsellor", "", PoolId("kunta"), (SiteId("kunta"),))
    tied = replace(own, identity=Identity("https://id.kunta.fi", "x"))
    assert may_use_own_ways(own, [])
    assert not may_use_own_ways(tied, [])
    assert not may_use_own_ways(tied, [TABLE])
    assert may_use_own_ways(tied, [replace(TABLE, passwords=True)])
    lapsed = replace(tied, disabled=True, identity=Identity("https://id.kunta.fi", "x", lapsed=True))
    assert with_disabled(lapsed, disabled=True) == replace(tied, disabled=True)
    assert with_disabled(tied, disabled=True).sign_outs == tied.sign_outs + 1
    assert with_disabled(tied, disabled=False) == tied


def test_a_second_step_at_the_provider() -> None:
    """By a word of `amr` or the value of `acr` that the settings name; nothing counts unless they do."""
    strict = replace(TABLE, second_factor_amr=("mfa",), second_factor_acr=("2",))
    assert strict.second_factor_made(["pwd", "mfa"], "")
    assert strict.second_factor_made([], "2")
    assert not strict.second_factor_made(["pwd"], "1")
    assert not TABLE.second_factor_made(["mfa"], "2")
    assert not replace(TABLE, second_factor_acr=("",)).second_factor_made([], "")
