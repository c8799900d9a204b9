"""The examination of the way to an external store: who may use it, for what, and who may listen."""

from chatsvc.config import Settings
from chatsvc.config_contradictions import is_loopback
from chatsvc.doctor_findings import Findings
from chatsvc.store import directory_keys
from chatsvc.store.link import Link
from chatsvc.store.link_probe import open_to_everybody
from chatsvc.store.link_url import StoreUrl, parse_url
from chatsvc.store.resp import StoreRefused

GUIDE = "deploy/store/README.md"


async def examine_access(link: Link, settings: Settings, findings: Findings) -> None:
    """Look at encryption, at who is let in, and at what the account of redis_url may do."""
    if settings.embedded:
        return
    url = parse_url(settings.redis_url)
    examine_encryption(url, findings)
    examine_openness(url, await open_to_everybody(url), findings)
    await _rights(link, findings)


def _on_this_machine(url: StoreUrl) -> bool:
    return all(place.path or is_loopback(place.host) for place in url.endpoints)


def examine_encryption(url: StoreUrl, findings: Findings) -> None:
    """Whether anybody on the way to the store can listen."""
    if url.tls is not None:
        findings.ok("store", "connections to the store are encrypted, and its certificate is checked")
    elif _on_this_machine(url):
        findings.ok("store", "connections to the store stay on this machine")
    else:
        findings.warning(
            "store",
            "connections to the store leave this machine unencrypted: who talks when, and sealed text, can be "
            "seen on the way, and the store's password with them",
            f"Set the store up with TLS and write rediss in redis_url: see {GUIDE}.",
        )


def examine_openness(url: StoreUrl, is_open: bool | None, findings: Findings) -> None:
    """Whether the store lets people in who have no password; None: nobody knows."""
    remedy = f"Turn the default user off, and give everybody a user of their own: see {GUIDE}."
    if is_open is None:
        findings.warning(
            "store", "whether the store lets people in without a password could not be seen", remedy
        )
    elif not is_open:
        findings.ok("store", "the store lets nobody in without a password")
    elif all(place.path for place in url.endpoints):
        findings.ok("store", "the store lets in whoever may open its socket; see that only chatsvc may")
    elif _on_this_machine(url):
        findings.warning(
            "store", "everybody on this machine can use the store: it asks for no password", remedy
        )
    else:
        findings.error("store", "everybody who reaches the store can use it: it asks for no password", remedy)


async def _rights(link: Link, findings: Findings) -> None:
    try:
        # Harmless, and nothing that chatsvc or its doctor ever needs: whoever is answered may do anything.
        await link.call(directory_keys.ABOUT, "SLOWLOG", "LEN")
    except StoreRefused:
        findings.ok("store", "the store refuses our account what it does not need")
    else:
        findings.warning(
            "store",
            "our account at the store may do more than it needs (SLOWLOG is answered)",
            f"Use the users of {GUIDE}: chatsvc for nodes and workers, chatsvc-doctor for this examination.",
        )
