"""Recording what commands do in the audit log, and the means to read it."""

from collections.abc import Iterable

from chatsvc.cli.trouble import Failed
from chatsvc.config import Settings
from chatsvc.config_keys import audit_key
from chatsvc.domain.errors import ChatError
from chatsvc.services.audit import Audit
from chatsvc.store.audit import AuditStore
from chatsvc.store.checkpoints import CheckpointFiles
from chatsvc.store.directory import wall_clock_ms
from chatsvc.store.link import Link


class WallClock:
    """This machine's time: near enough for a command."""

    def now(self) -> int:
        """Now, in ms."""
        return wall_clock_ms()


def checkpoints_of(settings: Settings) -> CheckpointFiles:
    """Where signed checkpoints are. Raises MasterKeyMissing, OSError."""
    return CheckpointFiles(settings.checkpoint_dir, audit_key(settings))


async def record(
    settings: Settings, link: Link, sites: Iterable[str], action: str, about: str, **details: str | int | bool
) -> None:
    """Write to the audit log that a command has done this.

    Raises Failed, which says that it is done all the same; MasterKeyMissing, OSError.
    """
    try:
        await _audit(settings, link).record(sites, None, action, about, **details)
    except ChatError as error:
        raise Failed(f"This is done ({action} {about}), and it is not in the audit log: {error}") from None


async def record_first(
    settings: Settings, link: Link, site: str, action: str, about: str, **details: str | int | bool
) -> None:
    """Write to a site's audit log what a command is about to do, for what nobody may do unseen.

    Raises StoreUnavailable if it is not there, or no checkpoint states it; MasterKeyMissing, OSError.
    """
    await _audit(settings, link).record_before(site, None, action, about, **details)


def _audit(settings: Settings, link: Link) -> Audit:
    return Audit(AuditStore(link), checkpoints_of(settings), WallClock())
