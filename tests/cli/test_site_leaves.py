"""`chatsvc site export` and `erase`: a site leaves with everything or without a trace, though it is cut short."""

import asyncio
import io
import json
import os
import signal
import subprocess
import sys
import tarfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from chatsvc.cli import main
from chatsvc.cli.site_erasing import SiteErasure
from chatsvc.domain.passkeys import OwnPasskeys, Passkey
from chatsvc.domain.plan import Edit, Required
from chatsvc.domain.retained import Held
from chatsvc.domain.sites import PoolId, SiteId, StaffId
from chatsvc.store.audit import AuditStore
from chatsvc.store.checkpoints import CheckpointFiles
from chatsvc.store.directory import Directory
from chatsvc.store.passkeys import PasskeyStore
from chatsvc.store.plans import PlanStore
from chatsvc.store.retention import PoolRetention
from chatsvc.store.site_traces import LeavingSites, PoolTraces
from chatsvc.store.vault import SqliteVault
from tests.cli.conftest import PROCESSES, CommandLine
from tests.support.service import MASTER_KEY, Service, make_site, make_staff, running
from tests.support.store_server import SingleStore

SAID = ("mitä kuuluu", "kaikki hyvin", "soittaa huomenna", "kiitos avusta")
OTHER = replace(make_site(), id=SiteId("naapuri"), names={"fi": "Naapuri"}, origins=())


@dataclass(slots=True)
class Leaving:
    """A service with a site that leaves and one that stays, and the command line."""

    service: Service
    command: CommandLine
    store: SingleStore
    folder: Path

    async def __call__(self, *arguments: str | Path, code: int = 0) -> str:
        """`chatsvc site …`, and what it says."""
        return await asyncio.to_thread(partial(self.command, "site", *arguments, code=code))

    def traces(self, *names: str) -> list[str]:
        """Every key of the store that names one of these, or holds it; of the service's audit log only the key."""
        client: Any = self.store.client()
        found = []
        for key in client.scan_iter(count=1_000):
            kind, content = client.type(key), b""
            if key == b"chatsvc:{audit}:log:_service" or b":session:" in key:
                continue
            if kind == b"hash":
                content = b"".join(part for pair in client.hgetall(key).items() for part in pair)
            elif kind == b"zset":
                content = b" ".join(client.zrange(key, 0, -1))
            elif kind == b"set":
                content = b" ".join(client.smembers(key))
            elif kind == b"stream":
                content = repr(client.xrange(key)).encode()
            if any(name.encode() in key + content for name in names):
                found.append(key.decode())
        return sorted(found)


@asynccontextmanager
async def lived(
    chatsvc: CommandLine, store: SingleStore, folder: Path, pool: str = ""
) -> AsyncIterator[Leaving]:
    """A site where somebody was helped, with all that a site can have, beside another, of the same pool or not."""
    data = folder / "data"
    command = CommandLine({**chatsvc.environ, "CHATSVC_MASTER_KEY": MASTER_KEY.hex()})
    site = replace(make_site(), pool=PoolId(pool))
    both = (SiteId("kunta"), SiteId("naapuri"))
    shared = replace(make_staff("saana", role="supervisor"), pool=PoolId(pool or "kunta"))
    people = [
        replace(make_staff("aino"), pool=site.pool_id),
        replace(shared, sites=both if pool else both[:1]),
    ]
    async with running(store.url, data, site, people) as service:
        neighbour = replace(
            OTHER, pool=PoolId(pool), queues=tuple(replace(queue, site=OTHER.id) for queue in OTHER.queues)
        )
        await service.backend.directory.put_site(neighbour)
        await live(service)
        yield Leaving(service, command, store, folder)


async def live(service: Service) -> None:
    """A conversation with text of every kind, feedback, a plan, a feed, a token, a passkey, an audit log."""
    visitor, counsellor, conversation = await service.talking()
    await visitor.ask("say", "ack", id="v1", text=SAID[0])
    await counsellor.ask("say", "ack", conversation=conversation, id="c1", text=SAID[1])
    await counsellor.ask("note", "ack", conversation=conversation, id="n1", text=SAID[2])
    await counsellor.ask("close", conversation=conversation)
    await visitor.expect("closed")
    await visitor.ask("feedback", "ok", score=5, text=SAID[3])
    await counsellor.ask("wrap_up", "ok", conversation=conversation, outcome="talked", tags=["a"])
    await visitor.close()
    backend = service.backend
    plans = PlanStore(backend.link)
    edits = [Edit("minima", "kunta/paihde", (Required(1),))]
    assert await plans.write(SiteId("kunta"), edits, version=await plans.version(), now=1) is not None
    await plans.create_feed(StaffId("aino"), 1)
    key = Passkey(b"one", b"public", "chat.kunta.fi", "Laptop", 1)
    assert await PasskeyStore(backend.link).put(StaffId("aino"), OwnPasskeys(bytes(32), (key,)), None)
    await backend.audit.record(["kunta"], None, "test", "kunta")


async def cleared(leaving: Leaving) -> None:
    """Nothing names the site but the service's audit log, and no key of it is in the vault."""
    assert leaving.traces("kunta", "aino") == []
    assert not (leaving.folder / "data" / "audit" / "kunta.jsonl").exists()
    entries = await AuditStore(leaving.service.backend.link).entries("_service")
    assert [one.deed.action for one in entries if one.deed.record == "kunta"][-1] == "site erased"
    assert await leaving.service.backend.vault.shred_site("kunta") == 0


def opened(archive: bytes) -> dict[str, Any]:
    """The files of an archive; JSON is read."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        found = {member.name: tar.extractfile(member).read() for member in tar.getmembers()}  # type: ignore[union-attr]
    return {name: json.loads(text) if name.endswith(".json") else text for name, text in found.items()}


async def test_a_site_leaves_with_everything(
    chatsvc: CommandLine, store: SingleStore, tmp_path: Path
) -> None:
    """What was said, and all else, is in the archive; encrypted it opens with its owner's key and with openssl."""
    async with lived(chatsvc, store, tmp_path) as leaving:
        plain, sealed = tmp_path / "plain.tar.gz", tmp_path / "sealed.cms"
        assert "--readable" in await leaving("export", "kunta", "--to", plain, code=2)
        assert "can be read by whoever has it" in await leaving(
            "export", "kunta", "--to", plain, "--readable"
        )
        assert plain.stat().st_mode & 0o777 == 0o600
        assert "already" in await leaving("export", "kunta", "--to", plain, "--readable", code=2)
        key, certificate = tmp_path / "owner.key", tmp_path / "owner.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=archive", "-keyout", str(key),
             "-out", str(certificate)], check=True, capture_output=True,
        )  # fmt: skip
        told = await leaving("export", "kunta", "--to", sealed, "--for", certificate)
        assert "1 conversations" in told
        assert not [text for text in SAID if text.encode() in sealed.read_bytes()]
        decrypt = [
            "openssl",
            "cms",
            "-decrypt",
            "-binary",
            "-inform",
            "DER",
            "-in",
            str(sealed),
            "-inkey",
            str(key),
        ]
        unsealed = subprocess.run(decrypt, check=True, capture_output=True).stdout
        found = opened(unsealed)
        assert found.keys() == opened(plain.read_bytes()).keys()
        (name,) = (name for name in found if name.startswith("conversations/"))
        whole = found[name]
        assert [entry["text"] for entry in whole["talk"] if entry["kind"] == "text"] == list(SAID[:2])
        assert (whole["notes"][0]["text"], whole["feedback"]["text"]) == SAID[2:]
        assert "visitor" not in whole["record"]
        assert {staff["id"] for staff in found["staff.json"]} == {"aino", "saana"}
        assert "hash" not in json.dumps(found["staff.json"])
        assert [[key["name"] for key in staff["passkeys"]] for staff in found["staff.json"]] == [
            ["Laptop"],
            [],
        ]
        assert found["plan.json"]["minima"] == {"kunta/paihde": [{"least": 1, "hours": None}]}
        assert [one["deed"]["action"] for one in found["audit.json"]] == [
            "test", "site export", "site exported", "site export",
        ]  # fmt: skip
        assert found["site.json"]["retention"][0]["rules"][0]["name"] == "kept"
        assert any(found["statistics.json"].values())


@pytest.mark.parametrize("pool", ["", "seutu"], ids=["alone", "shared"])
async def test_a_site_leaves_without_a_trace(
    chatsvc: CommandLine, store: SingleStore, tmp_path: Path, pool: str
) -> None:
    """Not while it is held or open; then nothing names it but one note, while nodes run on; the neighbour is whole."""
    async with lived(chatsvc, store, tmp_path, pool) as leaving:
        service = leaving.service
        assert "--yes kunta" in await leaving("erase", "kunta", "--yes", "naapuri", code=2)
        retention = PoolRetention(service.backend.link, pool or "kunta")
        _, (ident, *_) = await retention.walk("0", of_past=False)
        held = Held(reason="a court asks", asked_by="saana", asked_at=1)
        assert await retention.set_hold(ident, None, held, 1)
        assert "held" in await leaving("erase", "kunta", "--yes", "kunta", code=2)
        assert await retention.set_hold(ident, held, None, 1)
        visitor, _ = await service.joined()
        assert "1 conversations of kunta are open" in await leaving(
            "erase", "kunta", "--yes", "kunta", code=2
        )
        before = leaving.traces("naapuri")
        told = await leaving("erase", "kunta", "--yes", "kunta", "--end-conversations")
        assert "2 conversations and tombstones" in told
        assert (await visitor.expect("closed"))["reason"] == "erased"
        await cleared(leaving)
        assert set(before) <= set(leaving.traces("naapuri"))
        staff = (await service.backend.directory.load()).people
        assert {name: person.sites for name, person in staff.items()} == (
            {"saana": ("naapuri",)} if pool else {}
        )
        assert "There is no site kunta" in await leaving("erase", "kunta", "--yes", "kunta", code=2)


STEPS: list[tuple[Any, str]] = [
    (LeavingSites, "begin"), (SiteErasure, "close"), (SqliteVault, "shred_site"), (PoolTraces, "drop"),
    (LeavingSites, "forget_plan"), (LeavingSites, "forget_ways_in"), (Directory, "remove_staff"),
    (AuditStore, "forget"), (CheckpointFiles, "forget"), (Directory, "remove_site"), (PoolTraces, "raze"),
    (SiteErasure, "erase"),
]  # fmt: skip


def killed_after(number: int, data: list[str], environ: dict[str, str]) -> None:
    """Be the program, until a step is done."""
    owner, name = STEPS[number]
    real = getattr(owner, name)

    def die(*arguments: Any) -> Any:
        real(*arguments)
        os.kill(os.getpid(), signal.SIGKILL)

    async def done(*arguments: Any) -> Any:
        await real(*arguments)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(owner, name, done if asyncio.iscoroutinefunction(real) else die)
    os.environ.clear()
    os.environ.update(environ)
    sys.argv = data
    main()


@pytest.mark.process
async def test_whatever_kills_it_the_next_run_finishes(
    chatsvc: CommandLine, store: SingleStore, tmp_path: Path
) -> None:
    """The process is killed after each step in turn, each time begun anew; a last run ends it, and nothing is left."""
    async with lived(chatsvc, store, tmp_path) as leaving:
        words = ["chatsvc", "site", "erase", "kunta", "--yes", "kunta"]
        for number in range(len(STEPS)):
            task = (number, words, leaving.command.variables())
            process = PROCESSES.Process(target=killed_after, args=task)
            process.start()
            await asyncio.to_thread(process.join, 60)
            assert process.exitcode == -signal.SIGKILL, STEPS[number]
            assert leaving.traces("leaving:kunta") != []
        assert "kunta is erased" in await leaving("erase", "kunta", "--yes", "kunta")
        await cleared(leaving)
