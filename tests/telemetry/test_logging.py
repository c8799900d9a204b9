"""Log lines of a real process and of real libraries."""

import asyncio
import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from aiohttp import ClientSession, web

from chatsvc.telemetry.logging import configure, get_logger, watch_loop

SECRET = "I drank again and I am ashamed"


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """The log of this process, given back as it was afterwards."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    hooks = sys.excepthook, sys.unraisablehook
    stream = io.StringIO()
    configure("debug", stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    sys.excepthook, sys.unraisablehook = hooks
    logging.captureWarnings(False)
    structlog.reset_defaults()


def written(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_one_json_object(lines: io.StringIO) -> None:
    """A line carries its event, level, time, bound fields and own fields."""
    get_logger(conversation="c1").info("message_stored", seq=4)
    (line,) = written(lines)
    assert line.pop("at").endswith("Z")
    assert line == {"event": "message_stored", "level": "info", "conversation": "c1", "seq": 4}


def test_an_error_is_logged_without_its_message(lines: io.StringIO) -> None:
    """`exc_info` becomes a type and places."""
    try:
        raise ValueError(SECRET)
    except ValueError:
        get_logger().exception("message_failed")
    (line,) = written(lines)
    assert line["error"]["type"] == "ValueError"
    assert SECRET not in lines.getvalue()


def test_a_library_that_names_a_person_is_not_repeated(lines: io.StringIO) -> None:
    """A library's record shows where it came from, never what it says."""
    logging.getLogger("aiohttp.server").error("Error handling request from %s: %s", "127.0.0.7", SECRET)
    logging.getLogger("asyncio").error("Task result was " + SECRET)  # noqa: G003 (as asyncio does)
    assert [line["library"] for line in written(lines)] == ["aiohttp.server", "asyncio"]
    assert "127.0.0.7" not in lines.getvalue()
    assert SECRET not in lines.getvalue()


def test_the_access_log_is_off(lines: io.StringIO) -> None:
    """Requests leave no line."""
    logging.getLogger("aiohttp.access").error('127.0.0.7 "GET / HTTP/1.1" "Marked Browser"')
    assert lines.getvalue() == ""


async def test_a_failing_handler_of_aiohttp_leaves_no_address(lines: io.StringIO) -> None:
    """An exception in a request handler is logged by aiohttp itself: by type and place, without the peer."""

    async def fail(_request: web.Request) -> web.Response:
        raise RuntimeError(SECRET)

    app = web.Application()
    app.router.add_get("/", fail)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        async with ClientSession() as client:
            answer = await client.get(
                f"http://127.0.0.1:{runner.addresses[0][1]}/", headers={"User-Agent": "Marked"}
            )
            assert answer.status == 500
    finally:
        await runner.cleanup()
    (line,) = [line for line in written(lines) if line.get("library") == "aiohttp.server"]
    assert line["error"]["type"] == "RuntimeError"
    assert line["error"]["at"][-1].endswith("fail")
    assert "127.0.0.1" not in lines.getvalue()
    assert SECRET not in lines.getvalue()


async def test_a_failing_callback_is_logged_by_type(lines: io.StringIO) -> None:
    """What the loop reports has a type and a place, and no message."""
    loop = asyncio.get_running_loop()
    watch_loop(loop)
    reported = asyncio.Event()

    def fail() -> None:
        loop.call_soon(reported.set)
        raise ValueError(SECRET)

    loop.call_soon(fail)
    await reported.wait()
    loop.set_exception_handler(None)
    (line,) = written(lines)
    assert (line["event"], line["error"]["type"]) == ("loop_failed", "ValueError")
    assert SECRET not in lines.getvalue()


def test_a_level_that_does_not_exist_is_refused() -> None:
    """An unknown level is refused with the ones that exist."""
    with pytest.raises(ValueError, match="debug, info, warning, error"):
        configure("loud", io.StringIO())


def test_a_process_that_crashes_prints_no_message() -> None:
    """An uncaught exception ends up as one JSON line; standard error stays empty."""
    program = (
        "from chatsvc.telemetry.logging import configure\n"
        "configure('info')\n"
        f"raise RuntimeError({SECRET!r})\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr == ""
    assert json.loads(ended.stdout)["error"]["type"] == "RuntimeError"
    assert SECRET not in ended.stdout


def test_a_log_that_nobody_reads_any_more_is_no_failure() -> None:
    """A process goes on when the reader of its log has gone."""
    program = (
        "import sys\n"
        "from chatsvc.telemetry.logging import configure, get_logger\n"
        "configure('info')\n"
        "sys.stdin.readline()\n"
        "for number in range(1000): get_logger().info('still_here', number=number)\n"
        "sys.stderr.write('went on')\n"
    )
    running = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert running.stdin
    assert running.stdout
    assert running.stderr
    running.stdout.close()
    running.stdin.write(b"\n")
    running.stdin.close()
    with running:
        assert running.stderr.read().startswith(b"went on")
