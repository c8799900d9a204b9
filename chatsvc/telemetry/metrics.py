"""What an operator sees in Prometheus: figures of queues, messages, store and worker; never of a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector

from chatsvc.telemetry.tally import TallyCollector

SIDES = ("visitor", "counsellor")

# Closed sets: a label value is never made from what came over the wire.
# fmt: off
REFUSALS = frozenset({
    "already_taken", "at_capacity", "bad_field", "bad_handshake", "bad_origin", "bad_state", "closed", "closing",
    "connection_limit", "full", "no_language", "no_staff", "not_allowed", "not_found", "not_signed_in",
    "nothing_waiting", "off_duty", "protocol_error", "rules", "store_away", "too_long", "too_many", "unknown_queue",
    "unknown_type", "vault_away",
})
# fmt: on
ERASED = frozenset({"transcript", "notes", "answers", "feedback", "record"})
OPENING = "open_transcript"  # as the audit log names it
LIMITED = frozenset({"join", "message", "watch"})
LIMIT_OUTCOMES = frozenset({"set", "solved", "wrong", "refused"})
STATES = ("waiting", "offered", "active", "wrap_up", "closed")
DELIVERY_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10)
STORE_BUCKETS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 5)
WAIT_BUCKETS = (5, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200)


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """How one queue is doing at one instant. Capacity counts conversations; no wait is 0 s."""

    waiting: int = 0
    oldest_wait_s: float = 0.0
    free_capacity: int = 0
    staffed_capacity: int = 0
    on_duty: int = 0
    conversations: Mapping[str, int] = field(default_factory=dict)


def own_version() -> str:
    """The installed version of chatsvc; `unknown` when it runs from a bare source tree."""
    try:
        return version("chatsvc")
    except PackageNotFoundError:
        return "unknown"


class Metrics:
    """Every figure of one process, on a registry of its own.

    What the message path touches is cheap: `messages[who].inc()`, `delivery_seconds.observe(s)`.
    """

    def __init__(self, role: Literal["node", "worker"] = "node") -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call] # published without types
        self.registry = registry = CollectorRegistry()
        self.role = role
        self._tallies = TallyCollector(registry)
        ProcessCollector(registry=registry)
        GCCollector(registry=registry)
        build = Gauge(
            "chatsvc_build", "Always 1; which version runs as what.", ["version", "role"], registry=registry
        )
        build.labels(own_version(), role).set(1)
        self._define_queues(registry)
        self._define_traffic(registry)
        self._define_store(registry)
        self._define_loops(registry)

    def _define_queues(self, registry: CollectorRegistry) -> None:
        def gauge(name: str, text: str, *more: str) -> Gauge:
            return Gauge(f"chatsvc_{name}", text, ["site", "queue", *more], registry=registry)

        self._waiting = gauge("waiting", "Visitors waiting, offered ones included.")
        self._oldest_wait = gauge(
            "oldest_wait_seconds", "How long the visitor at the head has waited; 0 if nobody waits."
        )
        self._free = gauge(
            "free_capacity", "Conversations that those who are available and connected could still take."
        )
        self._staffed = gauge(
            "staffed_capacity", "Conversations that those who are available and connected can carry in all."
        )
        self._on_duty = gauge("on_duty", "Counsellors who are on duty, those in a pause included.")
        self._conversations = gauge("conversations", "Conversations that exist, by state.", "state")
        self._coverage_gap = gauge(
            "coverage_gap_hours", "Hours of counsellors below the required minimum, in the next seven days."
        )
        self._attempts = gauge(
            "attempts_today",
            "What became of those who asked for the queue since midnight in Finland.",
            "outcome",
        )
        self._late = Gauge(
            "chatsvc_late", "Counsellors on shift who are not on duty.", ["site"], registry=registry
        )
        self._wait = Histogram(
            "chatsvc_wait_seconds",
            "From joining to the first assignment.",
            ["site", "queue"],
            buckets=WAIT_BUCKETS,
            registry=registry,
        )

    def _define_traffic(self, registry: CollectorRegistry) -> None:
        connections = Gauge("chatsvc_connections", "Open sockets.", ["who"], registry=registry)
        self.connections = {who: connections.labels(who) for who in SIDES}
        self.messages = self._tallies.tallies(
            "chatsvc_messages", "Messages stored and acknowledged.", "sender", SIDES
        )
        self.reconnects = self._tallies.tallies(
            "chatsvc_reconnects", "Sessions resumed after a lost connection.", "who", SIDES
        )
        self.delivery_seconds = self._tallies.spread(
            "chatsvc_delivery_seconds",
            "From the store's acknowledgement to the peer's socket on this node.",
            DELIVERY_BUCKETS,
        )
        self._refused = Counter(
            "chatsvc_refused", "Requests answered with a refusal.", ["reason"], registry=registry
        )
        self._limited = Counter(
            "chatsvc_limited",
            "What came too often from one network: puzzles set, solved and wrong, and refusals.",
            ["kind", "outcome"],
            registry=registry,
        )
        self.slow_readers = Counter(
            "chatsvc_slow_readers", "Sockets closed because they did not read (4008).", registry=registry
        )

    def _define_store(self, registry: CollectorRegistry) -> None:
        self.store_up = Gauge("chatsvc_store_up", "1 while the message store answers.", registry=registry)
        self.vault_up = Gauge("chatsvc_vault_up", "1 while the key vault answers.", registry=registry)
        self.store_errors = Counter(
            "chatsvc_store_errors", "Calls to the store that failed.", registry=registry
        )
        self.store_seconds = self._tallies.spread(
            "chatsvc_store_seconds", "Round trip of one call to the store.", STORE_BUCKETS
        )

    def _define_loops(self, registry: CollectorRegistry) -> None:
        self._loop_run = Gauge(
            "chatsvc_loop_last_run_timestamp_seconds",
            "When a worker's loop last finished a round.",
            ["loop"],
            registry=registry,
        )
        self._loop_lag = Gauge(
            "chatsvc_loop_lag_seconds",
            "How late the most overdue deadline of a loop was handled.",
            ["loop"],
            registry=registry,
        )
        self.retention_overdue_seconds = Gauge(
            "chatsvc_retention_overdue_seconds",
            "How long the longest overdue erasure has been so; 0 if none is.",
            registry=registry,
        )
        self._erased = Counter(
            "chatsvc_erased", "What the retention rules have erased.", ["kind"], registry=registry
        )
        self._openings = Counter(
            "chatsvc_transcript_openings",
            "Transcripts that somebody has opened, or a further part of one, as recorded before.",
            registry=registry,
        )
        self._audit_failed = Counter(
            "chatsvc_audit_failed",
            "What could not be written to the audit log or stated beside it, and logs that could not be cut.",
            registry=registry,
        )
        self._loop_errors = Counter(
            "chatsvc_loop_errors", "Rounds of a loop that failed.", ["loop"], registry=registry
        )

    def set_queue(self, site: str, queue: str, figures: QueueFigures) -> None:
        """Shows how a queue is doing now."""
        self._waiting.labels(site, queue).set(figures.waiting)
        self._oldest_wait.labels(site, queue).set(figures.oldest_wait_s)
        self._free.labels(site, queue).set(figures.free_capacity)
        self._staffed.labels(site, queue).set(figures.staffed_capacity)
        self._on_duty.labels(site, queue).set(figures.on_duty)
        for state in STATES:
            self._conversations.labels(site, queue, state).set(figures.conversations.get(state, 0))

    def set_coverage_gap(self, site: str, queue: str, hours: float) -> None:
        """Shows how many hours of counsellors a queue is short of, in the next seven days."""
        self._coverage_gap.labels(site, queue).set(hours)

    def set_attempts(self, site: str, queue: str, outcomes: Mapping[str, int]) -> None:
        """Shows what became of those who asked for a queue today."""
        for outcome, number in outcomes.items():
            self._attempts.labels(site, queue, outcome).set(number)

    def set_late(self, site: str, people: int) -> None:
        """Shows how many are on shift at a site and not on duty."""
        self._late.labels(site).set(people)

    def forget_queue(self, site: str, queue: str) -> None:
        """Stops showing a queue that no longer exists, so that its last figures don't stand for ever."""
        labels = {"site": site, "queue": queue}
        for gauge in (
            self._waiting,
            self._oldest_wait,
            self._free,
            self._staffed,
            self._on_duty,
            self._conversations,
            self._coverage_gap,
            self._attempts,
        ):
            gauge.remove_by_labels(labels)
        self._wait.remove_by_labels(labels)

    def waited(self, site: str, queue: str, seconds: float) -> None:
        """Counts one visitor's wait, from joining to being assigned."""
        self._wait.labels(site, queue).observe(seconds)

    def refused(self, reason: str) -> None:
        """Counts a refusal; a reason outside `REFUSALS` counts as `other`."""
        self._refused.labels(reason if reason in REFUSALS else "other").inc()

    def limited(self, kind: str, outcome: str) -> None:
        """Counts something that one network did too often; never which one. What is in no list counts as `other`."""
        self._limited.labels(
            kind if kind in LIMITED else "other", outcome if outcome in LIMIT_OUTCOMES else "other"
        ).inc()

    def loop_ran(self, loop: str, now_s: float, lag_s: float = 0.0) -> None:
        """Notes that a loop of a worker finished a round at `now_s` (Unix time), `lag_s` behind deadlines."""
        self._loop_run.labels(loop).set(now_s)
        self._loop_lag.labels(loop).set(lag_s)

    def erased(self, kind: str, number: int) -> None:
        """Counts what retention has erased; a kind outside `ERASED` counts as `other`."""
        self._erased.labels(kind if kind in ERASED else "other").inc(number)

    def recorded(self, action: str) -> None:
        """Counts an entry of the audit log, if it is the opening of a transcript."""
        if action == OPENING:
            self._openings.inc()

    def audit_failed(self, _: str) -> None:
        """Counts something that could not be recorded."""
        self._audit_failed.inc()

    def loop_failed(self, loop: str) -> None:
        """Counts a round of a worker's loop that ended with an error."""
        self._loop_errors.labels(loop).inc()
