"""What an examination finds."""

from dataclasses import dataclass, field
from typing import Literal

Level = Literal["ok", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: how it is, and if it is not right, what to do."""

    level: Level
    area: str
    text: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found so far, in the order of looking."""

    found: list[Finding] = field(default_factory=list)

    def ok(self, area: str, text: str) -> None:
        """It is in order."""
        self.found.append(Finding("ok", area, text))

    def warning(self, area: str, text: str, remedy: str) -> None:
        """It works, but somebody should look at it."""
        self.found.append(Finding("warning", area, text, remedy))

    def error(self, area: str, text: str, remedy: str) -> None:
        """It does not work, or must not be like this."""
        self.found.append(Finding("error", area, text, remedy))

    @property
    def healthy(self) -> bool:
        """Whether nothing is wrong; warnings are allowed."""
        return all(finding.level != "error" for finding in self.found)
