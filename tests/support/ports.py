"""Free TCP ports on loopback."""

import os
import random
import socket

_LOW, _HIGH = 11_000, 21_900
"""Below the ports that the kernel gives to outgoing connections, with room for a cluster's bus above."""
_PARTS = 4  # of the range, by which the processes of a run keep clear of each other


def free_port() -> int:
    """A port that nobody listens on just now."""
    return free_ports(1)[0]


def free_ports(count: int, *, bus: int = 0) -> list[int]:
    """That many ports, each also free at `port + bus`."""
    found: list[int] = []
    part = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _PARTS
    while len(found) < count:
        port = random.randrange(_LOW + part, _HIGH, _PARTS)
        if port not in found and _free(port) and (not bus or _free(port + bus)):
            found.append(port)
    return found


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
