"""Signing in to the store: passwords, ACL users, databases, names, TLS."""

import datetime as dt
import ipaddress
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from chatsvc.domain.errors import StoreUnavailable
from chatsvc.store.link import Link
from tests.support.links import POOL
from tests.support.ports import free_port
from tests.support.store_server import SingleStore, redis_binary, valkey_binary


class ClosedStore(SingleStore):
    """A server that asks for a login; tests look into it as its ACL user."""

    @property
    def url(self) -> str:
        """With the login that works."""
        return f"redis://chat:right@127.0.0.1:{self.port}/0"


@pytest.fixture(params=[valkey_binary, redis_binary], ids=["valkey", "redis7"])
def closed_store(request: pytest.FixtureRequest) -> Iterator[ClosedStore]:
    """A server with an ACL user and no use for anybody else."""
    config = "requirepass other\nuser chat on >right ~* &* +@all\n"
    store = ClosedStore(request.param(), port=free_port(), config=config)
    try:
        store.start()
        yield store
    finally:
        store.remove()


async def test_acl_user_signs_in(closed_store: ClosedStore) -> None:
    """User and password of the URL, its database, and the given name are in force on the connection."""
    link = await Link.open(closed_store.url.replace("/0", "/5"), client_name="node-7")
    about = await link.call(POOL, "CLIENT", "LIST")
    own = next(line for line in about.decode().splitlines() if "name=node-7" in line)
    assert "user=chat" in own
    assert "db=5" in own
    await link.close()


async def test_password_alone_signs_in(closed_store: ClosedStore) -> None:
    """A password without a user is the default user's."""
    link = await Link.open(f"redis://:other@127.0.0.1:{closed_store.port}", client_name="test")
    assert await link.call(POOL, "ACL", "WHOAMI") == b"default"
    await link.close()


@pytest.mark.parametrize(("login", "code"), [("chat:wrong@", "WRONGPASS"), ("", "NOAUTH")])
async def test_wrong_login_is_told(closed_store: ClosedStore, login: str, code: str) -> None:
    """A login that the store refuses is named as the reason, without the password."""
    url = f"redis://{login}127.0.0.1:{closed_store.port}"
    with pytest.raises(StoreUnavailable, match=rf"refuses the login of the URL \({code}\)"):
        await Link.open(url, client_name="test", within_s=0.5)


@pytest.fixture
def encrypted_store(tmp_path: Path) -> Iterator[SingleStore]:
    """Redis 7.0 that speaks TLS only, with a certificate for 127.0.0.1 in `cert.pem`."""
    port = free_port()
    _make_certificate(tmp_path)
    config = (
        f"port 0\ntls-port {port}\ntls-cert-file {tmp_path}/cert.pem\ntls-key-file {tmp_path}/key.pem\n"
        f"tls-ca-cert-file {tmp_path}/cert.pem\ntls-auth-clients no\n"
    )
    store = EncryptedStore(redis_binary(), port=port, config=config)
    store.ca = tmp_path / "cert.pem"
    try:
        store.start()
        yield store
    finally:
        store.remove()


class EncryptedStore(SingleStore):
    """A server that is looked into over TLS."""

    ca = Path()

    @property
    def url(self) -> str:
        """For redis-py, whose option has another name."""
        return f"rediss://127.0.0.1:{self.port}?ssl_ca_certs={self.ca}"


async def test_tls_is_spoken_and_checked(encrypted_store: EncryptedStore, tmp_path: Path) -> None:
    """With the authority's certificate the link opens, feed included; without it nobody is trusted."""
    place = f"rediss://127.0.0.1:{encrypted_store.port}"
    link = await Link.open(f"{place}?ca={tmp_path}/cert.pem", client_name="test")
    assert await link.call(POOL, "SET", POOL, 1) == b"OK"
    subscription = await link.subscribe(POOL, lambda _: None, lambda: None)
    await subscription.close()
    await link.close()
    with pytest.raises(StoreUnavailable, match="certificate"):
        await Link.open(place, client_name="test", within_s=0.5)


def _make_certificate(place: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "store")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    (place / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (place / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
