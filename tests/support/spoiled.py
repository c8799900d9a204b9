"""The program with faults planted where words pass: each raises an exception whose text repeats all that it was given.

`SPOIL_LOGS=1` takes the program's own logging away too, so that a test can see that these faults would show.
"""

import asyncio
import gc
import logging
import os
import sys
import threading
import warnings
from typing import Any, Never

from aiohttp import web

from chatsvc import app_worker, running
from chatsvc.cli import main
from chatsvc.services import desk, intake, visits
from chatsvc.store.link import Link
from chatsvc.web import pages, sign_in

LINK_FAILS = os.environ.get("SPOIL_LINK") or None  # words which the failing store repeats


class Planted(Exception):
    """What went wrong, with everything in its text."""


class _Ghost:
    """Fails while it is forgotten."""

    def __init__(self, words: str) -> None:
        self.words = words

    def __del__(self) -> None:
        raise Planted(self.words)


def fail(*given: object, **named: object) -> Never:
    """Repeats what it was given."""
    try:
        raise KeyError(repr(given))
    except KeyError as error:
        raise Planted(f"{given!r} {named!r}") from error


async def fail_later(*given: object) -> Never:
    """The same in a task that nobody waits for."""
    await asyncio.sleep(0)
    fail(*given)


def fail_in_every_way(*given: object) -> Never:
    """In a forgotten task, a callback, a thread, a destructor, a warning, a library's log, and here."""
    words = repr(given)
    loop = asyncio.get_running_loop()
    loop.create_task(fail_later(words), name="planted").add_done_callback(lambda _: gc.collect())
    loop.call_soon(fail, words)
    threading.Thread(target=fail, args=(words,), name="planted").start()
    _Ghost(words)
    warnings.warn(words, stacklevel=1)
    logging.getLogger("some.library").error("could not handle %s", words)
    fail(*given)


async def fail_request(request: web.Request) -> Never:
    """In a handler of HTTP, with the request, its headers and its body."""
    fail(request, dict(request.headers), await request.text())


async def fail_open(*_: Any, **__: Any) -> Never:
    """A store that repeats words when it is opened."""
    fail(LINK_FAILS)


def spoil() -> None:
    """Plant the faults."""
    right = intake.lead

    def lead(site: Any, queue: Any, answers: Any, refusal: Any) -> Any:
        return fail(answers) if "spoil" in (answers or {}) else right(site, queue, answers, refusal)

    async def count(*_: Any) -> Never:
        fail_in_every_way(os.environ.get("SPOIL_WORDS"))

    planted: list[tuple[object, str, object]] = [
        (intake, "lead", lead),
        (visits, "post_message", fail_in_every_way),
        (desk, "post_note", fail),
        (pages, "own_page", fail_request),
        (sign_in, "read_object", fail_request),
        (app_worker.WorkerParts, "_count", count),
    ]
    if LINK_FAILS:
        planted.append((Link, "open", fail_open))
    if os.environ.get("SPOIL_LOGS"):
        planted.append((running, "configure", lambda *_: logging.basicConfig(stream=sys.stdout)))
    for place, name, fault in planted:
        setattr(place, name, fault)


if __name__ == "__main__":
    spoil()
    main()
