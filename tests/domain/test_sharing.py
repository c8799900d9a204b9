"""Who stands before a visitor where counsellors share several lines."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from chatsvc.domain import sharing
from chatsvc.domain.estimate import Change, Line
from chatsvc.domain.sharing import Team

LINES = ("fi", "sv", "en")

teams = st.lists(
    st.builds(Team, st.frozensets(st.sampled_from(LINES), min_size=1), st.integers(1, 9)),
    min_size=1, max_size=5,
)  # fmt: skip
crowds = st.dictionaries(st.sampled_from(LINES), st.integers(0, 40))


def line_before(own: str, ahead: dict[str, int], staff: list[Team]) -> Line:
    """What stands before somebody, whatever share of the places is in wrap-up."""
    return replace(sharing.line_before(own, ahead, staff)[0], finishing=None)


def team(places: float, *lines: str) -> Team:
    """People who take from these lines."""
    return Team(frozenset(lines), places)


def test_one_line() -> None:
    """Alone, a line has its people and its places; others that share nobody with it don't count."""
    assert line_before("fi", {"fi": 4, "en": 9}, [team(6, "fi"), team(2, "en")]) == Line(4, 6)


def test_all_serve_all() -> None:
    """Where everybody serves every line, everybody ahead counts, in whichever line."""
    assert line_before("sv", {"fi": 9, "sv": 1}, [team(6, "fi", "sv")]) == Line(10, 6)


def test_a_short_line_behind_a_long_one() -> None:
    """Whoever speaks both takes the longest wait: a Swedish visitor waits for the Finnish ones before them."""
    assert line_before("sv", {"fi": 100, "sv": 0}, [team(10, "fi"), team(1, "fi", "sv")]) == Line(100, 11)


def test_a_line_that_few_can_serve() -> None:
    """A line that few can serve has them for itself, and the other goes on without them."""
    staff = [team(10, "fi"), team(1, "fi", "sv")]
    assert line_before("sv", {"fi": 10, "sv": 5}, staff) == Line(5, 1)
    assert line_before("fi", {"fi": 10, "sv": 50}, staff) == Line(10, 10)


def test_staff_that_is_planned_counts() -> None:
    """Who begins soon serves the line too, with their time of beginning; a line that nobody serves has no places."""
    late = Team(frozenset({"fi"}), 0, 0, (Change(600, 3),))
    assert line_before("fi", {"fi": 2}, [late]) == Line(2, 0, 0, (Change(600, 3),))
    assert line_before("en", {"fi": 2}, [late]) == Line(0, 0)


def wait(own: str, ahead: dict[str, int], staff: list[Team]) -> float:
    """People for each place, oneself included."""
    line = line_before(own, ahead, staff)
    return (line.ahead + 1) / line.places if line.places else float("inf")


def slow_wait(own: str, ahead: dict[str, int], staff: list[Team]) -> float:
    """The same by filling: places go, a little at a time, to whichever line has most people for each place it got."""
    people = {name: ahead.get(name, 0) + (name == own) for name in LINES}
    given_to = {(number, name): 0.0 for number, found in enumerate(staff) for name in found.lines}
    for step in range(4_000):
        for number, found in enumerate(staff):
            got = {name: sum(part for (_, to), part in given_to.items() if to == name) for name in LINES}
            neediest = max(sorted(found.lines), key=lambda name: people[name] / max(got[name], 1e-9))
            for name in found.lines:
                share = found.places if name == neediest else 0.0
                given_to[number, name] += (share - given_to[number, name]) / (step + 2)
    got_own = sum(part for (_, to), part in given_to.items() if to == own)
    return people[own] / got_own if got_own > 1e-6 else float("inf")


def test_bottlenecks_are_where_filling_ends() -> None:
    """The sets that are looked for give what places come to that always help the neediest line."""
    staff = [team(4, "fi"), team(2, "fi", "sv"), team(1, "sv", "en"), team(1, "en")]
    for ahead in ({"fi": 9, "sv": 2, "en": 1}, {"fi": 1, "sv": 9, "en": 3}, {"fi": 5, "sv": 0, "en": 14}):
        for own in LINES:
            fast, slow = wait(own, ahead, staff), slow_wait(own, ahead, staff)
            assert abs(fast - slow) < 0.03 * slow, (ahead, own)


@given(st.sampled_from(LINES), crowds, teams, st.sampled_from(LINES), st.integers(1, 9))
def test_others_and_colleagues(
    own: str, ahead: dict[str, int], staff: list[Team], name: str, more: int
) -> None:
    """More people in any line never shorten a wait, and more places anywhere never lengthen it."""
    usual = wait(own, ahead, staff)
    assert wait(own, {**ahead, name: ahead.get(name, 0) + more}, staff) >= usual - 1e-9
    assert wait(own, ahead, [*staff, team(more, name)]) <= usual + 1e-9


@given(st.sampled_from(LINES), crowds, teams)
def test_never_worse_than_alone(own: str, ahead: dict[str, int], staff: list[Team]) -> None:
    """Nobody waits longer than behind everybody, served by whoever may serve them."""
    mine = sum(found.places for found in staff if own in found.lines)
    if mine:
        assert wait(own, ahead, staff) <= (sum(ahead.values()) + 1) / mine + 1e-9
