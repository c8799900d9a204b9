"""Cuts lists of words in two: what patterns are improved on, and what judges them."""

from collections.abc import Sequence
from enum import StrEnum
from typing import TypeVar

Item = TypeVar("Item")


class Share(StrEnum):
    """Which sentences, and which half of every list of words, lines are made from."""

    DEVELOPMENT = "development"
    JUDGED = "judged"

    def of(self, items: Sequence[Item]) -> Sequence[Item]:
        """Every other item: no street name or town is in both shares."""
        return items[0::2] if self is Share.DEVELOPMENT else items[1::2]
