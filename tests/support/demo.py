"""A real demo process, as a user starts it."""

import asyncio
import signal
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(slots=True)
class Demo:
    """A running demo."""

    port: int
    metrics_port: int
    data_dir: Path
    process: asyncio.subprocess.Process | None = None

    @property
    def page(self) -> str:
        """The example municipality."""
        return f"http://kunta.localhost:{self.port}"

    @property
    def chat(self) -> str:
        """The chat's own origin."""
        return f"http://chat.localhost:{self.port}"

    async def start(self) -> None:
        """Start, and wait until it is ready."""
        command = ("-m", "chatsvc", "demo", "--port", str(self.port), "--metrics-port", str(self.metrics_port),
                   "--data-dir", str(self.data_dir))  # fmt: skip
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        assert self.process.stdout is not None
        said = b""
        async with asyncio.timeout(30):
            while b"Ctrl-C ends everything" not in said:
                line = await self.process.stdout.readline()
                assert line, said.decode()
                said += line

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End it."""
        if self.process is not None and self.process.returncode is None:
            self.process.send_signal(number)
            await asyncio.wait_for(self.process.wait(), 15)
