"""A real cluster for tests, whose slots can be moved step by step."""

import contextlib
from typing import Final

import redis.cluster
from redis.crc import key_slot

from tests.support.ports import free_ports
from tests.support.store_server import SingleStore, eventually, valkey_binary

_BUS: Final = 10_000


class Cluster:
    """Three Valkey primaries that share the slots in thirds."""

    def __init__(self, *, node_timeout_ms: int = 5000) -> None:
        self._config = (
            f"cluster-enabled yes\ncluster-config-file nodes.conf\ncluster-node-timeout {node_timeout_ms}\n"
        )
        self.replicas: list[SingleStore] = []
        self.servers = [
            SingleStore(valkey_binary(), port=port, config=self._config) for port in free_ports(3, bus=_BUS)
        ]

    @property
    def url(self) -> str:
        """For `Link.open`."""
        return f"redis+cluster://{','.join(f'127.0.0.1:{server.port}' for server in self.servers)}"

    def client(self) -> redis.cluster.RedisCluster:
        """A client of its own for assertions."""
        return redis.cluster.RedisCluster(host="127.0.0.1", port=self.servers[0].port)

    def found(self) -> None:
        """Starts the servers, gives them their slots and brings them together."""
        for server in self.servers:
            server.start()
        for index, server in enumerate(self.servers):
            server.ask("CLUSTER", "SET-CONFIG-EPOCH", index + 1)
            server.ask("CLUSTER", "ADDSLOTSRANGE", *_third(index))
            server.ask("CLUSTER", "MEET", "127.0.0.1", self.servers[0].port)
        eventually(self._ok)

    def start(self) -> None:
        """Starts what isn't there, and waits until the whole cluster serves."""
        for server in self.servers:
            server.launch()
        for server in self.servers:
            server.start()
        eventually(self._ok)

    def until_written(self) -> None:
        """Wait until all log files have everything."""
        for server in self.servers:
            server.until_written()

    def kill(self) -> None:
        """SIGKILL to all."""
        for server in self.servers:
            server.kill()

    def pause(self) -> None:
        """SIGSTOP to all."""
        for server in self.servers:
            server.pause()

    def resume(self) -> None:
        """SIGCONT to all."""
        for server in self.servers:
            server.resume()

    def flush(self) -> None:
        """Removes all keys and gives every slot back to where it was at first."""
        for server in self.servers:
            server.flush()
        for index in range(3):
            self._restore(index)

    def remove(self) -> None:
        """Ends the servers and removes their directories."""
        for server in (*self.servers, *self.replicas):
            server.remove()

    def add_replica(self, of: int) -> SingleStore:
        """A replica of the server with that index, in step with it."""
        primary = self.servers[of]
        replica = SingleStore(valkey_binary(), port=free_ports(1, bus=_BUS)[0], config=self._config)
        self.replicas.append(replica)
        replica.start()
        replica.ask("CLUSTER", "MEET", "127.0.0.1", primary.port)
        node = _node_id(primary)
        eventually(lambda: node in _slots(replica))
        replica.ask("CLUSTER", "REPLICATE", node)
        eventually(lambda: _in_step(replica))
        return replica

    def holder(self, key: str) -> int:
        """Index of the server that has the key's slot."""
        return self._holder(key_slot(key.encode()))

    def begin_move(self, key: str, to: int) -> None:
        """The slot of `key` is now migrating: what is gone from the old place is asked for at the new."""
        self._open(key_slot(key.encode()), to)

    def move_keys(self, key: str, to: int) -> None:
        """Moves the slot's keys."""
        slot, source, port = key_slot(key.encode()), self.servers[self.holder(key)], self.servers[to].port
        while keys := source.ask("CLUSTER", "GETKEYSINSLOT", slot, 100):
            source.ask("MIGRATE", "127.0.0.1", port, "", 0, 5000, "KEYS", *keys)

    def finish_move(self, key: str, to: int) -> None:
        """The slot belongs to the new place, and every server knows."""
        self._settle(key_slot(key.encode()), to)

    def move_slot(self, key: str, to: int) -> None:
        """Moves the slot of `key`, with its keys, to the server with that index."""
        if self.holder(key) != to:
            self.begin_move(key, to)
            self.move_keys(key, to)
            self.finish_move(key, to)

    def migrate_slot(self, key: str, to: int) -> None:
        """Moves the slot of `key` with all its keys at one stroke, as Valkey 9 does by itself."""
        slot, source, target = key_slot(key.encode()), self.servers[self.holder(key)], self.servers[to]
        source.ask("CLUSTER", "MIGRATESLOTS", "SLOTSRANGE", slot, slot, "NODE", _node_id(target))
        eventually(lambda: all(slot in _slots(server)[_node_id(target)] for server in self.servers))

    def _holder(self, slot: int) -> int:
        return next(index for index, server in enumerate(self.servers) if slot in _slots(server)["myself"])

    def _open(self, slot: int, to: int) -> None:
        source, target = self.servers[self._holder(slot)], self.servers[to]
        target.ask("CLUSTER", "SETSLOT", slot, "IMPORTING", _node_id(source))
        source.ask("CLUSTER", "SETSLOT", slot, "MIGRATING", _node_id(target))

    def _settle(self, slot: int, to: int) -> None:
        node = _node_id(self.servers[to])
        # The new owner first: as the importing side it raises its epoch, which decides when servers disagree.
        for server in sorted(self.servers, key=lambda server: server is not self.servers[to]):
            server.ask("CLUSTER", "SETSLOT", slot, "NODE", node)
        eventually(lambda: all(slot in _slots(server).get(node, ()) for server in self.servers))

    def _restore(self, index: int) -> None:
        for server in self.servers:
            for slot in _open_slots(server):
                server.ask("CLUSTER", "SETSLOT", slot, "STABLE")
        first, last = _third(index)
        for slot in set(range(first, last + 1)) - _slots(self.servers[index])["myself"]:
            self._open(slot, index)
            self._settle(slot, index)

    def _ok(self) -> bool:
        infos = [server.ask("CLUSTER", "INFO") for server in self.servers]
        return all(b"cluster_state:ok" in info and b"cluster_known_nodes:3" in info for info in infos)


def _in_step(replica: SingleStore) -> bool:
    with contextlib.closing(replica.client()) as client:
        return client.info("replication").get("master_link_status") == "up"


def _third(index: int) -> tuple[int, int]:
    edges = (0, 5461, 10923, 16384)
    return edges[index], edges[index + 1] - 1


def _node_id(server: SingleStore) -> str:
    return str(server.ask("CLUSTER", "MYID").decode())


def _lines(server: SingleStore) -> list[list[str]]:
    return [line.split() for line in server.ask("CLUSTER", "NODES").decode().splitlines()]


def _slots(server: SingleStore) -> dict[str, set[int]]:
    """Every node's slots in the server's own view, by node id; its own also as `myself`."""
    view: dict[str, set[int]] = {}
    for name, _, flags, _, _, _, _, _, *parts in _lines(server):
        ranges = [part.partition("-") for part in parts if not part.startswith("[")]
        slots = {slot for first, _, last in ranges for slot in range(int(first), int(last or first) + 1)}
        view[name] = slots
        if "myself" in flags:
            view["myself"] = slots
    return view


def _open_slots(server: SingleStore) -> set[int]:
    parts = next(line[8:] for line in _lines(server) if "myself" in line[2])
    return {int(part[1:].partition("-")[0]) for part in parts if part.startswith("[")}
