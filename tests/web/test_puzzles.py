"""Proof of work: what counts as a proof, for whom, how long and how often."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatsvc.web.puzzles import LONGEST_PUZZLE, VALID_S, Puzzles, is_proof

HERE, THERE = b"here", b"there"
BITS = 8


def solve(puzzle: str, bits: int = BITS) -> str:
    """The first number that is a proof."""
    number = 0
    while not is_proof(puzzle, str(number), bits):
        number += 1
    return str(number)


@pytest.fixture
def puzzles() -> Puzzles:
    return Puzzles()


def test_a_proof_counts_once_for_its_source_in_time(puzzles: Puzzles) -> None:
    """Not for another source, not a second time, not too late, not for another node's puzzle."""
    puzzle = puzzles.puzzle(HERE, 1_000.0, BITS)
    proof = solve(puzzle)
    assert not puzzles.solved(THERE, puzzle, proof, 1_000.0)
    assert not puzzles.solved(HERE, puzzle, proof, 1_000.0 + VALID_S + 1)
    assert not Puzzles().solved(HERE, puzzle, proof, 1_000.0)
    assert puzzles.solved(HERE, puzzle, proof, 1_000.0 + VALID_S - 1)
    assert not puzzles.solved(HERE, puzzle, proof, 1_000.0)


def test_a_number_that_proves_nothing(puzzles: Puzzles) -> None:
    """The neighbour of a proof, or the proof with something added."""
    puzzle = puzzles.puzzle(HERE, 0.0, BITS)
    proof = solve(puzzle)
    for wrong in (str(int(proof) + 1), proof + " ", "+" + proof, "", "٣", "9" * 21):
        if wrong.isdigit() and wrong.isascii() and is_proof(puzzle, wrong, BITS):
            continue
        assert not puzzles.solved(HERE, puzzle, wrong, 0.0)
    assert puzzles.solved(HERE, puzzle, proof, 0.0)


def test_each_bit_doubles_the_work() -> None:
    """Over many puzzles the tries are as many as the bits say."""
    tries = sum(int(solve(f"puzzle {number}")) + 1 for number in range(300))
    assert 0.8 < tries / 300 / 2**BITS < 1.25


@given(st.text(max_size=60), st.text(max_size=30))
def test_whatever_a_client_sends(puzzle: str, proof: str) -> None:
    """A text that is no puzzle of ours is no puzzle, and nothing breaks."""
    assert not Puzzles().solved(HERE, puzzle, proof, 0.0)


def test_a_changed_puzzle_is_not_ours(puzzles: Puzzles) -> None:
    """Neither its time nor its difficulty nor anything else can be changed."""
    until, bits, nonce, mark = puzzles.puzzle(HERE, 0.0, BITS).split(".")
    for changed in (
        f"ffffffff.{bits}.{nonce}.{mark}",
        f"{until}.1.{nonce}.{mark}",
        f"{until}.{bits}.{nonce}0.{mark}",
        f"{until}.{bits}.{nonce}.{mark[::-1]}",
        f"{until}.{bits}{nonce}.{mark}",
    ):
        assert not puzzles.solved(HERE, changed, solve(changed), 0.0)


def test_a_harder_puzzle_wants_the_whole_work(puzzles: Puzzles) -> None:
    """A proof for fewer bits than the puzzle names is none; the longest puzzle fits into a frame."""
    puzzle = puzzles.puzzle(HERE, 0.0, BITS + 4)
    easy = next(
        proof
        for proof in map(str, range(1 << 20))
        if is_proof(puzzle, proof, BITS) and not is_proof(puzzle, proof, BITS + 4)
    )
    assert not puzzles.solved(HERE, puzzle, easy, 0.0)
    assert puzzles.solved(HERE, puzzle, solve(puzzle, BITS + 4), 0.0)
    assert len(puzzles.puzzle(HERE, 2.0**40, 18)) <= LONGEST_PUZZLE
