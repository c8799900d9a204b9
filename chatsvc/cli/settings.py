"""`chatsvc settings`: every setting, its value and where that comes from."""

import json
import textwrap
from pathlib import Path
from typing import Any

import click

from chatsvc.cli.context import Context, pass_settings
from chatsvc.config import PREFIX, TABLE, Loaded, is_secret
from chatsvc.config_oidc import as_toml


@click.command("settings", short_help="List every setting and its value.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.option(
    "--toml", "as_toml", is_flag=True, help="As a file for --config, to begin from; without secrets."
)
@pass_settings
def settings_command(context: Context, as_json: bool, as_toml: bool) -> None:
    """List every setting, its value now, and where that comes from.

    A setting NAME is read from the variable CHATSVC_NAME, else from the file given by --config or
    CHATSVC_CONFIG, else it has its default. Secrets may be kept in files: CHATSVC_NAME_FILE, or name_file in
    the file; they are never shown.
    """
    loaded = context.loaded()
    if as_json:
        rows = {name: {"value": shown(loaded, name), "from": source(loaded, name)} for name in TABLE}
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    if as_toml:
        click.echo(_as_toml(loaded))
        return
    for name, item in TABLE.items():
        variable = f"{PREFIX}{name.upper()}" + ("[_FILE]" if is_secret(name) else "")
        click.echo(
            f"{name} = {json.dumps(shown(loaded, name), ensure_ascii=False)}   ({source(loaded, name)})"
        )
        about = f"{item.metadata['help']}. Accepted: {item.metadata['kind'].accepted}. Variable: {variable}."
        click.echo(textwrap.indent(textwrap.fill(about, 96), "    "))


def _as_toml(loaded: Loaded) -> str:
    """A settings file in which only what differs from its default is not a comment."""
    parts = []
    for name, item in TABLE.items():
        about = f"{item.metadata['help']}. Accepted: {item.metadata['kind'].accepted}."
        lines = textwrap.wrap(about, 96)
        if is_secret(name):
            lines.append(f'{name}_file = ""')
        if name == "oidc":  # tables, and the last: what came behind them would be part of them
            tables = [as_toml(one) for one in loaded.settings.oidc]
            parts.append("\n\n".join(["\n".join(f"# {line}" for line in lines), *tables]))
            continue
        kept = name in loaded.sources and not is_secret(name)
        value = f"{name} = {json.dumps(shown(loaded, name), ensure_ascii=False)}"
        commented = [f"# {line}" for line in lines] + ([] if kept or is_secret(name) else [f"# {value}"])
        parts.append("\n".join(commented + ([value] if kept else [])))
    return "\n\n".join(parts)


def source(loaded: Loaded, name: str) -> str:
    """Where a setting's value comes from."""
    return loaded.sources.get(name, "default").removesuffix(f": {name}")


def shown(loaded: Loaded, name: str) -> Any:
    """A setting's value, or for a secret only whether there is one."""
    value = getattr(loaded.settings, name)
    if is_secret(name):
        return "(set)" if value else ""
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, tuple):
        return [str(item).removesuffix("/32").removesuffix("/128") for item in value]
    return "" if value is None else value
