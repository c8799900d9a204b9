"""The three systems that do the same work: the yardstick, chatsvc, and python-socketio."""

import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from loadtest.crowds import Plan
from loadtest.processes import (
    ROOT,
    Child,
    RunFailed,
    answers,
    clean_environ,
    free_port,
    listens,
    start_generator,
    start_store,
)

SITE = """\
[site.bench]
names = { fi = "Mittaus", sv = "Mätning", en = "Measurement" }

[site.bench.queue.talk]
names = { fi = "Puhe", sv = "Tal", en = "Talk" }
waiting_limit = 10000
"""
MOST_SOCKETS = "20000"


@dataclass(frozen=True, slots=True)
class System:
    """Servers and store that run, and the generator that talks with them."""

    name: str
    servers: tuple[Child, ...]
    generator: Child

    @property
    def pids(self) -> tuple[int, ...]:
        """Whose CPU time counts: servers and store, not the generator."""
        return tuple(child.pid for child in self.servers)


class Chatsvc:
    """A store, a declared site and accounts, and any number of nodes; all made as an operator makes them."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        self._stack = stack
        self.folder = folder
        self._tokens: list[str] = []
        self.store, url = start_store("store", folder)
        stack.callback(self.store.stop)
        self._environ = {
            "CHATSVC_REDIS_URL": url,
            "CHATSVC_DATA_DIR": str(folder / "data"),
            "CHATSVC_MAX_CONNECTIONS": MOST_SOCKETS,
        }
        (folder / "site.toml").write_text(SITE, encoding="utf-8")
        self._command("apply", str(folder / "site.toml"))

    def counsellors(self, count: int) -> list[str]:
        """API tokens of that many accounts, made where there are not enough yet."""
        with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
            self._tokens += pool.map(self._counsellor, range(len(self._tokens), count))
        return self._tokens[:count]

    def node(self, name: str, *options: str) -> tuple[Child, int]:
        """A node that is ready, and its port."""
        port = free_port()
        ports = {
            "CHATSVC_PORT": port,
            "CHATSVC_METRICS_PORT": free_port(),
            "CHATSVC_WORKER_METRICS_PORT": free_port(),
        }
        child = Child(
            name,
            self.folder,
            [sys.executable, "-m", "chatsvc", "serve", *options],
            self._environ | {key: str(value) for key, value in ports.items()},
        )
        self._stack.callback(child.stop)
        return child.until(lambda: listens(port) and answers(port, "/readyz")), port

    def _counsellor(self, index: int) -> str:
        name = f"bench{index}"
        options = ["--alias", f"Bench {index}", "--site", "bench", "--password-file", "-"]
        self._command("counsellor", "add", name, *options, stdin="only for measuring 123\n")
        words = self._command("token", "create", name, "--label", "bench").split()
        return max(words, key=len)

    def _command(self, *arguments: str, stdin: str = "") -> str:
        done = subprocess.run(
            [sys.executable, "-m", "chatsvc", *arguments],
            check=False,
            input=stdin,
            capture_output=True,
            text=True,
            cwd=ROOT,
            env=clean_environ() | self._environ,
        )
        if done.returncode:
            raise RunFailed(f"chatsvc {arguments[0]}: {done.stdout}{done.stderr}")
        return done.stdout


def start_chatsvc(stack: ExitStack, folder: Path, pairs: int, window: int) -> tuple[System, Chatsvc]:
    """Two nodes on one store, visitors on the first, counsellors on the second."""
    service = Chatsvc(stack, folder)
    tokens = service.counsellors(pairs)
    (one, first), (other, second) = service.node("node1", "--with-worker"), service.node("node2")
    plan = Plan("chatsvc", (first, second), pairs, window, tuple(tokens))
    return _system(stack, folder, plan, [one, other, service.store]), service


def start_socketio(stack: ExitStack, folder: Path, pairs: int, window: int) -> System:
    """Two nodes of python-socketio on one store."""
    store, url = start_store("socketio-store", folder)
    stack.callback(store.stop)
    ports = free_port(), free_port()
    nodes = [
        Child(
            f"socketio{port}", folder, [sys.executable, "-m", "loadtest.peers.socketio_node", str(port), url]
        )
        for port in ports
    ]
    for node, port in zip(nodes, ports, strict=True):
        stack.callback(node.stop)
        node.until(lambda port=port: listens(port))  # type: ignore[misc]  # bound now
    return _system(stack, folder, Plan("socketio", ports, pairs, window), [*nodes, store])


def start_echo(stack: ExitStack, folder: Path, pairs: int, window: int) -> System:
    """The yardstick: one server, as many sockets as the others have."""
    port = free_port()
    server = Child("echo", folder, [sys.executable, "-m", "loadtest.peers.echo", str(port)])
    stack.callback(server.stop)
    server.until(lambda: listens(port))
    return _system(stack, folder, Plan("echo", (port,), pairs, window), [server])


def _system(stack: ExitStack, folder: Path, plan: Plan, servers: Sequence[Child]) -> System:
    generator = start_generator(f"{plan.system}-generator", folder)
    stack.callback(generator.stop)
    generator.ask(
        {
            "plan": {
                "system": plan.system,
                "ports": plan.ports,
                "pairs": plan.pairs,
                "window": plan.window,
                "tokens": plan.tokens,
            }
        }
    )
    return System(plan.system, tuple(servers), generator)
