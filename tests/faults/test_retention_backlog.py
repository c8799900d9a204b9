"""A worker that starts after days in which everything was down: what fell due meanwhile is gone within a minute."""

import os
import time
from pathlib import Path

import pytest

from chatsvc.domain.retention import DAY_MS
from chatsvc.store.directory import wall_clock_ms
from tests.faults.test_retention_kills import Watch, declared
from tests.support.backlog import put_away, with_keys
from tests.support.processes import Program, until
from tests.support.retained import MASTER, shelf_on
from tests.support.store_server import SingleStore, served, valkey_binary

OVERDUE = int(os.environ.get("CHATSVC_BACKLOG", "600"))  # as many as `make backlog` says
STAYING = int(os.environ.get("CHATSVC_STAYING", "2000"))  # other rows of the vault, which is written anew


@pytest.mark.process
@pytest.mark.slow
async def test_what_fell_due_while_all_was_down_is_gone_within_a_minute(tmp_path: Path) -> None:
    """From the start of the process on, the vault's other rows stay."""
    with served(SingleStore(valkey_binary())) as store:
        async with shelf_on(store, tmp_path, capacity=10) as shelf:
            await declared(shelf)
            idents = [f"o{number}x" for number in range(OVERDUE)]
            await put_away(shelf, idents, wall_clock_ms() - 3 * DAY_MS)
            for first in range(0, STAYING, 1_000):
                await with_keys(
                    shelf, [f"stay{number}" for number in range(first, min(first + 1_000, STAYING))]
                )
            worker = Program(
                "worker", output=tmp_path / "worker.log", CHATSVC_REDIS_URL=store.url, CHATSVC_METRICS_PORT="0",
                CHATSVC_WORKER_METRICS_PORT="0", CHATSVC_DATA_DIR=str(tmp_path / "data"),
                CHATSVC_VAULT_PATH=str(shelf.path), CHATSVC_MASTER_KEY=MASTER.hex(),
            )  # fmt: skip
            watch, began = Watch(shelf), time.monotonic()
            try:
                worker.launch()
                await until(lambda: watch.buried() == OVERDUE, 600)
                took = time.monotonic() - began
            finally:
                worker.kill()
            print(f"{OVERDUE} overdue beside {STAYING} others: {took:.1f} s")  # noqa: T201 - what it measured
            assert took < 60
            assert len(watch.with_keys()) == STAYING
            assert watch.put_away() == 0
