"""Who may serve whom: languages, consent to another one, weights and heavy conversations."""

from collections.abc import AsyncIterator

import pytest

from chatsvc.domain.errors import (
    AtCapacity,
    BadState,
    NoEntry,
    NoLanguage,
    NotAllowed,
    NotFound,
    NothingWaiting,
)
from tests.support.pool_bench import MINUTE, Bench, bench_on, queue
from tests.support.stores import AnyStore

pytest_plugins = ["tests.support.stores", "tests.support.pool_bench"]


@pytest.fixture
async def bench(pool_store: AnyStore) -> AsyncIterator[Bench]:
    """A queue to take from and one that gives; Aino speaks Finnish, Sven Swedish and Finnish, later than she."""
    async with bench_on(
        pool_store, queue(), queue("a", mode="auto"), queue("w", mode="auto", weight=2)
    ) as made:
        yield made


async def aino(bench: Bench, queue: str = "q", capacity: int = 2) -> None:
    """Speaks Finnish."""
    await bench.on_duty("aino", capacity, [queue], languages=["fi"])


async def sven(bench: Bench, queue: str = "q", capacity: int = 2) -> None:
    """Speaks Swedish and Finnish."""
    await bench.on_duty("sven", capacity, [queue], languages=["sv", "fi"])


async def owner(bench: Bench, ident: str) -> str | None:
    """Who has it."""
    parts = bench.conv(ident)["parts"]
    return parts[0]["s"] if parts else None


async def test_taking_passes_over_other_languages(bench: Bench) -> None:
    """The longest wait that somebody can serve is theirs; one of another language is not, even if it is named."""
    await aino(bench)
    await sven(bench)
    await bench.join("s1", lang="sv")
    bench.clock.advance(1)
    await bench.join("f1", lang="fi")
    with pytest.raises(NoLanguage):
        await bench.take("aino", "s1")
    assert await bench.take("aino") == "f1"
    with pytest.raises(NothingWaiting):
        await bench.take("aino")
    assert await bench.take("sven") == "s1"


async def test_handing_on_keeps_to_the_languages_agreed_to(bench: Bench) -> None:
    """To a colleague who speaks none of them it is refused, and the owner keeps it; with consent it goes."""
    await aino(bench)
    await sven(bench)
    await bench.join("s1", lang="sv")
    await bench.take("sven", "s1")
    with pytest.raises(NoLanguage):
        await bench.transfer("sven", "s1", staff="aino")
    assert (await owner(bench, "s1"), bench.conv("s1").get("transfer")) == ("sven", None)
    await bench.join("s2", lang="sv", also=["fi"], also_ms=MINUTE)
    await bench.take("sven", "s2")
    await bench.transfer("sven", "s2", staff="aino")
    assert bench.conv("s2")["offered"] == "aino"


async def test_the_longest_wait_counts_across_languages(bench: Bench) -> None:
    """Whoever speaks both takes in the order of coming."""
    await sven(bench, capacity=3)
    for number, lang in enumerate(["fi", "sv", "fi"]):
        bench.clock.advance(1)
        await bench.join(f"c{number}", lang=lang)
    assert [await bench.take("sven") for _ in range(3)] == ["c0", "c1", "c2"]


async def test_automatic_pairing_asks_for_the_language(bench: Bench) -> None:
    """Aino is free for longer, but does not speak Swedish."""
    await aino(bench, "a")
    await sven(bench, "a")
    await bench.join("s1", "a", lang="sv")
    assert await owner(bench, "s1") == "sven"
    await bench.join("f1", "a", lang="fi")
    assert await owner(bench, "f1") == "aino"


async def test_nobody_who_understands_is_no_staff(bench: Bench) -> None:
    """A visitor whom nobody on duty could serve is told so, unless they agree to a language that somebody speaks."""
    await aino(bench)
    with pytest.raises(NoEntry) as refusal:
        await bench.join("s1", lang="sv")
    assert refusal.value.reason == "no_staff"
    await bench.join("s1", lang="sv", also=["en", "fi"], also_ms=MINUTE)
    assert bench.conv("s1")["route"] == "sv"


async def test_another_language_after_a_time_and_with_consent(bench: Bench) -> None:
    """Until the queue's time is over, only their own; then whoever speaks what they agreed to."""
    await aino(bench, "a")
    await bench.join("s1", "a", lang="sv", also=["fi"], also_ms=2 * MINUTE)
    await bench.pass_time(2 * MINUTE - 1)
    assert await owner(bench, "s1") is None
    assert await bench.pass_time(1) == ["a:s1"]
    assert await owner(bench, "s1") == "aino"


async def test_consent_is_not_forgotten_while_away(bench: Bench) -> None:
    """The time passes while the visitor is away; back again they can be served by both."""
    await aino(bench)
    await bench.join("s1", lang="sv", also=["fi"], also_ms=2 * MINUTE)
    await bench.away("s1")
    await bench.pass_time(3 * MINUTE)
    with pytest.raises(NothingWaiting):
        await bench.take("aino")
    await bench.join("s1", conn="back")
    assert await bench.take("aino") == "s1"


async def test_returned_before_the_time_waits_for_it_again(bench: Bench) -> None:
    """Somebody who comes back to the queue early is still theirs who speak the own language, until the time is over."""
    await aino(bench)
    await sven(bench)
    await bench.join("s1", lang="sv", also=["fi"], also_ms=2 * MINUTE)
    await bench.take("sven")
    await bench.give_back("sven", "s1")
    with pytest.raises(NothingWaiting):
        await bench.take("aino")
    await bench.pass_time(2 * MINUTE)
    assert await bench.take("aino") == "s1"


async def test_consent_can_be_given_while_waiting(bench: Bench) -> None:
    """The time counts from joining; agreeing after it pairs in the same step, and agreeing to none takes it back."""
    await aino(bench, "a")
    await sven(bench, "a", capacity=1)
    await bench.join("s0", "a", lang="sv")
    await bench.join("s1", "a", lang="sv")
    bench.clock.advance(MINUTE)
    await bench.agree("s1", ["fi"])
    assert bench.state().due["a:s1"] == bench.conv("s1")["joined"] + 2 * MINUTE
    await bench.agree("s1", [])
    assert await bench.pass_time(MINUTE) == []
    assert await owner(bench, "s1") is None
    await bench.agree("s1", ["en", "fi"])
    assert await owner(bench, "s1") == "aino"
    with pytest.raises(BadState):
        await bench.agree("s1", ["en"])


async def test_consent_is_the_visitors_own(bench: Bench) -> None:
    """Nobody else gives it; while offered it is kept for when the offer is over."""
    await bench.change(mode="offer")
    await bench.on_duty("sven", 1, languages=["sv"])
    await bench.join("s1", lang="sv")
    with pytest.raises(NotFound):
        await bench.run("also", id="s1", visitor="v-other", also=["fi"], also_ms=MINUTE)
    await bench.agree("s1", ["fi"])
    assert (bench.conv("s1")["state"], bench.conv("s1")["also"]) == ("offered", ["fi"])
    await aino(bench)
    await bench.answer("sven", "s1", accept=False)
    await bench.pass_time(2 * MINUTE)
    assert bench.conv("s1")["offered"] == "aino"


@pytest.mark.parametrize("lang", ["ru", "line", "wait", "of", "on"])
async def test_an_unknown_language_is_the_default(bench: Bench, lang: str) -> None:
    """A language that is not served here is shown as it is and served in the first one, whatever it is called."""
    await aino(bench)
    outcome = await bench.join("x", lang=lang)
    assert outcome.c is not None
    assert (outcome.c.lang, outcome.c.route) == (lang, "fi")


async def test_weight_counts_against_capacity(bench: Bench) -> None:
    """Two places each: three places carry one, four carry two, and whoever has nothing carries one of any weight."""
    await bench.on_duty("three", 3, ["w"])
    await bench.on_duty("one", 1, ["w"])
    for name in ("x", "y", "z"):
        bench.clock.advance(1)
        await bench.join(name, "w")
    assert [await owner(bench, name) for name in ("x", "y", "z")] == ["three", "one", None]
    assert bench.person("three")["load"] == 2
    await bench.close("three", "x")
    await bench.wrap_up("three", "x")
    assert await owner(bench, "z") == "three"


async def test_the_mark_counts_for_whoever_has_the_offer(bench: Bench) -> None:
    """One who is being handed to a colleague becomes heavy: the places that the offer holds are two from then on."""
    await bench.on_duty("aino", 2, ["a"])
    await bench.on_duty("eino", 3, ["w"])
    await bench.join("x", "a")
    await bench.transfer("aino", "x", staff="eino")
    await bench.heavy("aino", "x")
    assert bench.person("eino")["load"] == 2
    await bench.heavy("aino", "x", on=False)
    assert bench.person("eino")["load"] == 1


async def test_heavy_counts_double(bench: Bench) -> None:
    """The mark takes places from those to come and is taken back; the wrap-up of a heavy one lasts twice as long."""
    await bench.on_duty("aino", 2, ["a"])
    await bench.join("x", "a")
    await bench.heavy("aino", "x")
    assert bench.person("aino")["load"] == 2
    await bench.join("y", "a")
    assert await owner(bench, "y") is None
    await bench.heavy("aino", "x", on=False)
    assert await owner(bench, "y") == "aino"
    await bench.heavy("aino", "x")
    assert bench.person("aino")["load"] == 3  # marked while full: nobody is taken away, nobody is added
    await bench.close("aino", "x")
    assert bench.conv("x")["wrap_until"] == bench.clock.now() + 2 * 5 * MINUTE
    with pytest.raises(BadState):
        await bench.heavy("aino", "x")


async def test_what_is_handed_on_weighs_as_its_new_queue_does(bench: Bench) -> None:
    """Whoever is full with it there is not given it, by transfer or by offer; who has it carries its old weight."""
    await bench.declare(queue(), queue("a", mode="auto", weight=2), queue("o", mode="offer", weight=2))
    await bench.on_duty("aino", 1, ["q"])
    await bench.on_duty("eino", 2, ["a", "o"])
    await bench.join("x")
    await bench.take("aino")
    bench.clock.advance(1)
    await bench.join("y", "a")
    await bench.close("eino", "y")
    await bench.transfer("aino", "x", queue="o")
    assert (await owner(bench, "x"), bench.person("aino")["load"]) == ("aino", 1)
    await bench.wrap_up("eino", "y")
    assert bench.person("eino")["offer"] == "x"
    assert (bench.person("eino")["load"], bench.person("aino")["load"]) == (2, 1)
    await bench.answer("eino", "x", True)
    assert (await owner(bench, "x"), bench.person("eino")["load"]) == ("eino", 2)


async def test_only_the_owner_marks(bench: Bench) -> None:
    """A consultant is refused, a stranger learns nothing."""
    for name in ("aino", "eino", "irja"):
        await bench.on_duty(name)
    await bench.join("x")
    await bench.take("aino")
    await bench.consult("aino", "x", "eino")
    with pytest.raises(NotAllowed):
        await bench.heavy("eino", "x")
    with pytest.raises(NotFound):
        await bench.heavy("irja", "x")


async def test_what_does_not_fit_is_not_taken(bench: Bench) -> None:
    """Neither by name nor by transfer; the lighter one behind it can be taken."""
    await bench.declare(queue(), queue("w", weight=2))
    await bench.on_duty("aino", 2, ["q", "w"])
    await bench.on_duty("eino", 2, ["q", "w"])
    await bench.join("light")
    await bench.take("aino")
    bench.clock.advance(1)
    await bench.join("big", "w")
    bench.clock.advance(1)
    await bench.join("small")
    with pytest.raises(AtCapacity):
        await bench.take("aino", "big")
    assert await bench.take("aino") == "small"
    assert await bench.take("eino") == "big"
    with pytest.raises(AtCapacity):
        await bench.transfer("eino", "big", staff="aino")


async def lighter_ones(bench: Bench, minutes: int) -> None:
    """Each minute somebody of weight 1 comes, and the talk that has gone on longest ends, until `h` is served."""
    for number in range(minutes):
        bench.clock.advance(MINUTE)
        await bench.meet()
        await bench.join(f"n{number:02}", "a")
        talks = [ident for ident in bench.person("aino")["convs"] if ident != "h"]
        if talks:
            await bench.close("aino", talks[0])
            await bench.wrap_up("aino", talks[0])
        if await owner(bench, "h") is not None:
            return
    raise AssertionError("somebody who needs two places is overtaken for ever")


async def test_who_needs_two_places_is_not_overtaken_for_ever(bench: Bench) -> None:
    """Of two places one comes free at a time: for five minutes lighter ones get it, then nobody does."""
    await bench.on_duty("aino", 2, ["a", "w"], languages=["fi"])
    for name in ("l1", "l2"):
        await bench.join(name, "a")
    await bench.join("h", "w")
    joined = bench.clock.now()
    await lighter_ones(bench, 12)
    assert 5 * MINUTE < bench.clock.now() - joined <= 8 * MINUTE


@pytest.mark.parametrize("how", ["leaves", "is away", "declines", "is served elsewhere"])
async def test_a_place_is_free_again_when_nobody_heavier_needs_it(bench: Bench, how: str) -> None:
    """Whoever came later gets the place in the moment in which that one doesn't wait any more."""
    await bench.on_duty("aino", 2, ["a", "w"], languages=["fi"])
    await bench.join("l1", "a")
    await bench.join("l2", "a")
    await bench.join("h", "w")
    await bench.pass_time(5 * MINUTE)
    await bench.close("aino", "l1")
    await bench.wrap_up("aino", "l1")
    await bench.join("l3", "a")
    assert await owner(bench, "l3") is None
    if how == "leaves":
        await bench.leave("h")
    elif how == "is away":
        await bench.away("h")
    elif how == "declines":
        await bench.duty("aino", "paused")
        await bench.duty("aino", "available")
        assert await owner(bench, "l3") is None
        await bench.close("aino", "l2")
        await bench.wrap_up("aino", "l2")
        assert await owner(bench, "h") == "aino"
        await bench.give_back("aino", "h")
    else:
        await bench.on_duty("eino", 2, ["w"], languages=["fi"])
        assert await owner(bench, "h") == "eino"
    assert await owner(bench, "l3") == "aino"
