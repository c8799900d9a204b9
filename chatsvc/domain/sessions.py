"""How long a sign-in lasts."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """Both in ms: from signing in, whatever happens; and without a sign of life."""

    absolute_ms: int = 12 * 3_600_000  # a long shift, with the time before and after it
    idle_ms: int = 2 * 3_600_000

    def over(self, opened_at: int, seen_at: int, now: int) -> bool:
        """Whether a session has ended by itself; all are ms since the epoch."""
        return now >= opened_at + self.absolute_ms or now >= seen_at + self.idle_ms
