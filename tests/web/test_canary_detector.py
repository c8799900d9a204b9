"""The detector of test_canary.py sees whatever is planted, in every form and place, and mistakes nothing harmless."""

import base64
import gzip
import hashlib
import html
import json
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from tests.support.canary import Found
from tests.support.store_server import SingleStore
from tests.web.test_canary import ADDRESS, AGENT, WORDS, detector


def planted() -> Iterator[tuple[str, bytes]]:
    """Forms in which a careless program might keep an address or a browser."""
    for name, value in (("address", ADDRESS), ("agent", AGENT)):
        raw = value.encode()
        yield f"{name} as it is", raw
        yield f"{name} in other case", value.upper().encode()
        yield f"{name} in hex", raw.hex().encode()
        yield f"{name} in base64", base64.b64encode(raw)
        yield f"{name} in base64 after something", base64.b64encode(b"a:" + raw + b":4711")
        yield f"{name} in base64url", base64.urlsafe_b64encode(b"x" + raw)
        for kind in ("md5", "sha1", "sha256", "sha512", "blake2b"):
            yield f"{name} as {kind}", hashlib.new(kind, raw).hexdigest().encode()
            yield f"{name} as {kind} bytes", hashlib.new(kind, raw).digest()
            yield f"{name} as {kind}, shortened", hashlib.new(kind, raw).hexdigest()[:16].encode()
        yield f"{name} in UTF-16", value.encode("utf-16-be")
        yield f"{name} in UTF-32", value.encode("utf-32-be")
        yield f"{name} in a path", quote(value, safe="").encode()
        yield f"{name} in a query", urlencode({"q": value}).encode()
        yield f"{name} in HTML", html.escape(value).encode()
        yield f"{name} in JSON, as numbers", json.dumps(list(raw)).encode()
        yield f"{name} in base32", base64.b32encode(raw)
        yield f"{name} in gzip", gzip.compress(b"a line\n" + raw)
        yield f"{name} in zlib", zlib.compress(b"a line\n" + raw, 1)
    yield "address as bytes", bytes((127, 0, 0, 7))
    yield "address as a number", str(int.from_bytes(bytes((127, 0, 0, 7)), "big")).encode()
    yield "address in IPv6", f"::ffff:{ADDRESS}".encode()


@pytest.mark.parametrize(("form", "trace"), list(planted()), ids=[form for form, _ in planted()])
def test_every_form_is_seen(form: str, trace: bytes) -> None:
    """The detector sees a planted trace between other bytes."""
    found = detector().in_bytes("here", b'{"a":"' + trace + b'"}')
    assert found, form


@pytest.mark.parametrize("kind", ["content", "name", "deep", "gone to a binary file"])
def test_a_planted_file_is_seen(tmp_path: Path, kind: str) -> None:
    """In contents and names, however deep."""
    assert detector().in_folder(tmp_path) == []
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    path = folder / (f"visitor-{ADDRESS}.log" if kind == "name" else "x.log")
    path.write_bytes(b"" if kind == "name" else b"\x00\xff" * 5_000 + ADDRESS.encode() + b"\x00")
    assert {found.mark for found in detector().in_folder(tmp_path)} == {"address"}


@pytest.mark.parametrize(
    ("argument", "value", "where"),
    [(ADDRESS, "", "cmdline"), ("x", ADDRESS, "environ"), ("file", "", "fd"), ("x", "", "")],
)
def test_a_planted_word_about_a_process_is_seen(
    tmp_path: Path, argument: str, value: str, where: str
) -> None:
    """On its command line, in its environment, in a file that has no name any more; and nothing where nothing is."""
    program = tmp_path / "program.py"
    program.write_text(
        "import sys, tempfile\n"
        "file = tempfile.TemporaryFile(buffering=0)\n"
        f"file.write({AGENT.encode()!r} if 'file' in sys.argv else b'')\n"
        "print('ready', flush=True)\n"
        "sys.stdin.read()\n"
    )
    environ = {"PLANTED": value, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, program, argument], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environ
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        found = {one.where for one in detector().in_process(process.pid)}
        process.kill()
    assert bool(found) == bool(where), found
    assert all(where in place for place in found)


def test_a_planted_log_line_and_figure_are_seen() -> None:
    """As a log would have it, as a metric's label would."""
    line = json.dumps({"event": "refused", "remote": ADDRESS}).encode()
    label = f'chatsvc_refused_total{{agent="{AGENT}"}} 1.0\n'.encode()
    assert [found.mark for found in detector().in_bytes("log", line)] == ["address"]
    assert {found.mark for found in detector().in_bytes("metrics", label)} == {"agent", "agent's name"}


@pytest.mark.parametrize(
    "command",
    [
        ("SET", f"limit:{ADDRESS}", "1"),
        ("SET", "a", ADDRESS),
        ("HSET", "a", "ip", ADDRESS),
        ("HSET", "a", ADDRESS, "1"),
        ("RPUSH", "a", "x", hashlib.sha256(ADDRESS.encode()).digest()),
        ("SADD", "a", AGENT),
        ("ZADD", "a", "1", base64.b64encode(ADDRESS.encode())),
        ("XADD", "a", "1-0", "e", b"\x81\xa4text" + WORDS.encode()),
        ("PFADD", "a", ADDRESS),
        ("CLIENT", "SETNAME", f"for:{ADDRESS}"),
    ],
    ids=lambda command: " ".join(map(str, command))[:24],
)
def test_a_planted_key_is_seen(valkey: SingleStore, command: tuple[Any, ...]) -> None:
    """Whatever the type of the key; a HyperLogLog keeps only a few bits, which lead nowhere."""
    with valkey.client() as client:
        assert detector().in_store(client) == []
        client.execute_command(*command)
        found: list[Found] = detector().in_store(client)
        assert bool(found) == (command[0] != "PFADD")


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.6", "127.0.7.0", "192.0.2.7", "::1"])
def test_harmless_addresses_are_not_mistaken(address: str) -> None:
    """Our own address and the neighbours, plain or encoded, are not the visitor's."""
    for before in ("", "a", "ab"):
        text = f"{before}{address}:8080".encode()
        for form in (text, text.hex().encode(), base64.b64encode(text), hashlib.sha256(text).digest()):
            assert detector().in_bytes("here", form) == []
