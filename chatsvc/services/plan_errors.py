"""Why a change to the plan is not made."""

from collections.abc import Iterable
from dataclasses import replace
from typing import ClassVar

from chatsvc.domain.declaration_text import Problem
from chatsvc.domain.errors import ChatError


class PlanRefused(ChatError):
    """This can't be planned; nothing is changed."""

    code: ClassVar[str] = "refused"

    def __init__(self, problems: Iterable[Problem]) -> None:
        """`problems` say each thing that is wrong, and where."""
        self.problems = tuple(problems)
        first = self.problems[0]
        more = f" And {len(self.problems) - 1} more." if len(self.problems) > 1 else ""
        super().__init__(f"{first.path}: {first.message}{more}" if first.path else f"{first.message}{more}")

    def about(self, identifier: str) -> "PlanRefused":
        """The same of one row: paths begin with the field, not with the row's id."""
        return PlanRefused(
            replace(one, path=one.path.removeprefix(f"{identifier}.")) for one in self.problems
        )


class PlanChanged(ChatError):
    """Somebody else has changed this since it was read; read it again, then decide anew."""

    code: ClassVar[str] = "changed"


class VersionMissing(ChatError):
    """Say with If-Match which version this replaces: the ETag of the answer that was read, or *."""

    code: ClassVar[str] = "version_missing"
