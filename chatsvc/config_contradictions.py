"""What is wrong with settings only in combination."""

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from chatsvc.domain.declaration_values import is_loopback_host

if TYPE_CHECKING:
    from chatsvc.config import Settings


def contradictions(settings: "Settings", sources: Mapping[str, str]) -> list[str]:
    """What is wrong with settings only in combination; `sources` say where each that is given comes from."""
    problems = []
    url, where = urlsplit(settings.origin), sources.get("public_url", "public_url")
    names = [name for name in ("host", "metrics_host") if not is_loopback(getattr(settings, name))]
    if names and url.scheme != "https":
        name = names[0]
        source = sources.get(name, name).removesuffix(f": {name}")
        problems.append(
            f"{where}: must be the https:// address that browsers see: {name} is {getattr(settings, name)} ({source}), "
            "which others can reach; browsers drop the cookies over http. Set it, or listen on 127.0.0.1."
        )
    elif url.scheme != "https" and not is_loopback_host(url.hostname or ""):
        problems.append(
            f"{where}: must begin with https://; http:// is for localhost and names that end in .localhost."
        )
    if settings.port and (settings.host, settings.port) == (settings.metrics_host, settings.metrics_port):
        where = sources.get("metrics_port") or sources.get("port", "port")
        problems.append(
            f"{where}: port and metrics_port are both {settings.port}; choose two different ports."
        )
    return problems + _vault_contradictions(settings, sources) + _sign_in_contradictions(settings, sources)


def _vault_contradictions(settings: "Settings", sources: Mapping[str, str]) -> list[str]:
    problems = []
    where = sources.get("vault_url", "vault_url")
    if settings.vault_url and settings.vault_path:
        problems.append(
            f"{where}: vault_path is set too; a deployment has one key vault, so keep one of them."
        )
    if settings.vault_url and settings.vault_url == settings.redis_url:
        problems.append(
            f"{where}: is the store of redis_url; keys beside what they open protect nothing. Use another server."
        )
    if settings.vault_url and not settings.master_key:
        problems.append(
            f"{where}: needs master_key, which all nodes share; `openssl rand -hex 32` makes one."
        )
    if settings.master_key_next and not settings.master_key:
        where = sources.get("master_key_next", "master_key_next")
        problems.append(f"{where}: is for a master_key that is set; the one in data_dir needs no setting.")
    if settings.master_key_next and settings.master_key_next == settings.master_key:
        where = sources.get("master_key_next", "master_key_next")
        problems.append(f"{where}: is the same as master_key; take the old one away, or make a new one.")
    return problems


def _sign_in_contradictions(settings: "Settings", sources: Mapping[str, str]) -> list[str]:
    if settings.password_sign_in or settings.oidc:
        return []
    where = sources.get("password_sign_in", "password_sign_in")
    return [f"{where}: is false and oidc has no provider: nobody could sign in. Set one of them."]


def is_loopback(host: str) -> bool:
    """Whether a listener on `host` can be reached from this machine only."""
    return is_loopback_host(host) or host.startswith("127.")
