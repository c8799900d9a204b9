"""A master, its replica, and a sentinel that alone decides."""

import contextlib
from typing import Generic, TypeVar

from tests.support.store_server import SingleStore, eventually

StoreT = TypeVar("StoreT", bound=SingleStore)


class Watched(Generic[StoreT]):
    """The three of them; who makes them gives the configuration by which they find each other."""

    def __init__(self, master: StoreT, replica: StoreT, sentinel: SingleStore) -> None:
        self.master, self.replica, self.sentinel = master, replica, sentinel

    def start(self) -> None:
        """Starts all three and waits until the sentinel would promote the replica."""
        self.master.start()
        self.replica.start()
        eventually(self._linked)
        self.sentinel.start()
        eventually(self._known)

    def fail_over(self) -> None:
        """Has the sentinel promote the replica, while the master goes on living."""
        self.sentinel.ask("SENTINEL", "FAILOVER", "main")

    def remove(self) -> None:
        """Ends all three."""
        for server in (self.sentinel, self.replica, self.master):
            server.remove()

    def _linked(self) -> bool:
        with contextlib.closing(self.replica.client()) as client:
            return client.info("replication").get("master_link_status") == "up"

    def _known(self) -> bool:
        replicas = self.sentinel.ask("SENTINEL", "REPLICAS", "main")
        return bool(replicas) and replicas[0].get(b"master-link-status") == b"ok"
