"""A real cluster for tests, whose slots can be moved step by step."""

from typing import Final

import redis.cluster
from redis.crc import key_slot

from tests.support.ports import free_ports
from tests.support.store_server import SingleStore, eventually, valkey_binary

_BUS: Final = 10_000


class Cluster:
    """Three Valkey primaries that share the slots in thirds."""

    def __init__(self) -> None:
        config = "cluster-enabled yes\ncluster-config-file nodes.conf\ncluster-node-timeout 5000\n"
        self.servers = [
            SingleStore(valkey_binary(), port=port, config=config) for port in free_ports(3, bus=_BUS)
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
        for index, server in enumerate(self.servers):
            server.flush()
            self._restore(index)

    def remove(self) -> None:
        """Ends the servers and removes their directories."""
        for server in self.servers:
            server.remove()

    def holder(self, key: str) -> int:
        """Index of the server that has the key's slot by its own account."""
        slot = key_slot(key.encode())
        for index, server in enumerate(self.servers):
            if slot in _own_slots(server):
                return index
        raise AssertionError("no server has the slot")

    def begin_move(self, key: str, to: int) -> None:
        """The slot of `key` is now migrating: what is gone from the old place is asked for at the new."""
        slot, source, target = key_slot(key.encode()), self.servers[self.holder(key)], self.servers[to]
        target.ask("CLUSTER", "SETSLOT", slot, "IMPORTING", _node_id(source))
        source.ask("CLUSTER", "SETSLOT", slot, "MIGRATING", _node_id(target))

    def move_keys(self, key: str, to: int) -> None:
        """Moves the slot's keys."""
        slot, source, port = key_slot(key.encode()), self.servers[self.holder(key)], self.servers[to].port
        while keys := source.ask("CLUSTER", "GETKEYSINSLOT", slot, 100):
            source.ask("MIGRATE", "127.0.0.1", port, "", 0, 5000, "KEYS", *keys)

    def finish_move(self, key: str, to: int) -> None:
        """The slot belongs to the new place; the first to hear of it is that place."""
        node = _node_id(self.servers[to])
        for server in sorted(self.servers, key=lambda server: server is not self.servers[to]):
            server.ask("CLUSTER", "SETSLOT", key_slot(key.encode()), "NODE", node)

    def move_slot(self, key: str, to: int) -> None:
        """Moves the slot of `key`, with its keys, to the server with that index."""
        if self.holder(key) != to:
            self.begin_move(key, to)
            self.move_keys(key, to)
            self.finish_move(key, to)

    def _restore(self, index: int) -> None:
        home = self.servers[index]
        first, last = _third(index)
        strays = set(range(first, last + 1)) - _own_slots(home)
        for slot in strays | _open_slots(home):
            for server in sorted(self.servers, key=lambda server: server is not home):
                server.ask("CLUSTER", "SETSLOT", slot, "STABLE")
                if slot in strays:
                    server.ask("CLUSTER", "SETSLOT", slot, "NODE", _node_id(home))

    def _ok(self) -> bool:
        infos = [server.ask("CLUSTER", "INFO") for server in self.servers]
        return all(b"cluster_state:ok" in info and b"cluster_known_nodes:3" in info for info in infos)


def _third(index: int) -> tuple[int, int]:
    edges = (0, 5461, 10923, 16384)
    return edges[index], edges[index + 1] - 1


def _node_id(server: SingleStore) -> str:
    return str(server.ask("CLUSTER", "MYID").decode())


def _myself(server: SingleStore) -> list[str]:
    """What the server says of its slots; those on the move stand in brackets."""
    lines = server.ask("CLUSTER", "NODES").decode().splitlines()
    return next(line.split()[8:] for line in lines if "myself" in line.split()[2])


def _own_slots(server: SingleStore) -> set[int]:
    slots: set[int] = set()
    for part in _myself(server):
        if not part.startswith("["):
            first, _, last = part.partition("-")
            slots.update(range(int(first), int(last or first) + 1))
    return slots


def _open_slots(server: SingleStore) -> set[int]:
    return {int(part[1:].partition("-")[0]) for part in _myself(server) if part.startswith("[")}
