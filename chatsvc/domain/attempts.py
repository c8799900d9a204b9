"""How often somebody may try to sign in: guessing is slow, and nobody is locked out by somebody else's guesses.

A right try costs nothing. A wrong one costs whoever made it: a device that has signed in to the account before, or else
a network. All strangers together also share what an account bears, so that many networks guess no faster; a device, or
a network, that has signed in to the account before is not held up by them.
"""

from collections import OrderedDict
from dataclasses import dataclass

from chatsvc.domain.buckets import Buckets, Rate

LONGEST_NAME = 64  # no account has a longer one
REMEMBERED = 20_000


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try. `source` is a word for a network (empty: not known), `device` for a browser that was here (or empty)."""

    account: str
    exists: bool
    source: bytes = b""
    device: str = ""


@dataclass(frozen=True, slots=True)
class Rates:
    """What each may do: a device, a network at one account, all strangers at one account, a network at all accounts."""

    device: Rate
    own: Rate
    account: Rate
    source: Rate


# With 12 characters at least, some 2,900 guesses a day for each node are no way to a password.
PASSWORDS = Rates(Rate(10, 1 / 60), Rate(5, 1 / 60), Rate(20, 1 / 30), Rate(50, 1 / 10))
# Of a million codes three are right at any time: 300 guesses a day hit one in some three years.
CODES = Rates(Rate(6, 1 / 300), Rate(5, 1 / 300), Rate(5, 1 / 300), Rate(20, 1 / 60))

# Nobody guesses a signature: this only bounds the work and the refusals that one network can cause. Whoever brings no
# known passkey is no account, and shares nothing with strangers of other networks.
PASSKEYS = Rates(Rate(10, 1 / 60), Rate(50, 1 / 10), Rate(1_000_000, 1_000), Rate(50, 1 / 10))

TOLD_OF_ONE = Rate(5, 1 / 900)  # so some hundred entries a day at most, whatever is tried
TOLD_OF_ALL = Rate(100, 1 / 60)
Key = tuple[str, bytes]


class Attempts:
    """What has been tried lately, in bounded memory."""

    def __init__(self, rates: Rates) -> None:
        self._device: Buckets[Key] = Buckets(rates.device, REMEMBERED)
        self._own: Buckets[Key] = Buckets(rates.own, REMEMBERED)
        self._source: Buckets[Key] = Buckets(rates.source, REMEMBERED)
        # Made-up names must not push out what is remembered of real ones.
        self._account = {exists: Buckets[Key](rates.account, REMEMBERED) for exists in (True, False)}
        self._acquainted: OrderedDict[Key, None] = OrderedDict()

    def begin(self, attempt: Attempt, now_s: float) -> float:
        """Count a try as a wrong one: 0, or in how many seconds it may be made (then nothing is counted)."""
        touched = self._touched(attempt)
        lacks = [((1.0 - bucket.level(key, now_s)) / bucket.rate.per_s) for bucket, key in touched]
        if (wait_s := max(lacks, default=0.0)) > 0:
            return wait_s
        for bucket, key in touched:
            bucket.take(key, now_s)
        return 0.0

    def take_back(self, attempt: Attempt, now_s: float) -> None:
        """The try was not made after all, or was right: it costs nothing."""
        for bucket, key in self._touched(attempt):
            bucket.take(key, now_s, -1.0)

    def succeed(self, attempt: Attempt, now_s: float) -> None:
        """It was right, and its network is one from which somebody signs in to this account."""
        self.take_back(attempt, now_s)
        if attempt.source:
            key = (attempt.account, attempt.source)
            self._acquainted[key] = None
            self._acquainted.move_to_end(key)
            while len(self._acquainted) > REMEMBERED:
                self._acquainted.popitem(last=False)

    def acquainted(self, attempt: Attempt) -> bool:
        """Whether it comes from a device or a network that has signed in to the account before."""
        return bool(attempt.device) or (attempt.account, attempt.source) in self._acquainted

    def forget_sources(self) -> None:
        """The words for networks are others from now on."""
        self._own.clear()
        self._source.clear()
        self._acquainted.clear()

    def _touched(self, attempt: Attempt) -> list[tuple[Buckets[Key], Key]]:
        account, source = attempt.account, attempt.source
        if attempt.device:
            return [(self._device, (account, attempt.device.encode()))]
        found = [(self._own, (account, source)), (self._source, ("", source))] if source else []
        if not self.acquainted(attempt):
            found.append((self._account[attempt.exists], (account, b"")))
        return found


class Told:
    """Which refusals are written down: each account's few at once, then one at times that stands for many."""

    def __init__(self) -> None:
        self._account: Buckets[str] = Buckets(TOLD_OF_ONE, REMEMBERED)
        self._node: Buckets[str] = Buckets(TOLD_OF_ALL, 1)
        self._untold: dict[str, int] = {}

    def refused(self, account: str, now_s: float) -> int:
        """For how many refusals of an account that exists an entry is due now; 0 for none yet."""
        self._untold[account] = self._untold.get(account, 0) + 1
        if self._account.level(account, now_s) < 1 or self._node.take("", now_s):
            return 0
        self._account.take(account, now_s)
        return self.untold(account)

    def untold(self, account: str) -> int:
        """How many refusals no entry stands for yet; from now on one does."""
        return self._untold.pop(account, 0)
