"""`chatsvc site export` takes along nothing whose time is over, nor what a visitor wanted erased and a hold keeps."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from chatsvc.cli.site_withheld import withheld
from chatsvc.domain.holds import ask, confirm
from chatsvc.domain.retention import DAY_MS, KINDS, NO_TIME, LegalMinimum, Period, Rule, RuleSet
from chatsvc.store.directory import wall_clock_ms
from tests.cli.conftest import CommandLine
from tests.cli.test_site_leaves import SAID, Leaving, lived, opened
from tests.support.retained import shelf_on
from tests.support.store_server import SingleStore

YEAR = Rule("year", dict.fromkeys(KINDS, Period(12)))


async def exported(leaving: Leaving, *rules: Rule) -> dict[str, Any]:
    """The one conversation of an archive that is made under these rules."""
    directory = leaving.service.backend.directory
    site = leaving.service.backend.snapshot.site("kunta")
    assert site is not None
    await directory.put_site(replace(site, retention=(RuleSet(1, 0, rules),)))
    file = leaving.folder / f"{wall_clock_ms()}.tar.gz"
    await leaving("export", "kunta", "--to", file, "--readable")
    (found,) = (text for name, text in opened(file.read_bytes()).items() if name.startswith("conversations/"))
    whole: dict[str, Any] = found
    return whole


async def test_what_was_wished_erased_is_not_taken_along(
    chatsvc: CommandLine, store: SingleStore, tmp_path: Path
) -> None:
    """What was wished erased and is held stays out, and the file says why; what a law keeps is in."""
    async with lived(chatsvc, store, tmp_path) as leaving:
        whole = await exported(leaving, YEAR)
        assert whole["not_exported"] == {}
        assert SAID[0] in str(whole["talk"])
        retention = leaving.service.backend.chats["kunta"].retention
        ident, now = whole["record"]["id"], leaving.service.backend.clock.now()
        asked = confirm(ask(None, "saana", "an authority asks", now), "aino", now)
        assert await retention.set_hold(ident, None, asked, now)
        overdue = replace(YEAR, lives={**YEAR.lives, "notes": NO_TIME})
        assert SAID[2] in str((await exported(leaving, overdue))["notes"]), (
            "held, so that it need not be gone"
        )
        assert await retention.wish(ident, now)
        whole = await exported(leaving, YEAR)
        assert whole["not_exported"] == dict.fromkeys(KINDS, "wished_erased")
        assert whole["record"] == {"id": ident}
        assert not [text for text in SAID if text in str(whole)]
        law = replace(
            YEAR, name="law", lives={"notes": Period(12)}, legal_minimum=LegalMinimum(Period(6), "703/2023")
        )
        whole = await exported(leaving, YEAR, law)
        assert whole["not_exported"] == dict.fromkeys(("transcript", "answers", "feedback"), "wished_erased")
        assert (whole["wished_erased"], whole["notes"][0]["text"]) == (now, SAID[2])


async def test_what_no_worker_has_come_to_yet_stays_out(valkey_server: SingleStore, tmp_path: Path) -> None:
    """What is overdue, or should have been redacted, does not leave though it can be read; what goes on is whole."""
    async with shelf_on(valkey_server, tmp_path) as shelf:
        shelf.rules(
            replace(YEAR, lives={**YEAR.lives, "transcript": Period(0, DAY_MS)}), replace(YEAR, redact=True)
        )
        await shelf.talked("c1")
        await shelf.asks("c2")
        worker, clock = shelf.worker(), shelf.bench.clock
        (look, going_on) = await worker.store.look(["c1", "c2"])
        assert await withheld(worker, look, clock.now()) == {}
        await shelf.bench.pass_time(2 * DAY_MS)
        late = dict.fromkeys(("notes", "answers", "feedback"), "not_redacted_yet")
        assert await withheld(worker, look, clock.now()) == {"transcript": "overdue", **late}
        assert await withheld(worker, going_on, clock.now()) == {}
