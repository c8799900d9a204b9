"""`chatsvc token …`: API tokens for programs."""

import json
from datetime import UTC, datetime

import click

from chatsvc.cli.auditing import record
from chatsvc.cli.context import Context, pass_settings, with_directory
from chatsvc.cli.trouble import Refused
from chatsvc.domain.declaration_text import did_you_mean
from chatsvc.domain.sites import StaffId
from chatsvc.store.directory import ApiToken, Directory
from chatsvc.store.link import Link

DAY_MS = 86_400_000


@click.group(short_help="API tokens for programs: create, list, revoke.")
def token() -> None:
    """API tokens: with one, a program acts as an account (`Authorization: Bearer …`)."""


@token.command()
@click.argument("account")
@click.option("--label", required=True, help="What it is for; shown in the list.")
@click.option(
    "--days", type=click.IntRange(1, 3_650), help="How long it works. Without it, until it is revoked."
)
@pass_settings
def create(context: Context, account: str, label: str, days: int | None) -> None:
    """Make a token that acts as ACCOUNT, and print it: this is the only time it can be seen."""
    label = label.strip()
    if not 1 <= len(label) <= 80 or not label.isprintable():
        raise Refused("A label has 1 to 80 characters on one line.")

    settings = context.settings()

    async def write(directory: Directory, link: Link) -> tuple[ApiToken, str]:
        snapshot = await directory.load()
        staff = snapshot.staff(account)
        if staff is None or staff.disabled:
            near = did_you_mean(account, snapshot.people) if staff is None else " It is disabled."
            raise Refused(f"There is no account {account} that can sign in.{near}")
        made, secret = await directory.create_token(staff.id, label, days and days * DAY_MS)
        await record(settings, link, staff.sites, "token create", made.id, account=staff.id)
        return made, secret

    made, secret = with_directory(settings, write)
    click.echo(f"Token {made.id} acts as {made.staff}. Keep it secret; it is shown only now:", err=True)
    click.echo(secret)


@token.command("list")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@pass_settings
def list_tokens(context: Context, as_json: bool) -> None:
    """List the tokens there are, without the tokens themselves."""

    async def read(directory: Directory, _: object) -> list[ApiToken]:
        return await directory.list_tokens()

    tokens = with_directory(context.settings(), read)
    if as_json:
        click.echo(json.dumps([_row(item) for item in tokens], indent=2, ensure_ascii=False))
        return
    for item in tokens:
        until = f"until {_date(item.expires_at)}" if item.expires_at else "until revoked"
        click.echo(f"{item.id}  {item.staff}  “{item.label}”  made {_date(item.created_at)}, {until}")
    if not tokens:
        click.echo("There are no API tokens.")


@token.command()
@click.argument("token_id", metavar="ID")
@pass_settings
def revoke(context: Context, token_id: str) -> None:
    """Make the token ID (from the list) useless, now and for good."""

    settings = context.settings()

    async def write(directory: Directory, link: Link) -> bool:
        revoked = await directory.revoke_token(token_id)
        if revoked:
            await record(settings, link, (), "token revoke", token_id)
        return revoked

    if not with_directory(settings, write):
        raise Refused(f"There is no token with the id {token_id}; `chatsvc token list` shows the ids.")
    click.echo(f"Token {token_id} works no more.")


def _date(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).date().isoformat()


def _row(item: ApiToken) -> dict[str, str | int | None]:
    return {
        "id": item.id, "account": StaffId(item.staff), "label": item.label,
        "created_at": item.created_at, "expires_at": item.expires_at,
    }  # fmt: skip
