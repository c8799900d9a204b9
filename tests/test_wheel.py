"""The package that users get: built from the repository, run in an empty environment without Node.js."""

import re
import signal
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from aiohttp import ClientSession

from tests.support.ports import free_port

ROOT = Path(__file__).resolve().parents[1]
UV = Path(sys.executable).with_name("uv")
READY_WITHIN_S = 60


def run_uv(*arguments: str | Path) -> None:
    subprocess.run(
        [UV, "--system-certs", "--quiet", *arguments], check=True, cwd=ROOT, stdin=subprocess.DEVNULL
    )


@pytest.fixture(scope="module")
def wheel(static_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from the repository as it is."""
    assert static_dir.is_dir()
    folder = tmp_path_factory.mktemp("dist")
    run_uv("build", "--no-build-isolation", "--python", sys.executable, "--wheel", "--out-dir", folder, ROOT)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def program(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`chatsvc`, installed from the wheel into an empty environment with the locked versions."""
    environment = tmp_path_factory.mktemp("empty") / "venv"
    run_uv("venv", "--python", sys.executable, environment)
    python = environment / "bin" / "python"
    run_uv("pip", "install", "--python", python, "--constraint", ROOT / "requirements.lock", wheel)
    return environment / "bin" / "chatsvc"


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


class Demo:
    """A running `chatsvc demo` of the installed wheel; neither this checkout nor Node.js is in reach."""

    def __init__(self, program: Path, folder: Path) -> None:
        self.port, self.metrics_port = free_port(), free_port()
        options = ["--port", self.port, "--metrics-port", self.metrics_port, "--data-dir", folder / "data"]
        self._folder = folder
        self._output: list[str] = []
        self._ready = threading.Event()
        self.process = subprocess.Popen(
            [program, "demo", *map(str, options)],
            cwd=folder,
            env={"PATH": str(program.parent), "HOME": str(folder), "LANG": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._output.append(line)
            if "/console/" in line:
                self._ready.set()
        self._ready.set()

    def until_ready(self) -> None:
        assert self._ready.wait(READY_WITHIN_S), self.output
        assert self.process.poll() is None, self.output

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(15)
        finally:
            self.process.kill()
            self._reader.join(5)

    def left_behind(self) -> list[int]:
        """Processes of this demo that still run: those whose command names its folder."""
        folder = str(self._folder)
        return [
            process.pid
            for process in psutil.process_iter()
            if any(folder in word for word in _command(process)) and process.pid != self.process.pid
        ]

    @property
    def output(self) -> str:
        return "".join(self._output)


@pytest.fixture
def demo(program: Path, tmp_path: Path) -> Iterator[Demo]:
    running = Demo(program, tmp_path)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.stop()


def test_the_wheel_holds_the_front_end_and_the_scripts(wheel: Path) -> None:
    """Launcher, panel, console, Lua scripts and example pages are in the wheel; their sources are not."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    static = {
        f"static/{name}" for name in ("w.js", "panel.html", "console.html", "manage.html", "manifest.json")
    }
    assert {f"chatsvc/{name}" for name in (*static, "store/lua/append.lua", "demo_site/site.css")} <= names
    assert any(name.endswith("/licenses/LICENSE") for name in names)
    assert {name.split("/")[0].split("-")[0] for name in names} == {"chatsvc"}
    assert not [name for name in names if "node_modules" in name or name.endswith((".ts", ".tsx"))]


def test_the_wheel_says_nothing_about_the_machine_it_was_built_on(wheel: Path) -> None:
    """No file of the wheel names a folder of the machine that built it."""
    here = str(ROOT).encode()
    with zipfile.ZipFile(wheel) as archive:
        assert [name for name in archive.namelist() if here in archive.read(name)] == []


@pytest.mark.process
@pytest.mark.slow
async def test_the_demo_runs_from_the_wheel(demo: Demo) -> None:
    """In an empty environment the demo starts, serves launcher, panel and console, and stops whole."""
    demo.until_ready()
    base = f"http://127.0.0.1:{demo.port}"
    async with ClientSession(headers={"Host": f"chat.localhost:{demo.port}"}) as client:
        for path in ("/w.js", "/panel?site=kunta&queue=paihde&lang=fi", "/console/", "/manage/"):
            async with client.get(base + path) as answer:
                body = await answer.text()
                assert answer.status == 200, (path, body)
            for asset in re.findall(r'(?:src|href)="(/assets/[^"]+)"', body):
                async with client.get(base + asset) as answer:
                    assert answer.status == 200, asset
    async with (
        ClientSession() as client,
        client.get(f"http://127.0.0.1:{demo.metrics_port}/metrics") as answer,
    ):
        assert "chatsvc_build" in await answer.text()
    assert demo.stop() == 0, demo.output
    assert demo.left_behind() == []
