"""Stores' versions with known holes: the part of `deploy/versions.toml` that the program itself must know."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Line:
    """A server's release line: the oldest version in it without a hole that we know of, and that hole's name.

    Where only distributions mend it, under a number that does not change, `by_distribution` is their package.
    """

    name: str
    line: str
    minimum: str
    advisory: str
    by_distribution: str = ""


SERVERS: Final = (
    Line("valkey", "7.2", "7.2.13", "CVE-2026-23479"),
    Line("valkey", "8.0", "8.0.10", "CVE-2026-56684"),
    Line("valkey", "8.1", "8.1.7", "CVE-2026-23479"),
    Line("valkey", "9.0", "9.0.5", "CVE-2026-56684"),
    Line("valkey", "9.1", "9.1.1", "CVE-2026-56684"),
    Line("redis", "7.0", "7.0.15", "CVE-2026-81934", "5:7.0.15-1~deb12u10 on Debian 12"),
    Line("redis", "7.2", "7.2.11", "CVE-2025-49844"),
    Line("redis", "7.4", "7.4.6", "CVE-2025-49844"),
    Line("redis", "8.0", "8.0.4", "CVE-2025-49844"),
    Line("redis", "8.2", "8.2.2", "CVE-2025-49844"),
    Line("redis", "8.6", "8.6.3", "CVE-2026-23479"),
)


def numbers(version: str) -> tuple[int, ...]:
    """The numbers of a version, as far as they go."""
    found = []
    for part in version.split("."):
        if not part.isdecimal():
            break
        found.append(int(part))
    return tuple(found)


def known_hole(name: str, version: str) -> str:
    """Why a server of this name ("valkey" or "redis") and version should be renewed; empty if nothing is known."""
    ours = numbers(version)
    line = next((one for one in SERVERS if one.name == name and numbers(one.line) == ours[:2]), None)
    if line is None:
        newest = max(numbers(one.line) for one in SERVERS if one.name == name)
        return (
            "" if ours[:2] > newest else "its release line is not looked after any more, or not known to us"
        )
    if ours < numbers(line.minimum):
        return f"{line.advisory} is mended in {line.minimum}"
    if line.by_distribution:
        return f"{line.advisory} is mended by distributions only ({line.by_distribution} or newer)"
    return ""
