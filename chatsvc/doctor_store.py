"""The examination of the store: which, how durable, how private, and whose."""

import time
from typing import Any

from chatsvc.config import Settings
from chatsvc.doctor_findings import Findings
from chatsvc.doctor_versions import known_hole, numbers
from chatsvc.domain.sites import Site
from chatsvc.store import directory_keys
from chatsvc.store.directory import Directory
from chatsvc.store.link import Link
from chatsvc.store.link_url import parse_url
from chatsvc.store.resp import StoreRefused

OLDEST = (7, 0)
CLOCK_LIMIT_MS = 2_000  # people compare what the chat shows with their own clock
ASK_AS_DOCTOR = "Run this once more with the URL of chatsvc-doctor: see deploy/store/README.md."
SHAPES = {
    "single": "a single server",
    "sentinel": "the master that Sentinel names",
    "cluster": "one shard of a cluster (the others should be set up alike)",
}
Info = dict[str, str]


async def examine_store(link: Link, settings: Settings, vault_id: str, findings: Findings) -> None:
    """Look at everything about the store that matters to us."""
    key = directory_keys.ABOUT
    before = time.time_ns() // 1_000_000
    info = _info(await link.call(key, "INFO", "everything"))
    _identity(info, settings, findings)
    config = await _config(link, key)
    _durability(config, info, settings, findings)
    _privacy(config, findings)
    seconds, micros = await link.call(key, "TIME")
    after = time.time_ns() // 1_000_000
    _clock(int(seconds) * 1000 + int(micros) // 1000, before, after, findings)
    await _directory(link, settings, vault_id, findings)


def _info(reply: bytes) -> Info:
    lines = (line.partition(":") for line in reply.decode("utf-8", "replace").splitlines() if ":" in line)
    return {name: value for name, _, value in lines}


def _identity(info: Info, settings: Settings, findings: Findings) -> None:
    name = "Valkey" if "valkey_version" in info else "Redis"
    version = info.get("valkey_version") or info.get("redis_version", "")
    shape = SHAPES["single" if settings.embedded else parse_url(settings.redis_url).shape]
    replicas = int(info.get("connected_slaves", "0"))
    text = f"{name} {version}, {shape}, {replicas} replica{'' if replicas == 1 else 's'} connected"
    # Valkey too reports the Redis version that it stands for, which says what commands there are.
    if numbers(info.get("redis_version", ""))[:2] < OLDEST:
        findings.error("store", f"{text}: too old", "Use Valkey, or Redis 7.0 or newer.")
        return
    findings.ok("store", text)
    hole = "" if settings.embedded else known_hole(name.lower(), version)
    if hole:
        findings.warning(
            "store",
            f"{name} {version} may have a known hole: {hole}",
            "Have your distribution's newest package, or a newer version; see deploy/versions.toml.",
        )


async def _config(link: Link, key: str) -> Info | None:
    """The store's settings, or None where this account may not ask for them."""
    try:
        reply: list[bytes] = await link.call(key, "CONFIG", "GET", "*")
    except StoreRefused:
        return None
    texts = [item.decode("utf-8", "replace") for item in reply]
    return dict(zip(texts[::2], texts[1::2], strict=True))


def _durability(config: Info | None, info: Info, settings: Settings, findings: Findings) -> None:
    wanted = settings.durability
    fsync = config.get("appendfsync", "") if config is not None else None
    if info.get("aof_enabled") != "1":
        findings.error(
            "durability",
            "the store keeps no log of what it is told (appendonly is off): a restart loses conversations",
            "Set `appendonly yes` in the store's configuration.",
        )
    elif fsync is None:
        findings.warning(
            "durability",
            f"whether the store gives durability {wanted} was not seen (appendfsync): our account may not ask",
            ASK_AS_DOCTOR,
        )
    elif fsync == "no" or (wanted != "everysec" and fsync != "always"):
        needed = "everysec" if wanted == "everysec" else "always"
        findings.error(
            "durability",
            f"durability is set to {wanted}, and the store writes to disk with appendfsync {fsync}",
            f"Set `appendfsync {needed}` in the store's configuration, or another durability in ours.",
        )
    else:
        losses = (
            "up to 2 s are lost when power fails, or when the store is killed while its disk is slow to sync"
            if fsync == "everysec"
            else "nothing is lost when power fails or a process is killed"
        )
        findings.ok("durability", f"{wanted}: appendonly yes, appendfsync {fsync}; {losses}")
    if info.get("maxmemory_policy") != "noeviction":
        findings.error(
            "durability",
            f"the store may throw conversations away when memory is short (maxmemory-policy is "
            f"{info.get('maxmemory_policy')})",
            "Set `maxmemory-policy noeviction` in the store's configuration.",
        )
    if info.get("aof_last_write_status", "ok") != "ok" or info.get("aof_last_bgrewrite_status", "ok") != "ok":
        findings.error(
            "durability", "the store failed to write its log last time", "Look at its disk and its own log."
        )


def _privacy(config: Info | None, findings: Findings) -> None:
    """Commands hold sealed text and people's connections; logs of them outlive what they are about."""
    if config is None:
        findings.warning(
            "privacy",
            "whether the store remembers commands or writes snapshots was not seen: our account may not ask",
            ASK_AS_DOCTOR,
        )
        return
    logs = {
        "slowlog-log-slower-than": "slow commands",
        "commandlog-execution-slower-than": "slow commands",
        "commandlog-request-larger-than": "large requests",
        "commandlog-reply-larger-than": "large replies",
    }
    kept = [name for name in logs if name in config and config[name] != "-1"]
    if kept:
        findings.warning(
            "privacy",
            f"the store remembers commands with what was in them ({', '.join(kept)})",
            f"Set to -1 in the store's configuration: {', '.join(kept)}.",
        )
    else:
        findings.ok("privacy", "the store remembers no commands")
    if config.get("save"):
        findings.warning(
            "privacy",
            "the store also writes snapshots (save is set), which keep what was deleted until the next one",
            'Set `save ""` in the store\'s configuration; its log is enough.',
        )
    if config.get("crash-log-enabled") == "yes" and config.get("hide-user-data-from-log") != "yes":
        findings.warning(
            "privacy",
            "when the store crashes it writes down the commands it was at, with what was in them (crash-log-enabled)",
            "Set `crash-log-enabled no` in the store's configuration.",
        )


def _clock(store_ms: int, before: int, after: int, findings: Findings) -> None:
    offset = store_ms - after if store_ms > after else min(0, store_ms - before)
    if abs(offset) > CLOCK_LIMIT_MS:
        how = "ahead of" if offset > 0 else "behind"
        findings.warning(
            "clock",
            f"the store's clock is {abs(offset) / 1000:.1f} s {how} this machine's",
            "Run an NTP client on both; the chat uses the store's time.",
        )
    else:
        findings.ok(
            "clock",
            f"this machine and the store agree on the time, within {max(abs(offset), after - before)} ms",
        )


async def _directory(link: Link, settings: Settings, vault_id: str, findings: Findings) -> None:
    snapshot = await Directory(link).load()
    if snapshot.vault_id and vault_id and snapshot.vault_id != vault_id:
        findings.error(
            "keys",
            f"the store belongs to the vault {snapshot.vault_id}, and the vault here is {vault_id}",
            "Set vault_path or vault_url to the right vault, or use the store that belongs to this one.",
        )
    elif snapshot.vault_id and vault_id:
        findings.ok("keys", "the store and the key vault belong together")
    elif snapshot.vault_id and not settings.vault_url and not settings.vault_file.exists():
        findings.error(
            "keys",
            f"the store belongs to the vault {snapshot.vault_id}, which is not here",
            f"Put it back at {settings.vault_file}; without it nothing that was said can be read.",
        )
    if snapshot.mark == "demo":
        findings.warning(
            "directory", "this store was filled by `chatsvc demo`; `chatsvc serve` refuses it",
            "Use another data_dir or redis_url for real work.",
        )  # fmt: skip
    _people(
        snapshot.sites, [staff.role for staff in snapshot.people.values() if not staff.disabled], findings
    )


def _has_rules(site: Site) -> bool:
    """Whether the version in force has any; a service that keeps nothing may say so with a rule of 0 d."""
    return bool(site.retention and site.retention[-1].rules)


def _people(sites: Any, roles: list[str], findings: Findings) -> None:
    if sites:
        queues = sum(len(site.queues) for site in sites.values())
        findings.ok("directory", f"sites: {', '.join(sorted(sites))}; {queues} queues; {len(roles)} accounts")
    else:
        findings.warning("directory", "no site is declared", "Run: chatsvc apply site.toml")
    for site in sorted(name for name, found in sites.items() if not _has_rules(found)):
        findings.warning(
            "retention",
            f"{site} has no retention rules: whatever is said there goes when the wrap-up ends",
            f"If that is not meant, give it [[site.{site}.retention]] (deploy/retention.md).",
        )
    if "admin" not in roles:
        findings.warning(
            "directory", "nobody is an administrator", "Run: chatsvc counsellor add NAME --role admin"
        )
