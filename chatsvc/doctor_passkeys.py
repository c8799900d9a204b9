"""The examination of passkeys: whether they work at the address that browsers see."""

from chatsvc.config import Settings
from chatsvc.doctor_access import GUIDE
from chatsvc.doctor_findings import Findings
from chatsvc.services.webauthn import RelyingParty
from chatsvc.store.link import Link
from chatsvc.store.passkeys import PasskeyStore
from chatsvc.store.resp import StoreRefused


async def examine_passkeys(link: Link, settings: Settings, findings: Findings) -> None:
    """Look for accounts whose passkeys are bound to another host name. Raises StoreUnavailable."""
    host = RelyingParty(settings.origin).host
    try:
        everybody = await PasskeyStore(link).everybody()
    except StoreRefused:
        findings.warning(
            "passkeys",
            "whether passkeys work at the present address was not seen: our account at the store may not read them",
            f"Give it the rights of the present users.acl: see {GUIDE}.",
        )
        return
    stranded = sorted(staff for staff, own in everybody.items() if not own.bound_to(host))
    if stranded:
        findings.warning(
            "passkeys",
            f"{len(stranded)} of {len(everybody)} accounts with passkeys have none for {host}, such as {stranded[0]}",
            "Passkeys don't move to another host name. Set public_url back, or have these people sign in with a "
            "recovery code and add a new one; `chatsvc counsellor passkeys NAME --remove` helps where there is none.",
        )
    elif everybody:
        findings.ok("passkeys", f"every account with passkeys has one for {host}")
