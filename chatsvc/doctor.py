"""The examination: what is in order, what is not, and how to mend it."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from chatsvc.config import Settings
from chatsvc.doctor_access import examine_access
from chatsvc.doctor_apart import examine_apart
from chatsvc.doctor_files import examine_data_dir, examine_front_end, examine_listener
from chatsvc.doctor_findings import Findings
from chatsvc.doctor_oidc import examine_grants, examine_providers
from chatsvc.doctor_passkeys import examine_passkeys
from chatsvc.doctor_store import examine_store
from chatsvc.doctor_vault import examine_backups, examine_vault
from chatsvc.domain.errors import StoreUnavailable
from chatsvc.store.embedded import EmbeddedStoreFailed
from chatsvc.store.link import Link
from chatsvc.store.resp import StoreRefused

OpenStore = Callable[[Settings], AbstractAsyncContextManager[Link]]


async def examine(settings: Settings, open_store: OpenStore) -> Findings:
    """Look at settings, files, keys and store; changes nothing. A bundled store that is stopped runs meanwhile."""
    findings = Findings()
    examine_listener(settings, findings)
    examine_front_end(findings)
    present = examine_data_dir(settings, findings) if settings.embedded else True
    vault_id = await examine_vault(settings, findings)
    examine_backups(settings, findings)
    await examine_providers(settings, findings)
    if not present:
        return findings
    try:
        async with open_store(settings) as link:
            await examine_store(link, settings, vault_id, findings)
            await examine_access(link, settings, findings)
            await examine_apart(link, settings, findings)
            await examine_grants(link, settings, findings)
            await examine_passkeys(link, settings, findings)
    except (StoreUnavailable, StoreRefused, EmbeddedStoreFailed) as error:
        where = "the bundled store" if settings.embedded else "the store of redis_url"
        remedy = (
            "See server.log in data_dir."
            if settings.embedded
            else "Check redis_url, and that the store runs."
        )
        findings.error("store", f"{where} can't be used: {error}", remedy)
    return findings
