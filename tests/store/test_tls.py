"""Encrypted connections to Debian's Redis, set up with `deploy/store/tls.conf`: both sides show who they are."""

import asyncio
import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatsvc.domain.errors import StoreUnavailable
from chatsvc.store.link import Link
from chatsvc.store.link_url import parse_url
from tests.support.api import person
from tests.support.certificates import Authority
from tests.support.guarded_store import EncryptedStore, make_users
from tests.support.service import make_staff, running

AN_HOUR_AGO = -dt.timedelta(hours=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Users, an authority and its certificates; those of another in `strange`."""
    folder = tmp_path_factory.mktemp("chatsvc-store")
    make_users(folder)
    ours, strange = Authority(folder / "tls"), Authority(folder / "strange")
    ours.sign("server", "127.0.0.1")
    ours.sign("node")
    ours.sign("old", "127.0.0.1", until=AN_HOUR_AGO)
    strange.sign("node")
    return folder


@pytest.fixture(scope="module")
def store(folder: Path) -> Iterator[EncryptedStore]:
    """The server."""
    made = EncryptedStore(folder)
    try:
        made.start()
        yield made
    finally:
        made.remove()


async def why_not(url: str) -> str:
    """What is said of a store that can't be used, once there is an answer: a busy machine takes its time."""
    while True:
        with pytest.raises(StoreUnavailable) as told:
            await Link.open(url, client_name="test", within_s=0.6)
        if "does not answer" not in str(told.value):
            return str(told.value)


async def test_the_product_works_encrypted(store: EncryptedStore, tmp_path: Path) -> None:
    """Over TLS, with a certificate on both sides, people talk: commands, scripts and hints go through."""
    store.flush()
    people = (make_staff("aino"), make_staff("saana", role="supervisor"))
    async with running(store.url_of("chatsvc"), tmp_path, None, people) as service:
        visitor, counsellor, conversation = await service.talking()
        await visitor.ask("say", "ack", id="v1", text="hei")
        await counsellor.expect("entry", id="v1")
        await counsellor.ask("close", conversation=conversation)
        await visitor.expect("closed", reason="counsellor_closed")
        saana = await person(service, "saana")
        assert (await saana.ask("GET", "/sites/kunta/board")).status == 200
    assert store.refusals() == []


async def test_an_authority_that_we_do_not_know(store: EncryptedStore, folder: Path) -> None:
    """A server whose authority was not named, or is another, is not talked to, and it is said what to name."""
    for options in (store.shown, f"ca={folder}/strange/ca.crt&{store.shown}"):
        told = await why_not(store.url_of("chatsvc", options))
        assert "certificate is signed by nobody we know; name its authority with ca=" in told


async def test_a_server_of_another_name(store: EncryptedStore) -> None:
    """A certificate that is not for the host of the URL is refused."""
    told = await why_not(store.url_of("chatsvc", store.trusted, store.shown, host="localhost"))
    assert "certificate is for another name than the URL has" in told


async def test_what_we_must_show(store: EncryptedStore, folder: Path) -> None:
    """A node without a certificate, with one of somebody else's, or with an expired one, hears why it is cut off."""
    strange = f"cert={folder}/strange/node.crt&key={folder}/strange/node.key"
    old = f"cert={folder}/tls/old.crt&key={folder}/tls/old.key"
    for options in ((store.trusted,), (store.trusted, strange), (store.trusted, old)):
        told = await why_not(store.url_of("chatsvc", *options))
        assert "does not accept our certificate, or we show none (cert= and key=" in told


async def test_plain_words_to_an_encrypted_server(store: EncryptedStore) -> None:
    """Without TLS nothing is answered, and the URL's beginning is named."""
    told = await why_not(f"redis://chatsvc:x@127.0.0.1:{store.port}")
    assert "if it wants TLS, the URL begins with rediss" in told


async def test_encrypted_words_to_a_server_that_speaks_plainly(store: EncryptedStore) -> None:
    """A server that answers something else than TLS is told from one that is away."""

    async def refuse(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"-ERR unknown command\r\n")
        await writer.drain()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        told = await why_not(f"rediss://127.0.0.1:{port}?{store.trusted}")
    assert "does not speak TLS as we do" in told


async def test_a_server_with_an_expired_certificate(store: EncryptedStore, folder: Path) -> None:
    """An expired certificate is refused and named; once there is a new one, the same link comes back by itself."""
    authority = folder / "tls"
    link = await Link.open(store.url_of("chatsvc"), client_name="test")
    good = {name: (authority / name).read_bytes() for name in ("server.crt", "server.key")}
    try:
        for name in good:
            (authority / name).write_bytes((authority / name.replace("server", "old")).read_bytes())
        store.kill()
        store.launch()
        assert "certificate has expired" in await _until_it_answers(store)
    finally:
        for name, text in good.items():
            (authority / name).write_bytes(text)
        store.kill()
        store.start()
        await link.close()


async def _until_it_answers(store: EncryptedStore) -> str:
    """What is said once the server is up: before that nobody listens at its port."""
    while True:
        told = await why_not(store.url_of("chatsvc"))
        if "certificate" in told:
            return told


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("key={tls}/node.key", "key= in the store's URL needs cert="),
        ("cert={tls}/node.crt&key={tls}/server.key", "a certificate and its own key"),
        ("cert={tls}/server.key", "a certificate and its own key"),
        ("ca={tls}/server.key", "must hold certificates in PEM form"),
    ],
)
def test_wrong_files_are_told(folder: Path, options: str, told: str) -> None:
    """Files that are missing, mixed up or of another kind are named before anything is connected."""
    with pytest.raises(ValueError, match=told):
        parse_url(f"rediss://store.example?{options.format(tls=folder / 'tls')}")


def test_files_for_an_unencrypted_connection_are_refused(store: EncryptedStore) -> None:
    """Whoever names certificates wants encryption: redis:// with them is refused, not spoken in the clear."""
    with pytest.raises(ValueError, match="write rediss, not redis"):
        parse_url(f"redis://store.example?{store.trusted}")
