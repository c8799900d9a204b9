"""`chatsvc doctor`: prints what the examination finds."""

import asyncio
import dataclasses
import json
import sys

import click

from chatsvc.cli.context import Context, open_store, pass_settings
from chatsvc.cli.settings import shown, source
from chatsvc.config import TABLE, Loaded
from chatsvc.doctor_findings import Findings
from chatsvc.telemetry.logging import configure

SIGNS = {"ok": "ok     ", "warning": "look   ", "error": "WRONG  "}


@click.command(short_help="Examine everything; say what is wrong.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@pass_settings
def doctor(context: Context, as_json: bool) -> None:
    """Examine everything: settings, pages, keys, store; say what is wrong and how to mend it.

    Changes nothing and may run beside a running service; where the bundled store does not run, it is started for a
    moment and writes its own files. Ends with 1 if something is wrong.
    """
    from chatsvc.doctor import examine

    loaded = context.loaded()
    configure("error", sys.stderr)
    findings = asyncio.run(examine(loaded.settings, open_store))
    _print_json(loaded, findings) if as_json else _print_lines(loaded, findings)
    if not findings.healthy:
        click.get_current_context().exit(1)


def _given(loaded: Loaded) -> dict[str, object]:
    return {name: shown(loaded, name) for name in TABLE if name in loaded.sources}


def _print_json(loaded: Loaded, findings: Findings) -> None:
    report = {
        "healthy": findings.healthy,
        "settings": _given(loaded),
        "findings": [dataclasses.asdict(finding) for finding in findings.found],
    }
    click.echo(json.dumps(report, indent=2, ensure_ascii=False))


def _print_lines(loaded: Loaded, findings: Findings) -> None:
    for name, value in _given(loaded).items():
        click.echo(f"set    {name} = {json.dumps(value, ensure_ascii=False)}   ({source(loaded, name)})")
    for finding in findings.found:
        click.echo(f"{SIGNS[finding.level]}{finding.area}: {finding.text}")
        if finding.remedy:
            click.echo(f"         {finding.remedy}")
    wrong = sum(finding.level == "error" for finding in findings.found)
    click.echo(
        "Everything works." if not wrong else f"{wrong} thing{'s' if wrong > 1 else ''} must be mended."
    )
