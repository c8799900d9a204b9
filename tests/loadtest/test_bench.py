"""The load test itself, at a small size: real nodes, a real store, every message checked."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.alone
@pytest.mark.process
@pytest.mark.slow
def test_a_small_run_measures_everything(tmp_path: Path) -> None:
    """All three systems work, every message arrives once and in order, and the figures are in the file."""
    output = tmp_path / "bench.json"
    sizes = [
        "--rounds",
        "1",
        "--seconds",
        "0.5",
        "--pairs",
        "2",
        "--window",
        "4",
        "--watching",
        "100",
        "--waiting",
        "20",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "loadtest", *sizes, "--output", str(output)],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        timeout=110,
    )
    # 1 says that a budget was not kept: half a second on a busy machine proves nothing either way.
    assert done.returncode in (0, 1), done.stdout + done.stderr
    found = json.loads(output.read_text())
    (only,) = found["rounds"]
    assert only["chatsvc"]["delivered"] > 100
    assert only["socketio"]["delivered"] > 10
    assert found["against_yardstick"] > 1
    assert set(found["idle_kib"]) == {"watch", "hello"}
