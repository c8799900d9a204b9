"""Everything that changes something, and every look at what people said, is in the audit log and has a sentence."""

import json
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import click
import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from chatsvc.cli.root import root
from chatsvc.domain.permissions import MAY
from chatsvc.domain.sites import Role, SiteId, StaffId
from chatsvc.store.audit import AuditStore
from chatsvc.web import transcript_bodies
from chatsvc.web.api import answer_errors
from chatsvc.web.operations import AUDIT, CHANGING, PLANNING, Answer, Operation, mount
from chatsvc.web.plan_api import OPERATIONS
from chatsvc.web.routes import NODE
from tests.static.recorded import (
    BY_HAND,
    ROOT,
    actions_of,
    all_actions,
    commands,
    hidden,
    modules,
    recorded,
)
from tests.support.service import Service, make_site, make_staff, running
from tests.support.stores import SingleStore

pytest_plugins = ["tests.support.stores"]

SENTENCES = ROOT / "widget" / "src" / "i18n"
ACTIONS = ROOT / "widget" / "src" / "manage" / "audit" / "actions.ts"
# Operations that write their entry themselves, before they do anything; a test of each sees that it is there first.
BEFORE = {"openTranscript": "tests/web/test_transcripts.py"}
# Routes beside the operations that change something: what they write, or why nothing.
OTHER_ROUTES = {
    "POST /api/v1/login": "sign_in", "POST /api/v1/login/passkey": "sign_in", "POST /api/v1/oidc/second": "sign_in",
    "GET /api/v1/oidc/{provider}/callback": "sign_in", "POST /api/v1/oidc/{provider}/logout": "sign_out",
    "POST /api/v1/logout": "sign_out", "POST /api/v1/login/passkey/options": None,
    "POST /api/v1/visitor/end": None,  # a visitor's own, who is nobody here
}  # fmt: skip
# Commands: what they write, or None for those that only look, and for the program itself.
COMMANDS = {
    "demo": None, "serve": None, "worker": None, "apply": "apply", "plan import": "plan import", "plan export": None,
    "retention rules": None, "retention check": None, "hold ask": "hold ask", "hold confirm": "hold confirm",
    "hold release": "hold release", "hold list": None, "counsellor add": "counsellor add", "counsellor list": None,
    "counsellor change": "counsellor change", "counsellor disable": "counsellor disable",
    "counsellor enable": "counsellor enable", "counsellor set-password": "counsellor set-password",
    "counsellor sign-out": "counsellor sign-out", "counsellor second-factor": "counsellor second-factor",
    "counsellor passkeys": "counsellor passkeys remove", "counsellor provider": "counsellor provider",
    "token create": "token create", "token list": None, "token revoke": "token revoke", "settings": None,
    "doctor": None, "vault rotate": "vault rotate", "vault backup": "vault backup", "vault restore": "vault restore",
    "vault prune-backups": "vault prune-backups", "site export": "site export", "site erase": "site erase",
    "staffing": None, "audit list": None, "audit verify": None,
    "audit cut": "cut_audit_log",
}  # fmt: skip


def unsaid(actions: frozenset[str]) -> list[str]:
    """What has to be written where, for actions that the page of the audit log has no sentence for."""
    listed = re.findall(
        r'"([^"]+)"', ACTIONS.read_text(encoding="utf-8").partition("= [")[2].partition("];")[0]
    )
    faults = [f"{action}: add it to {ACTIONS.relative_to(ROOT)}" for action in sorted(actions - set(listed))]
    faults += [f"{action}: nobody records it; take it away" for action in sorted(set(listed) - actions)]
    for lang in ("fi", "sv", "en"):
        texts = json.loads((SENTENCES / f"manage.{lang}.json").read_text(encoding="utf-8"))
        keys = {action: "audit.did." + re.sub("[ -]", "_", action) for action in sorted(actions)}
        faults += [
            f"{action}: write {key} in manage.{lang}.json"
            for action, key in keys.items()
            if not texts.get(key)
        ]
    return faults


def test_every_action_has_a_sentence() -> None:
    """In each language of the page, and in the list to choose from; and nothing is there that nobody records."""
    assert unsaid(all_actions()) == []


def test_an_action_without_a_sentence_is_found() -> None:
    """Whoever adds one hears what to write where; so does who takes one away."""
    told = "\n".join(unsaid(all_actions() | {"brew coffee"}))
    assert "brew coffee: add it to widget/src/manage/audit/actions.ts" in told
    assert "brew coffee: write audit.did.brew_coffee in manage.sv.json" in told
    assert "sign_in: nobody records it" in "\n".join(unsaid(all_actions() - {"sign_in"}))


def test_every_action_can_be_read_in_the_code() -> None:
    """It is a literal where it is written, or stands in the list; and entries are made nowhere else."""
    assert [fault for module, text in modules() for fault in hidden(module, text)] == []
    texts = dict(modules())
    assert set(BY_HAND) <= set(texts)
    makers = {module for module, text in texts.items() if re.search(r"\bDeed\(", text)}
    assert makers == {"services/audit.py", "services/audit_cuts.py", "store/audit.py"}
    assert hidden("web/new.py", "async def f(audit, what): await audit.record(1, 2, what)") == [
        "web/new.py:1: name the action here"
    ]
    found = list(recorded('record(a, b, c, "brew coffee", "pot"); audit.record_done(a, b, "sip")'))
    assert [one.action for one in found] == ["brew coffee", "sip"]


def unrecorded_commands(group: click.Group) -> list[str]:
    """Commands that are in no list, or are said to record what their module does not."""
    faults, texts = [], dict(modules())
    for name, module in commands(group):
        if name not in COMMANDS:
            faults.append(f"{name}: say in COMMANDS what it records, or that it changes nothing")
        elif (action := COMMANDS[name]) and action not in actions_of(module, texts[module]):
            faults.append(f"{name}: {module} does not record {action}")
    return faults


def test_every_command_that_changes_something_records_it() -> None:
    """Each command is decided; a new one is found."""
    assert unrecorded_commands(root) == []
    assert set(COMMANDS) == {name for name, _ in commands(root)}
    brew = click.Command("brew", callback=root.commands["apply"].callback)
    planted = click.Group(
        "planted", commands={"brew": brew, "settings": click.Command("x", callback=brew.callback)}
    )
    assert unrecorded_commands(planted) == [
        "brew: say in COMMANDS what it records, or that it changes nothing"
    ]


@pytest.fixture
async def service(valkey: SingleStore, tmp_path: Path) -> AsyncIterator[Service]:
    """One of each role."""
    people = [make_staff(role, role=role) for role in get_args(Role)]
    async with running(valkey.url, tmp_path, make_site(), people, worker=False) as made:
        yield made


async def test_every_route_that_changes_something_is_decided(service: Service) -> None:
    """Each is an operation, or stands in the list with what it records; and that is recorded somewhere."""
    operations = {f"{one.method} {one.path}" for one in OPERATIONS}
    routes = {f"{route.method} {route.resource.canonical}" for route in service.parts.web().router.routes()}  # type: ignore[union-attr]
    others = {route for route in routes - operations if route.partition(" ")[0] not in ("GET", "HEAD")}
    assert others <= set(OTHER_ROUTES)
    assert set(OTHER_ROUTES) <= routes
    assert {action for action in OTHER_ROUTES.values() if action} <= all_actions()


async def nothing_done(_: Any) -> web.Response:
    """Stands where an operation would do something."""
    return web.Response(status=204)


async def unrecorded(service: Service, operations: Sequence[Operation]) -> list[str]:
    """Operations that change something and leave no entry, or leave one for a look; done by whoever may."""
    app = web.Application(middlewares=[answer_errors])
    app[NODE], app[PLANNING], app[AUDIT] = service.parts.node, service.backend.planning, service.backend.audit
    for operation in operations:
        mount(app, replace(operation, handle=nothing_done))
    log, faults = AuditStore(service.backend.link), []
    async with TestClient(TestServer(app)) as client:
        for operation in operations:
            role = next(
                role for role in get_args(Role) if operation.action is None or operation.action in MAY[role]
            )
            _, secret = await service.backend.directory.create_token(StaffId(role), "test")
            path = re.sub(r"\{(\w+)\}", lambda found: "kunta" if found[1] == "site" else "x", operation.path)
            before = len(await log.entries("kunta"))
            headers = {"Authorization": f"Bearer {secret}", "If-Match": "*"}
            async with client.request(operation.method, path, headers=headers) as answer:
                assert answer.status == 204, (operation.id, await answer.text())
            written = [one.deed.action for one in (await log.entries("kunta"))[before:]]
            itself = operation.id in BEFORE  # the real one does; its own test sees that
            expected = [operation.id] if operation.method in CHANGING and not itself else []
            if written != expected:
                faults.append(f"{operation.id}: recorded {written}, not {expected}")
    return faults


async def test_every_operation_that_changes_something_is_recorded(service: Service) -> None:
    """Over HTTP, each once, and looks not at all; one that says that it does so itself must stand in `BEFORE`."""
    assert SiteId("kunta") in service.backend.snapshot.sites
    assert await unrecorded(service, OPERATIONS) == []
    assert set(BEFORE) == {one.id for one in OPERATIONS if one.recorded_before}
    assert all((ROOT / place).exists() for place in BEFORE.values())
    put = next(one for one in OPERATIONS if one.id == "putHours")
    silent = replace(put, id="brew", recorded_before=True)
    assert await unrecorded(service, [silent]) == ["brew: recorded [], not ['brew']"]


def gives_words(operation: Operation) -> bool:
    """Whether an answer holds what people said: lines of a conversation, or feedback."""
    bodies = [answer.body for answer in operation.answers.values() if isinstance(answer.body, type)]
    _, components = msgspec.json.schema_components(bodies)
    return not {transcript_bodies.Said.__name__, transcript_bodies.Feedback.__name__}.isdisjoint(components)


def test_every_look_at_what_people_said_is_recorded_before() -> None:
    """No operation gives words without writing its entry first; one that would is found."""
    words = [one for one in OPERATIONS if gives_words(one)]
    assert [one.id for one in words] == ["openTranscript"]
    assert all(one.recorded_before and one.id in BEFORE for one in words)
    hours = next(one for one in OPERATIONS if one.id == "getHours")
    assert not gives_words(hours)
    assert gives_words(
        replace(hours, answers={200: Answer("All of it.", transcript_bodies.OpenedTranscript)})
    )
