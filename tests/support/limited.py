"""A node with small limits, and visitors who come from where they like through a proxy that it trusts."""

from contextlib import AsyncExitStack
from dataclasses import replace
from ipaddress import ip_network

from chatsvc.domain.buckets import Rate
from chatsvc.web.limits import Figures, Limits
from tests.support.client import JSON, Client, Frame, connected
from tests.support.service import Service
from tests.web.test_puzzles import solve

PROXIES = (ip_network("127.0.0.1"),)
# What does not come back during a test.
FEW = Figures(
    joins=Rate(2, 1e-3), worked_joins=Rate(2, 1e-3), messages=Rate(3, 0.02), worked_messages=Rate(1, 1e-3),
    messages_for_work=2, watches=Rate(6, 1e-2), bits=6,
)  # fmt: skip
NONE_FREE = replace(FEW, joins=Rate(0, 1e-3))


def limit(service: Service, figures: Figures = FEW) -> None:
    """Limits anew, as after a restart of the node."""
    node = service.parts.node
    node.limits = Limits(service.parts.metrics, node.loop.time, PROXIES, figures)


async def client_from(
    service: Service, address: str, stack: AsyncExitStack | None = None, subprotocol: str = JSON
) -> Client:
    """A socket that comes from this address, through the proxy; what stands before it was written by the client."""
    headers = {"X-Forwarded-For": f"192.0.2.99, {address}"}
    found = connected(service.http, f"{service.base}/ws/visitor", subprotocol=subprotocol, headers=headers)
    return await (stack or service.stack).enter_async_context(found)


async def prove(found: Client, puzzle: Frame) -> None:
    """Does the work."""
    proof = solve(puzzle["puzzle"], puzzle["bits"])
    await found.ask("proof", puzzle=puzzle["puzzle"], proof=proof)


def counted(service: Service, kind: str, outcome: str) -> float:
    """What the operator sees."""
    labels = {"kind": kind, "outcome": outcome}
    return service.parts.metrics.registry.get_sample_value("chatsvc_limited_total", labels) or 0.0
