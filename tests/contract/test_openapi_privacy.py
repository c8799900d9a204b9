"""Answers about past conversations, holds and the privacy report, full of everything, are what the document says."""

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from chatsvc.domain.questions import Question
from chatsvc.web import openapi
from tests.support.api import Person, person
from tests.support.service import make_site, make_staff
from tests.support.stores import SingleStore
from tests.support.time_travel import still

DOCUMENT = openapi.document()
REASON = {"reason": "An authority has asked for it"}


def faults(method: str, path: str, body: Any) -> list[str]:
    """Where a body is not of the form that the document gives for a 200."""
    said = DOCUMENT["paths"][path][method.lower()]["responses"]["200"]["content"]["application/json"][
        "schema"
    ]
    schema = {**said, "components": DOCUMENT["components"]}
    return [f"{error.json_path}: {error.message}" for error in Draft202012Validator(schema).iter_errors(body)]


async def told(who: Person, method: str, path: str, body: Any = None, **places: str) -> Any:
    """Ask, and hold what comes against the document; `path` as the document has it."""
    said = await who.ask(method, path.removeprefix("/api/v1").format(site="kunta", **places), body)
    assert said.status == 200
    assert faults(method, path, said.body) == []
    return said.body


async def test_full_answers_are_as_published(valkey: SingleStore, tmp_path: Path) -> None:
    """Answers, words, a note, feedback, a hold in every state, and a report with all of it."""
    people = (
        make_staff("aino"), make_staff("saana", role="supervisor"), make_staff("aada", role="admin"),
        make_staff("aune", role="auditor"),
    )  # fmt: skip
    asked = Question("why", "text", {"fi": "Miksi?"})
    async with still(valkey.url, tmp_path, make_site(paihde={"questions": (asked,)}), people) as service:
        counsellor = await service.on_duty("aino")
        visitor, welcome = await service.joined("paihde", answers={"why": "because"})
        ident = welcome["conversation"]
        await counsellor.ask("take", "assigned", queue="paihde")
        await visitor.ask("say", "ack", id="m1", text="words", lang="sv")
        await counsellor.ask("note", "ack", conversation=ident, id="n1", text="a note")
        await visitor.ask("leave", "ok", how="button")
        await visitor.ask("feedback", "ok", score=5, text="thanks")
        saana, aada, aune = [await person(service, name) for name in ("saana", "aada", "aune")]
        step = "/api/v1/sites/{site}/conversations/{conversation}/hold/{step}"
        await told(saana, "POST", step, REASON, conversation=ident, step="ask")
        await told(aada, "POST", step, {}, conversation=ident, step="confirm")
        await told(aada, "POST", step, REASON, conversation=ident, step="release")
        listed = await told(saana, "GET", "/api/v1/sites/{site}/conversations")
        assert listed["conversations"][0]["hold"] == "held"
        opened = await told(
            saana,
            "POST",
            "/api/v1/sites/{site}/conversations/{conversation}/openings",
            REASON,
            conversation=ident,
        )
        assert all(opened[part] for part in ("talk", "notes", "answers", "questions", "feedback"))
        assert (await told(aune, "GET", "/api/v1/sites/{site}/holds"))["holds"][0][
            "release_asked_by"
        ] == "aada"
        report = await told(aune, "GET", "/api/v1/sites/{site}/privacy-report")
        assert report["exists"]
        assert report["openings"]
        assert (await told(aune, "GET", "/api/v1/sites/{site}/audit"))["total"] >= 4


@pytest.mark.parametrize("body", [{}, {"holds": [{"conversation": 1}]}])
def test_another_form_is_seen(body: Any) -> None:
    """A body that is not of the form is found."""
    assert faults("GET", "/api/v1/sites/{site}/holds", body)
