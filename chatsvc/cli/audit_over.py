"""What the rules would remove from the audit logs: counted, and nothing changed."""

from collections.abc import Iterable

from chatsvc.cli.auditing import checkpoints_of
from chatsvc.config import Settings
from chatsvc.domain.sites import Site
from chatsvc.services.audit import SERVICE
from chatsvc.services.audit_cuts import AuditCuts, Over
from chatsvc.store.audit import AuditStore
from chatsvc.store.link import Link
from chatsvc.store.retention import PoolRetention


async def over_lines(
    settings: Settings, link: Link, sites: Iterable[Site], pools: Iterable[str], until: int, *, service: bool
) -> list[str]:
    """A line for each of the sites' logs, and for that of the service if it is wanted: what goes until an instant (ms).

    Raises StoreUnavailable, WrongCheckpoints.
    """
    cuts = AuditCuts(AuditStore(link), checkpoints_of(settings))
    held = await held_of(link, pools)
    months: dict[str, int] = {site.id: site.audit_months for site in sites}
    if service:
        months[SERVICE] = settings.audit_months
    return [_line(name, kept, await cuts.over(name, kept, until, held)) for name, kept in months.items()]


async def held_of(link: Link, pools: Iterable[str]) -> set[str]:
    """Conversations that are held in these pools, or for which that is asked. Raises StoreUnavailable."""
    return {conversation for pool in pools for conversation in await PoolRetention(link, pool).holds()}


def _line(name: str, months: int, found: Over) -> str:
    kept = f"Audit log of {name} (kept {months} months): "
    if not found.number:
        return kept + "no entries go."
    if found.faults:
        return (
            kept
            + f"{found.number} entries are over, and stay: {found.faults} faults, see `chatsvc audit verify`."
        )
    return kept + f"{found.number} entries go, up to entry {found.last.seq}."
