"""A real nginx that speaks TLS, with the shipped lines: broken handshakes leave nobody's address behind."""

import asyncio
import ssl
import subprocess
from pathlib import Path

import pytest

from tests.support.nginx import documented, nginx
from tests.support.ports import free_ports

pytestmark = pytest.mark.process
ADDRESS = "127.0.0.77"
KEY_SHARE = b"\x00\x17\x00\x41\x04"  # P-256, 65 bytes, a point that is not compressed (RFC 8446, 4.2.8)


def hello() -> bytes:
    """What a browser says first, but the point that it offers lies on no curve."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.set_ecdh_curve("prime256v1")
    out = ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(ssl.MemoryBIO(), out, server_hostname="localhost").do_handshake()
    said = bytearray(out.read())
    said[said.index(KEY_SHARE) + 10] ^= 0xFF
    return bytes(said)


@pytest.mark.parametrize("level", ["emerg", "crit"])
async def test_broken_handshakes(tmp_path: Path, level: str) -> None:
    """As shipped nothing is written at all; one step further down, the planted fault, the address is."""
    key, certificate = tmp_path / "k.pem", tmp_path / "c.pem"
    made = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost"
    subprocess.run([*made.split(), "-keyout", key, "-out", certificate], check=True, capture_output=True)
    port, nobody = free_ports(2)
    ours = documented().replace("stderr emerg", f"stderr {level}")
    spoken = f":8000 ssl; ssl_certificate {certificate}; ssl_certificate_key {key};"
    async with nginx(tmp_path / "nginx", port, nobody, ours=ours.replace(":8000;", spoken)) as folder:
        for said in (hello(), b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00", b"GET / HTTP/1.0\r\n\r\n"):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(ADDRESS, 0))
            writer.write(said)
            async with asyncio.timeout(5):
                await reader.read(1_000)
            writer.transport.abort()
        written = (folder / "errors.log").read_text()
    assert (ADDRESS in written) == (level == "crit"), written
