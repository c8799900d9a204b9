"""A real nginx in front of a node, with the lines that deploy/abuse.md gives to operators."""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "deploy" / "abuse.md"
SURROUNDINGS = """\
daemon off; master_process off; worker_processes 1; pid {folder}/nginx.pid; error_log stderr crit;
events {{ worker_connections {connections}; }}
http {{
client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
proxy_bind {address};
{ours}
}}
"""
ADDRESS = "127.0.0.9"  # from which it comes to the node, unlike everybody else on this machine


def program() -> str:
    """Where nginx is; Debian keeps it where only root looks."""
    found = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/bin")
    assert found, "The tests need nginx: apt-get install nginx."
    return found


def documented() -> str:
    """The lines that operators are given."""
    found = re.search(r"```nginx\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


@asynccontextmanager
async def nginx(
    folder: Path, port: int, target: int, *, ours: str = "", connections: int = 512
) -> AsyncIterator[Path]:
    """nginx on this port of loopback before a node on `target`; what it writes is in the folder that this gives.

    `ours` are its lines, if not those that operators are given.
    """
    folder.mkdir()
    ours = (
        (ours or documented())
        .replace("127.0.0.1:8080", f"127.0.0.1:{target}")
        .replace("127.0.0.1:8000", f"127.0.0.1:{port}")
    )
    config = folder / "nginx.conf"
    config.write_text(
        SURROUNDINGS.format(folder=folder, ours=ours, address=ADDRESS, connections=connections),
        encoding="utf-8",
    )
    with (folder / "errors.log").open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            program(), "-p", str(folder), "-e", "stderr", "-c", str(config), stdout=errors, stderr=errors
        )
    try:
        await _listens(port, process, folder)
        yield folder
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _listens(port: int, process: asyncio.subprocess.Process, folder: Path) -> None:
    async with asyncio.timeout(10):
        while True:
            assert process.returncode is None, (folder / "errors.log").read_text()
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                return
