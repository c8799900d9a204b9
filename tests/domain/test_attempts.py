"""Tries to sign in: guessing is slow, and nobody is locked out by somebody else's guesses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatsvc.domain.attempts import CODES, PASSWORDS, REMEMBERED, Attempt, Attempts, Told

OFFICE, HOME, NOWHERE = b"office", b"home", b""
DAY_S = 86_400


def stranger(number: int, account: str = "aino", *, exists: bool = True) -> Attempt:
    """A try from a network of its own."""
    return Attempt(account, exists, f"net{number}".encode())


def test_a_network_that_guesses_is_slowed_down() -> None:
    """Five wrong tries at once, then one a minute; another account and another network are free."""
    attempts = Attempts(PASSWORDS)
    guess = Attempt("aino", True, OFFICE)
    assert [attempts.begin(guess, 0.0) for _ in range(5)] == [0.0] * 5
    assert attempts.begin(guess, 0.0) == pytest.approx(60.0)
    assert attempts.begin(Attempt("eino", True, OFFICE), 0.0) == 0.0
    assert attempts.begin(Attempt("aino", True, HOME), 0.0) == 0.0
    assert attempts.begin(guess, 60.0) == 0.0


def test_right_tries_cost_nothing() -> None:
    """However often somebody signs in, nothing is used up."""
    attempts = Attempts(PASSWORDS)
    for right in (Attempt("aino", True, NOWHERE), Attempt("aino", True, OFFICE)):
        for _ in range(500):
            assert attempts.begin(right, 0.0) == 0.0
            attempts.succeed(right, 0.0)


@pytest.mark.parametrize("exists", [True, False])
def test_many_networks_guess_no_faster_together(exists: bool) -> None:
    """What one account bears is the same from a thousand networks, for a day; a made-up account is treated alike."""
    attempts = Attempts(PASSWORDS)
    tried = sum(
        attempts.begin(stranger(number % 1_000, exists=exists), second) == 0.0
        for second in range(0, DAY_S, 6)
        for number in (second, second + 1)
    )
    assert tried <= 20 + DAY_S / 30 + 1


@given(guesses=st.lists(st.tuples(st.integers(0, 400), st.sampled_from([NOWHERE, HOME, None])), max_size=200))
def test_nobody_locks_out_a_device_that_was_here(guesses: list[tuple[int, bytes | None]]) -> None:
    """Whatever strangers try, from wherever, whoever has the cookie of the account is let through to the password."""
    attempts = Attempts(PASSWORDS)
    for number, source in guesses:
        attempts.begin(stranger(number) if source is None else Attempt("aino", True, source), 0.0)
    assert attempts.begin(Attempt("aino", True, HOME, device="mine"), 0.0) == 0.0


def test_nobody_elsewhere_locks_out_a_network_that_was_here() -> None:
    """Without a cookie, the network from which somebody signed in today is not held up by others."""
    attempts = Attempts(PASSWORDS)
    mine = Attempt("aino", True, OFFICE)
    attempts.begin(mine, 0.0)
    attempts.succeed(mine, 0.0)
    while attempts.begin(Attempt("aino", True, NOWHERE), 0.0) == 0.0:
        pass
    assert attempts.begin(stranger(1), 0.0) > 0.0
    assert attempts.begin(mine, 0.0) == 0.0
    attempts.forget_sources()
    assert attempts.begin(mine, 0.0) > 0.0


def test_a_stolen_device_guesses_no_faster() -> None:
    """A known device has its own limit."""
    attempts = Attempts(PASSWORDS)
    thief = Attempt("aino", True, OFFICE, device="stolen")
    tried = sum(attempts.begin(thief, second) == 0.0 for second in range(0, 3600, 10))
    assert tried <= 10 + 60 + 1


def test_one_network_does_not_try_a_password_on_everybody() -> None:
    """Fifty accounts at once, then one every ten seconds."""
    attempts = Attempts(PASSWORDS)
    tried = sum(attempts.begin(Attempt(f"a{number}", True, OFFICE), 0.0) == 0.0 for number in range(300))
    assert tried == 50


def test_made_up_names_push_out_no_real_ones() -> None:
    """What is remembered is bounded, and a flood of names leaves the limits of an account that exists as they are."""
    attempts = Attempts(PASSWORDS)
    while attempts.begin(Attempt("aino", True), 0.0) == 0.0:
        pass
    for number in range(REMEMBERED + 10):
        attempts.begin(Attempt(f"x{number}", False), 0.0)
    assert attempts.begin(Attempt("aino", True), 0.0) > 0.0
    assert len(attempts._account[False]) <= REMEMBERED


def test_codes_are_guessed_even_slower() -> None:
    """Whoever has the password has some 300 codes a day, from however many networks."""
    attempts = Attempts(CODES)
    tried = sum(attempts.begin(stranger(second), second) == 0.0 for second in range(0, DAY_S, 2))
    assert tried <= 5 + DAY_S / 300 + 1


def test_refusals_are_told_without_filling_the_log() -> None:
    """A day of a try each second is some hundred entries, which together stand for nearly all of the tries."""
    told = Told()
    entries = [times for second in range(DAY_S) if (times := told.refused("aino", second))]
    assert len(entries) <= 5 + 96 + 1
    assert sum(entries) + told.untold("aino") == DAY_S
    assert told.untold("aino") == 0


def test_all_accounts_together_fill_the_log_no_faster() -> None:
    """Tries at a thousand accounts are told at the pace of the node."""
    told = Told()
    assert sum(bool(told.refused(f"a{number}", 0.0)) for number in range(1_000)) == 100
