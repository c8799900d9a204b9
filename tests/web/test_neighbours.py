"""Words for sources: who is told apart, whom to believe, and that a word leads nowhere."""

from ipaddress import IPv4Address, IPv6Address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatsvc.web.neighbours import DAY_S, NOBODY, WORD, Neighbours

PROXY = "192.0.2.3"


def word(neighbours: Neighbours, peer: str, *forwarded: str) -> bytes:
    """The word for this peer, with these X-Forwarded-For lines."""
    return neighbours.word(peer, forwarded)


@pytest.fixture
def behind() -> Neighbours:
    """Behind proxies of 192.0.2.0/24 and of a public network."""
    return Neighbours(
        [ip_network("192.0.2.0/24"), ip_network("198.51.100.128/25"), ip_network("2001:db8:ff00::/40")]
    )


def test_networks_are_told_apart_and_addresses_in_one_are_not(behind: Neighbours) -> None:
    """IPv4 by /24, IPv6 by /56; an IPv4 address inside IPv6 is the same as itself."""
    assert word(behind, PROXY, "203.0.113.7") == word(behind, PROXY, "203.0.113.250") != NOBODY
    assert word(behind, PROXY, "203.0.113.7") != word(behind, PROXY, "198.51.100.7")
    assert word(behind, PROXY, "::ffff:203.0.113.7") == word(behind, PROXY, "203.0.113.9")
    for written in ("64:ff9b::203.0.113.7", "[64:ff9b::cb00:7107]:443", "2002:cb00:7107::1"):
        assert word(behind, PROXY, written) == word(behind, PROXY, "203.0.113.9"), written
    assert word(behind, PROXY, "64:ff9b::198.51.100.7") != word(behind, PROXY, "64:ff9b::203.0.113.7")
    assert word(behind, "64:ff9b::192.0.2.3", "203.0.113.7") == word(behind, PROXY, "203.0.113.7"), "a proxy"
    assert word(behind, PROXY, "64:ff9b:1::203.0.113.7") != word(behind, PROXY, "203.0.113.7")
    assert word(behind, PROXY, "2001:db8:1:200::1") == word(behind, PROXY, "2001:db8:1:2ff::9")
    assert word(behind, PROXY, "2001:db8:1:200::1") != word(behind, PROXY, "2001:db8:1:300::1")


def test_networks_of_one_customer_have_a_word_in_common(behind: Neighbours) -> None:
    """In IPv6 the second half of a word is that of the /48, and no other network's; IPv4 has none."""
    here = word(behind, PROXY, "2001:db8:1:200::1")
    for address, same in (("2001:db8:1:ff00::1", True), ("2001:db8:2:200::1", False)):
        there = word(behind, PROXY, address)
        assert there[:WORD] != here[:WORD]
        assert (there[WORD:] == here[WORD:]) == same
    assert len(here) == 2 * WORD
    first = word(behind, PROXY, "2001:db8:1::1")
    assert first[:WORD] != first[WORD:], "a /48 and its own first /56"
    assert len(word(behind, PROXY, "203.0.113.7")) == WORD


def test_ports_brackets_and_zones_are_read(behind: Neighbours) -> None:
    """As proxies write addresses."""
    assert word(behind, PROXY, "203.0.113.7:4711") == word(behind, PROXY, "203.0.113.7")
    assert word(behind, PROXY, "[2001:db8::1]:443") == word(behind, PROXY, " 2001:db8::1%eth0 ")


def test_only_declared_proxies_are_believed(behind: Neighbours) -> None:
    """What a client writes itself is behind what the proxy adds, and is not looked at."""
    forged = word(behind, PROXY, "127.0.0.9, 203.0.113.7")
    assert forged == word(behind, PROXY, "203.0.113.7") == word(behind, PROXY, "127.0.0.9", "203.0.113.7")
    assert word(behind, PROXY, "203.0.113.7, 198.51.100.200") == word(behind, PROXY, "203.0.113.7")
    assert word(behind, "2001:4860::8", "203.0.113.7") == word(behind, "2001:4860::8") != NOBODY
    assert word(Neighbours(), "2001:4860::8", "203.0.113.7") != NOBODY


@pytest.mark.parametrize(
    ("peer", "forwarded"),
    [("", []), ("127.0.0.1", []), ("::1", ["203.0.113.7"]), ("fd12::1", []), (PROXY, []), (PROXY, ["unknown"]),
     (PROXY, ["192.0.2.9"]), (PROXY, ["203.0.113.7, _hidden"]), (PROXY, [""]), (PROXY, ["٣.x"])],
)  # fmt: skip
def test_who_cannot_be_told_is_nobody(behind: Neighbours, peer: str, forwarded: list[str]) -> None:
    """No address, an undeclared proxy on this machine or near it, or nothing legible behind a declared one."""
    assert word(behind, peer, *forwarded) == NOBODY


def test_a_word_lives_for_a_day_and_for_one_process(behind: Neighbours) -> None:
    """Another process, and the same one a day later, has other words."""
    today = word(behind, PROXY, "203.0.113.7")
    behind.renew(0.0)
    assert not behind.renew(DAY_S - 1)
    assert word(behind, PROXY, "203.0.113.7") == today
    assert behind.renew(DAY_S)
    assert word(behind, PROXY, "203.0.113.7") != today
    other = Neighbours([ip_network("192.0.2.0/24")])
    assert word(other, PROXY, "203.0.113.7") not in {today, word(behind, PROXY, "203.0.113.7")}


@given(
    st.text(max_size=60),
    st.lists(st.text(max_size=60), max_size=3),
    st.ip_addresses(v=4),
    st.ip_addresses(v=6),
)
def test_nothing_that_a_client_writes_changes_its_source(
    before: str, lines: list[str], four: IPv4Address, six: IPv6Address
) -> None:
    """Whatever stands before the address that the proxy adds, in the same line or earlier ones, is not looked at."""
    neighbours = Neighbours([ip_network("192.0.2.0/24")])
    for address in (four, six):
        if (getattr(address, "ipv4_mapped", None) or address) in ip_network("192.0.2.0/24"):
            continue
        plain = neighbours.word(PROXY, [str(address)])
        assert plain != NOBODY
        assert neighbours.word(PROXY, [*lines, f"{before},{address}"]) == plain


@given(st.text(max_size=40), st.lists(st.text(max_size=40), max_size=3))
def test_whatever_a_header_holds(peer: str, lines: list[str]) -> None:
    """Nothing that a client can write breaks it, and without a legible address it is nobody."""
    neighbours = Neighbours([ip_network("192.0.2.0/24")])
    legible = any(character in "".join((peer, *lines)) for character in ".:")
    assert legible or neighbours.word(PROXY, lines) == neighbours.word(peer, lines) == NOBODY
