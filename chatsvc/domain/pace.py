"""How fast a queue has been served lately, and how soon people gave up; of a new queue what its settings suggest.

Every observation counts as much as the one after it times a factor, so that a hundred or two are remembered and the
store keeps eight numbers a queue. `store/lua/_pool.lua` writes them, with these factors.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from chatsvc.domain.sites import Queue

HANDLING_KEPT = (
    0.99  # of the weight of earlier conversations with each that ends: as if the last hundred counted
)
WAITING_KEPT = 0.995  # the same with each wait: giving up is rarer, so more of them are needed
# Squared relative spread of what no plan shows: pauses, late starts, people who come first. loadtest/SIMULATION.md.
UNFORESEEN = 0.04
PRIOR_CONVERSATIONS = 4.0  # what the settings count as, in conversations
PRIOR_HANDLING_MOST_S = 3_600.0  # whatever the settings are
PRIOR_GIVEN_UP = 2.0  # people who gave up
PRIOR_PATIENCE_S = (
    1_800.0  # mean; chats of youth services lose about every other of those who wait half an hour
)


@dataclass(frozen=True, slots=True)
class Seen:
    """Weighted sums over what has happened in a queue, in seconds; a heavy conversation's time counts twice."""

    ended: float = 0.0  # conversations, wrap-up included
    held: float = 0.0  # how long they held their place
    held_squared: float = 0.0
    written_up: float = 0.0  # the part of `held` that was wrap-up
    taken: float = 0.0  # visitors who were taken
    reaction: float = 0.0  # from the moment when both a place and the visitor were there
    waited: float = 0.0  # beyond the first three minutes, whatever came of it
    given_up: float = (
        0.0  # after those: who is in a hurry is soon gone, and hardly ever ahead of anybody for long
    )


@dataclass(frozen=True, slots=True)
class Pace:
    """What an estimate needs to know of a queue: seconds, and rates per second."""

    handling_s: float  # mean time from a place's being taken to its being taken again, while people wait
    variation: float  # variance of the handling time over its squared mean
    observed: float  # how many conversations that rests on, the settings' share included
    wrap_up_s: float  # mean part of it that is wrap-up, and what follows
    reaction_s: float  # mean time in which somebody with a place takes a visitor
    giving_up: float  # of each who waits, per second
    unforeseen: float = UNFORESEEN


def pace_of(seen: Seen, queue: Queue) -> Pace:
    """The pace seen lately; as far as little was seen, the one that the queue's settings suggest.

    They suggest that a conversation takes as long as silence is borne, then the whole wrap-up, with the spread of an
    exponential distribution, and that an offer is answered in half of its time.
    """
    mean = min(PRIOR_HANDLING_MOST_S, (queue.idle_warning_ms + queue.wrap_up_ms) / 1000)
    react = queue.offer_ms / 2000 if queue.mode == "offer" else 15.0 if queue.mode == "take" else 0.0
    count = seen.ended + PRIOR_CONVERSATIONS
    held = (seen.held + PRIOR_CONVERSATIONS * mean) / count
    square = (seen.held_squared + PRIOR_CONVERSATIONS * 2.0 * mean * mean) / count
    reaction = (seen.reaction + PRIOR_CONVERSATIONS * react) / (seen.taken + PRIOR_CONVERSATIONS)
    return Pace(
        handling_s=held + reaction,
        variation=max(0.05, square / (held * held) - 1.0),
        observed=count,
        wrap_up_s=(seen.written_up + PRIOR_CONVERSATIONS * queue.wrap_up_ms / 2000) / count + reaction,
        reaction_s=reaction,
        giving_up=(seen.given_up + PRIOR_GIVEN_UP) / (seen.waited + PRIOR_GIVEN_UP * PRIOR_PATIENCE_S),
    )


def mixed(parts: Iterable[tuple[float, Pace]], own: Pace) -> Pace:
    """The pace of places that serve several queues, by their weights; people give up and are taken as in their own."""
    weighted = [(weight, pace) for weight, pace in parts if weight > 0.0]
    total = sum(weight for weight, _ in weighted)
    if not total:
        return own

    def mean(value: Callable[[Pace], float]) -> float:
        return sum(weight * value(pace) for weight, pace in weighted) / total

    handling = mean(lambda pace: pace.handling_s)
    square = mean(lambda pace: (1.0 + pace.variation) * pace.handling_s**2)
    return Pace(
        handling_s=handling,
        variation=max(0.05, square / handling**2 - 1.0),
        observed=mean(lambda pace: pace.observed),
        wrap_up_s=mean(lambda pace: pace.wrap_up_s),
        reaction_s=own.reaction_s,
        giving_up=own.giving_up,
    )
