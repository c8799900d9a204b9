"""Recording what commands do in the audit log, and the means to read it."""

from collections.abc import Iterable

from chatsvc.config import Settings
from chatsvc.config_keys import audit_key
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
    """Write to the audit log that a command has done this. Raises StoreUnavailable, MasterKeyMissing, OSError."""
    audit = Audit(AuditStore(link), checkpoints_of(settings), WallClock())
    await audit.record(sites, None, action, about, **details)
