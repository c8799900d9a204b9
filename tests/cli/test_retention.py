"""`chatsvc retention`: the rules, and what they would erase, from a real store."""

import asyncio
import csv
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from chatsvc.domain.retention import DAY_MS, LegalMinimum, Period, Rule
from chatsvc.domain.sites import PoolId, Queue, QueueName, Site, SiteId
from chatsvc.domain.statistics import month_end
from chatsvc.store.directory import Directory
from chatsvc.store.link import Link
from chatsvc.store.statistics import PoolCounts
from tests.cli.conftest import CommandLine
from tests.support.retained import shelf_on
from tests.support.store_server import SingleStore

USUAL = Rule("usual", {"transcript": Period(0, DAY_MS), "record": Period(24)}, then="keep_record")
LAW = Rule("law", {"notes": Period(120)}, tag="child", legal_minimum=LegalMinimum(Period(120), "a law, 1 §"))
PASSWORDS = {name: f"{n} lanterns by the bay" for n, name in enumerate(("sini", "sami", "aino"), 3)}
LATER = ("--within", "100 years")


@pytest.fixture
def talks(store: SingleStore, tmp_path: Path) -> dict[str, list[str]]:
    """Two conversations of the site `s` that ended in 2027, one of them about a child; what of each opens."""
    readable: dict[str, list[str]] = {}

    async def make() -> None:
        async with shelf_on(store, tmp_path) as shelf:
            shelf.rules(USUAL, LAW)
            queue = Queue(SiteId("s"), QueueName("q"), {"fi": "q"})
            site = Site(
                SiteId("s"), {"fi": "S"}, pool=PoolId(shelf.bench.pool), queues=(queue,),
                retention=tuple(shelf.versions),
            )  # fmt: skip
            await Directory(shelf.bench.link).put_site(site)
            await shelf.talked("c1")
            await shelf.talked("c2", tags=["child"])
            readable.update({ident: sorted(await shelf.readable(ident)) for ident in ("c1", "c2")})

    asyncio.run(make())
    return readable


SITE = """
[site.s]
names = { fi = "S" }
languages = ["fi"]
retention_existing = true
[site.s.queue.q]
names = { fi = "q" }
"""


def test_the_rules_are_told(chatsvc: CommandLine, talks: dict[str, list[str]]) -> None:
    """Each rule in one line, with its version; a site that is not there is refused."""
    assert set(talks) == {"c1", "c2"}
    told = chatsvc("retention", "rules", "--site", "s")
    assert "s: version 1, since 2027-" in told
    assert "usual: transcript 1 d, record 2 years, then keep record" in told
    assert "law: notes 10 years, of topic child, by law 10 years (a law, 1 §)" in told
    assert "There is no site t." in chatsvc("retention", "rules", "--site", "t", code=2)


def test_what_would_go_is_listed_and_stays(chatsvc: CommandLine, talks: dict[str, list[str]]) -> None:
    """When, what, by which rule and why, in three forms; sooner things first; nothing is changed by looking."""
    assert talks["c1"] == ["answers", "feedback", "notes", "transcript"]
    rows: list[dict[str, Any]] = json.loads(chatsvc("retention", "check", "--json", *LATER))
    assert rows == json.loads(chatsvc("retention", "check", "--site", "s", "--json", *LATER))
    found = {
        (row["conversation"], kind): (row["rule"], row["reason"]) for row in rows for kind in row["kinds"]
    }
    assert found["c1", "transcript"] == ("usual", "rule")
    assert found["c1", "notes"] == ("", "no_rule")
    assert found["c2", "notes"] == ("law", "rule")
    assert found["c2", "record"] == ("law", "with_text")
    assert [row["at"] for row in rows] == sorted(row["at"] for row in rows)
    lines = list(csv.DictReader(StringIO(chatsvc("retention", "check", "--csv", *LATER))))
    assert [line["conversation"] for line in lines] == [row["conversation"] for row in rows]
    told = chatsvc("retention", "check", *LATER)
    assert "the rule's time" in told
    assert "Of 2 conversations something goes or is redacted within 100 years" in told
    assert "Of 0 conversations" in chatsvc("retention", "check", "--within", "1 min")
    assert 'such as "30 d"' in chatsvc("retention", "check", "--within", "soon", code=2)


def test_a_file_can_be_tried(chatsvc: CommandLine, talks: dict[str, list[str]], tmp_path: Path) -> None:
    """What would go if a file were applied is told without applying it."""
    assert talks
    file = tmp_path / "site.toml"
    file.write_text(f'{SITE}[[site.s.retention]]\nname = "short"\ntranscript = "1 h"\n', encoding="utf-8")
    for existing, rule in (("true", "short"), ("false", "usual")):
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace("existing = true", f"existing = {existing}"), encoding="utf-8")
        rows = json.loads(chatsvc("retention", "check", "--file", file, "--json", *LATER))
        assert {row["rule"] for row in rows if "transcript" in row["kinds"]} == {rule}
    assert "version 1," in chatsvc("retention", "rules")
    text = file.read_text(encoding="utf-8")
    file.write_text(f"{text}redact = true\n", encoding="utf-8")
    rows = json.loads(chatsvc("retention", "check", "--file", file, "--json", *LATER))
    assert [row["rule"] for row in rows if row["step"] == "redact"] == []
    file.write_text(f"{text.replace('false', 'true')}redact = true\n", encoding="utf-8")
    redacted = {
        row["conversation"]: (row["kinds"], row["rule"], row["at"])
        for row in json.loads(chatsvc("retention", "check", "--file", file, "--json", *LATER))
        if row["step"] == "redact"
    }
    assert {ident: each[:2] for ident, each in redacted.items()} == {
        "c1": (["transcript"], "short"),
        "c2": (["transcript"], "short"),
    }
    assert "redact transcript  " in chatsvc("retention", "check", "--file", file, *LATER)


def test_counts_of_a_month_are_listed(
    chatsvc: CommandLine, store: SingleStore, talks: dict[str, list[str]], tmp_path: Path
) -> None:
    """By month and queue, with the rule that they go by; without one after three years."""
    assert talks

    async def count() -> None:
        link = await Link.open(store.url, client_name="test")
        pool = next(site.pool for site in (await Directory(link).load()).all_sites())
        counts = PoolCounts(link, pool)
        await counts.turned_away("s/q", "fi", "2026-10-31T23", "turned_full")
        await counts.book("2026-11-22")
        await link.close()

    asyncio.run(count())
    command = ("retention", "check", "--json", *LATER)
    (row,) = [row for row in json.loads(chatsvc(*command)) if row["kinds"] == ["statistics"]]
    ended = month_end("2026-10")
    assert (row["queue"], row["month"], row["conversation"], row["ended"]) == ("s/q", "2026-10", "", ended)
    assert (row["at"], row["reason"]) == (Period(36).after(ended), "no_rule")
    told = chatsvc("retention", "check", *LATER)
    assert "2026-10" in told
    assert "So do counts of months, in 1 lines." in told
    file = tmp_path / "site.toml"
    rule = 'name = "few"\nqueue = "q"\nstatistics = "2 months"\n'
    file.write_text(f"{SITE}[[site.s.retention]]\n{rule}", encoding="utf-8")
    (row,) = [row for row in json.loads(chatsvc(*command, "--file", file)) if row["kinds"] == ["statistics"]]
    assert (row["at"], row["rule"], row["reason"]) == (Period(2).after(ended), "few", "rule")


def test_a_hold_takes_two_people(chatsvc: CommandLine, talks: dict[str, list[str]]) -> None:
    """Asked by one, confirmed by another with their own password, it shows in the check; released likewise."""
    assert talks
    for name, role in (("sini", "supervisor"), ("sami", "supervisor"), ("aino", "counsellor")):
        add = ("counsellor", "add", name, "--role", role, "--alias", name.title(), "--site", "s")
        chatsvc(*add, stdin=PASSWORDS[name])
    why = ("--reason", "the police asked for it, case 1")
    sini, sami = (("--by", name, "--password-file", "-") for name in ("sini", "sami"))
    mine, theirs = PASSWORDS["sini"], PASSWORDS["sami"]
    assert "password is wrong" in chatsvc("hold", "ask", "c1", *sini, *why, stdin=theirs, code=2)
    aino = ("--by", "aino", "--password-file", "-")
    assert "supervisors" in chatsvc("hold", "ask", "c1", *aino, *why, stdin=PASSWORDS["aino"], code=2)
    assert "no conversation c9" in chatsvc("hold", "ask", "c9", *sini, *why, stdin=mine, code=2)
    chatsvc("hold", "ask", "c1", *sini, *why, stdin=mine)
    assert "takes somebody else" in chatsvc("hold", "confirm", "c1", *sini, stdin=mine, code=2)
    assert "not confirmed, asked by sini" in chatsvc("hold", "list")
    told = chatsvc("hold", "confirm", "c1", *sami, stdin=theirs)
    assert "Held. Still there: transcript, notes, answers, feedback, record." in told
    assert "; 1 are held." in chatsvc("retention", "check", "--within", "1 min")
    chatsvc("hold", "release", "c1", *sami, "--reason", "the case is closed", stdin=theirs)
    assert "Released." in chatsvc("hold", "confirm", "c1", *sini, stdin=mine)
    assert "Nothing is held." in chatsvc("hold", "list")
