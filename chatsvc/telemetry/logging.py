"""Log lines: one JSON object each, named events and ids, never what a person wrote or where they are."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import threading
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any, TextIO, cast

import structlog
from structlog.typing import FilteringBoundLogger

from chatsvc.telemetry.private import clean_fields, describe_error

Level = str  # "debug" | "info" | "warning" | "error"
LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
}


class _Lines:
    """Writes finished lines to a stream; a reader that has gone away never stops the service."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def msg(self, line: str) -> None:
        # A closed pipe or a full disk: the service is worth more than its log.
        try:
            with self._lock:
                self._stream.write(line + "\n")
                self._stream.flush()
        except (OSError, ValueError):
            return

    debug = info = warning = error = critical = exception = log = msg


def _take_error(_logger: Any, _name: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replaces `exc_info` by type and places."""
    given = fields.pop("exc_info", None)
    if given is True:
        given = sys.exc_info()[1]
    elif isinstance(given, tuple):
        given = given[1]
    if isinstance(given, BaseException):
        fields["error"] = describe_error(given)
    return fields


def _keep_private(_logger: Any, _name: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Drops and cleans what must not be logged; the error was described from types and places alone."""
    error = fields.pop("error", None)
    kept = clean_fields(fields)
    if isinstance(error, dict):
        kept["error"] = error
    elif error is not None:
        kept["error"] = clean_fields({"kind": error})["kind"]
    return kept


def _as_json(_logger: Any, _name: str, fields: MutableMapping[str, Any]) -> str:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))


class LibraryHandler(logging.Handler):
    """Turns the records of libraries into lines that say which library, where and which error.

    The message itself stays out: aiohttp's names the peer's address, asyncio's shows the results of tasks.
    """

    def emit(self, record: logging.LogRecord) -> None:
        log = get_logger()
        error = record.exc_info[1] if record.exc_info else None
        log.log(
            record.levelno,
            "library_event",
            library=record.name,
            where=f"{record.module}.{record.funcName}:{record.lineno}",
            exc_info=error,
        )


def get_logger(**bound: Any) -> FilteringBoundLogger:
    """A logger whose lines carry `bound`; events are snake_case literals, everything else goes in fields."""
    return cast(FilteringBoundLogger, structlog.get_logger(**bound))


def configure(level: Level = "info", stream: TextIO | None = None) -> None:
    """Sends every log line of this process to `stream` (standard output if None), from `level` upwards.

    Also takes over the standard library's loggers and the last-resort hooks for uncaught exceptions, which
    would print messages of exceptions. Raises ValueError for an unknown level.
    """
    threshold = LEVELS.get(level.lower())
    if threshold is None:
        raise ValueError(f"log level: one of {', '.join(LEVELS)} is expected")
    lines = _Lines(stream or sys.stdout)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            _take_error,
            _keep_private,
            _as_json,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=lambda *_: lines,
        cache_logger_on_first_use=False,
    )
    _take_over_libraries(threshold)
    sys.excepthook = _crashed
    threading.excepthook = _thread_crashed
    sys.unraisablehook = _unraisable


def _take_over_libraries(threshold: int) -> None:
    root = logging.getLogger()
    for handler in list(root.handlers):
        # pytest's own capturing handlers stay: they are how a test looks at records.
        if not type(handler).__module__.startswith("_pytest"):
            root.removeHandler(handler)
    root.addHandler(LibraryHandler())
    root.setLevel(max(threshold, logging.WARNING))
    for name in ("aiohttp.server", "aiohttp.web", "aiohttp.websocket", "aiohttp.client", "asyncio", "redis"):
        library = logging.getLogger(name)
        library.handlers.clear()
        library.propagate = True
    access = logging.getLogger("aiohttp.access")
    access.handlers.clear()
    access.propagate = False
    access.disabled = True
    logging.captureWarnings(True)


def watch_loop(loop: asyncio.AbstractEventLoop) -> None:
    """Logs what goes wrong in callbacks and forgotten tasks of `loop`, by type and place."""
    loop.set_exception_handler(_loop_failed)


def _loop_failed(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    task = context.get("task") or context.get("future")
    name = task.get_name() if isinstance(task, asyncio.Task) else None
    get_logger().error("loop_failed", task=name, exc_info=context.get("exception"))


def _crashed(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    get_logger().critical("crashed", exc_info=error.with_traceback(trace))


def _thread_crashed(context: threading.ExceptHookArgs) -> None:
    name = context.thread.name if context.thread else None
    get_logger().error("thread_crashed", thread=name, exc_info=context.exc_value)


def _unraisable(context: Any) -> None:
    get_logger().warning("error_ignored", exc_info=context.exc_value)
