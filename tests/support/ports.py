"""Free TCP ports on loopback."""

import os
import random
import socket
from collections import deque

_LOW, _HIGH = 11_000, 21_900
"""Below the ports that the kernel gives to outgoing connections, with room for a cluster's bus above."""
_PARTS = 4  # of the range, by which the processes of a run keep clear of each other
_STEP = 2 * _PARTS  # a demo's worker takes the port after the one that its node's metrics have
_recent: deque[int] = deque(maxlen=400)
"""What was given last: free still when the next is asked for, where nobody has begun to listen yet."""


def free_port() -> int:
    """A port that nobody listens on just now."""
    return free_ports(1)[0]


def free_ports(count: int, *, bus: int = 0) -> list[int]:
    """That many ports, each also free at `port + bus`."""
    found: list[int] = []
    part = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _PARTS
    while len(found) < count:
        port = random.randrange(_LOW + 2 * part, _HIGH, _STEP)
        if port not in _recent and _free(port) and _free(port + 1) and (not bus or _free(port + bus)):
            found.append(port)
            _recent.append(port)
    return found


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
