"""The second step of signing in: who has one, and who needs one."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import get_args

from chatsvc.domain.sites import Role, Staff

ROLES: tuple[Role, ...] = get_args(Role)
PRIVILEGED: tuple[str, ...] = ("supervisor", "admin", "operator", "auditor")


@dataclass(frozen=True, slots=True)
class Factor:
    """What the store keeps of an account's second step: nothing from which a code could be made. `since` is ms.

    Without an `app` there are recovery codes alone, for whoever has passkeys.
    """

    generation: str
    since: int
    recovery: tuple[bytes, ...] = ()  # digests of the codes that are left
    app: bool = True


def is_required(rules: Collection[str], staff: Staff) -> bool:
    """Whether an account needs a second step; a rule is a role, or `role@site` for those who work for that site."""
    return staff.role in rules or any(f"{staff.role}@{site}" in rules for site in staff.sites)


def has_app(factor: Factor | None) -> bool:
    """Whether codes of an authenticator app show who it is."""
    return factor is not None and factor.app
