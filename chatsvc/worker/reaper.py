"""Finds nodes that have died, and marks everyone who was connected there as away."""

import structlog

from chatsvc.domain.ports import NodeStore

EVERY_S = 1.0
SILENT_MS = 6_000  # a node says that it lives every 1.5 s

_log = structlog.get_logger("chatsvc.worker")


async def reap_dead_nodes(store: NodeStore) -> None:
    """Mark people of silent nodes as away, then strike the node off. Raises StoreUnavailable."""
    for node in await store.silent_nodes(SILENT_MS):
        while await store.reap(node):
            pass
        await store.forget_node(node)
        _log.info("node_gone", node=node)
