"""Settings of the program: one table, from which reading, checking, help and documentation come.

A setting is taken from the variable `CHATSVC_NAME`, or else from the TOML file, or else it has its default.
A secret may instead be kept in a file of its own, named by `CHATSVC_NAME_FILE` or by `name_file`.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal
from urllib.parse import urlsplit

from chatsvc import config_kinds as kinds
from chatsvc.config_kinds import Kind
from chatsvc.domain.declaration_text import Problem, did_you_mean, line_numbers
from chatsvc.domain.declaration_values import Refusal, is_loopback_host
from chatsvc.domain.second_factor import PRIVILEGED
from chatsvc.domain.sessions import SessionLimits

PREFIX = "CHATSVC_"
CONFIG_VARIABLE = "CHATSVC_CONFIG"
SECRET_FILE_BYTES = 4_096  # nothing that is a secret of ours is longer

Durability = Literal["everysec", "always"]


def _about(kind: Kind, help_text: str) -> Mapping[str, Any]:
    return MappingProxyType({"kind": kind, "help": help_text})


@dataclass(frozen=True, slots=True)
class Settings:
    """What the program runs with; every value checked. A field without `repr` is a secret."""

    host: str = field(
        default="127.0.0.1",
        metadata=_about(kinds.HOST, "where visitors' and counsellors' browsers (or the proxy) connect"),
    )
    port: int = field(default=8080, metadata=_about(kinds.PORT, "the port for them; 0 takes a free one"))
    public_url: str = field(
        default="",
        metadata=_about(
            kinds.PUBLIC_URL,
            "the address that browsers see; must be https unless host is this machine only; "
            "empty: http://localhost and the port",
        ),
    )
    trusted_proxies: tuple[kinds.Network, ...] = field(
        default=(),
        metadata=_about(
            kinds.NETWORKS,
            "the reverse proxies in front, as this program sees their addresses: only theirs is the X-Forwarded-For "
            "that is believed, and only to limit abuse (deploy/abuse.md)",
        ),
    )
    metrics_host: str = field(
        default="127.0.0.1", metadata=_about(kinds.HOST, "where Prometheus connects; for operators only")
    )
    metrics_port: int = field(
        default=9464, metadata=_about(kinds.PORT, "the port of a node's metrics; 0 takes a free one")
    )
    worker_metrics_port: int = field(
        default=9465, metadata=_about(kinds.PORT, "the port of a worker's metrics; 0 takes a free one")
    )
    redis_url: str = field(
        default="",
        repr=False,
        metadata=_about(
            kinds.STORE_URL, "the Valkey or Redis (7.0 or newer); empty: the bundled one, on data_dir"
        ),
    )
    data_dir: Path = field(
        default=Path("chatsvc-data"),
        metadata=_about(kinds.PATH, "the bundled store's data, and the keys unless put elsewhere"),
    )
    durability: Durability = field(
        default="everysec",
        metadata=_about(
            kinds.one_of("everysec", "always"),
            "what an acknowledged message survives. everysec: the death of any process, except that up to 2 s "
            "are lost when power fails, or when the store is killed while its disk is slow to sync; always: all "
            "of that too. Set an external store up alike: see doctor",
        ),
    )
    vault_path: Path | None = field(
        default=None,
        metadata=_about(kinds.OPTIONAL_PATH, "the key vault; empty: keys/vault.sqlite in data_dir"),
    )
    vault_url: str = field(
        default="",
        repr=False,
        metadata=_about(
            kinds.VAULT_URL,
            "a second Valkey or Redis as the key vault, for nodes on several machines; instead of vault_path",
        ),
    )
    master_key: bytes = field(
        default=b"",
        repr=False,
        metadata=_about(
            kinds.KEY,
            "the key that wraps all others; empty: keys/master.key in data_dir, made at the first start",
        ),
    )
    master_key_next: bytes = field(
        default=b"",
        repr=False,
        metadata=_about(
            kinds.KEY,
            "the master key that `chatsvc vault rotate` changes to; empty unless it is being changed",
        ),
    )
    audit_dir: Path | None = field(
        default=None,
        metadata=_about(
            kinds.OPTIONAL_PATH,
            "where signed checkpoints of the audit log are kept, apart from the store; empty: audit in data_dir",
        ),
    )
    audit_key: bytes = field(
        default=b"",
        repr=False,
        metadata=_about(
            kinds.KEY, "what signs them; empty: keys/audit.key in data_dir, made at the first start"
        ),
    )
    session_hours: int = field(
        default=12,
        metadata=_about(
            kinds.whole_number(1, 24), "how long a sign-in lasts at most, in hours (deploy/sign-in.md)"
        ),
    )
    session_idle_minutes: int = field(
        default=120,
        metadata=_about(
            kinds.whole_number(5, 720), "after how many minutes without a sign of life it ends before that"
        ),
    )
    second_factor: tuple[str, ...] = field(
        default=PRIVILEGED,
        metadata=_about(
            kinds.SECOND_FACTOR,
            "who can't sign in without a code from an authenticator app; others may have one too",
        ),
    )
    max_connections: int = field(
        default=10_000,
        metadata=_about(kinds.whole_number(1, 1_000_000), "open connections that a node accepts"),
    )
    outbox_bytes: int = field(
        default=256 << 10,
        metadata=_about(
            kinds.size("64 KiB", "64 MiB"),
            "what may wait for a slow reader before its connection is closed",
        ),
    )
    log_level: Literal["debug", "info", "warning", "error"] = field(
        default="info",
        metadata=_about(
            kinds.one_of("debug", "info", "warning", "error"), "how much is logged; never what people write"
        ),
    )

    @property
    def sessions(self) -> SessionLimits:
        """How long a sign-in lasts."""
        return SessionLimits(self.session_hours * 3_600_000, self.session_idle_minutes * 60_000)

    @property
    def embedded(self) -> bool:
        """Whether the bundled store is used."""
        return not self.redis_url

    @property
    def vault_file(self) -> Path:
        """Where the key vault is."""
        return self.vault_path or self.data_dir / "keys" / "vault.sqlite"

    @property
    def master_key_file(self) -> Path:
        """Where the master key is kept when none is given."""
        return self.data_dir / "keys" / "master.key"

    @property
    def audit_key_file(self) -> Path:
        """Where the key of the audit log is kept when none is given."""
        return self.data_dir / "keys" / "audit.key"

    @property
    def checkpoint_dir(self) -> Path:
        """Where checkpoints of the audit log are."""
        return self.audit_dir or self.data_dir / "audit"

    @property
    def origin(self) -> str:
        """The only origin our pages have."""
        return self.public_url or f"http://localhost:{self.port}"

    @property
    def service_name(self) -> str:
        """What authenticator apps call us."""
        return urlsplit(self.origin).netloc


class SettingsRefused(Exception):
    """Settings that can't be used, with everything that is wrong with them, one line each."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problems))


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings, and where each that is not a default comes from."""

    settings: Settings
    sources: Mapping[str, str]


def load_settings(config: Path | None = None, environ: Mapping[str, str] = os.environ) -> Settings:
    """Settings from the file, if one is named, and the variables. Raises `SettingsRefused`."""
    return load(config, environ).settings


def load(config: Path | None = None, environ: Mapping[str, str] = os.environ) -> Loaded:
    """As `load_settings`, with the source of every value."""
    if config is None and environ.get(CONFIG_VARIABLE):
        config = Path(environ[CONFIG_VARIABLE])
    reading = _Reading()
    if config is not None:
        reading.file(config)
    reading.variables(environ)
    settings = Settings(**reading.values)
    reading.problems += _contradictions(settings, reading)
    if reading.problems:
        raise SettingsRefused(reading.problems)
    return Loaded(settings, reading.sources)


class _Reading:
    """Values read so far, where from, and what was wrong."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.sources: dict[str, str] = {}
        self.problems: list[str] = []

    def file(self, path: Path) -> None:
        """Take what a TOML file says."""
        try:
            text = path.read_text(encoding="utf-8")
            table = tomllib.loads(text)
        except (OSError, UnicodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            self.problems.append(f"{path}: can't be read: {reason}.")
            return
        except tomllib.TOMLDecodeError as error:
            self.problems.append(f"{path}: this is not TOML: {error}.")
            return
        lines = line_numbers(text)
        for key, value in table.items():
            source = Problem(key, "", lines.get((key,))).render(str(path)).removesuffix(": ")
            self._take(key, value, source, path.parent)

    def variables(self, environ: Mapping[str, str]) -> None:
        """Take what `CHATSVC_…` variables say; they win over the file."""
        taken: set[str] = set()
        for variable in sorted(environ):
            if not variable.startswith(PREFIX) or variable == CONFIG_VARIABLE:
                continue
            key = variable.removeprefix(PREFIX).lower()
            name = _named(key)[0]
            if name in taken:
                self.problems.append(
                    f"{variable}: the setting is also given by another variable; keep one of them."
                )
            taken.add(name or key)
            self._take(key, environ[variable], variable, Path())

    def _take(self, key: str, value: Any, source: str, base: Path) -> None:
        name, from_file = _named(key)
        if name is None:
            known = list(TABLE)
            near = did_you_mean(key, known + [f"{n}_file" for n in known if is_secret(n)])
            if source.startswith(PREFIX):
                near = _as_variables(near)
            self.problems.append(f"{source}: there is no such setting.{near} `chatsvc settings` lists them.")
            return
        kind: Kind = TABLE[name].metadata["kind"]
        try:
            read = kind.read(_secret_text(value, base) if from_file else value)
        except Refusal as refusal:
            self.problems.append(f"{source}: {refusal}")
            return
        self.values[name] = base / read if kind.is_path and read is not None else read
        self.sources[name] = source


TABLE: Mapping[str, Field[Any]] = {item.name: item for item in fields(Settings)}


def is_secret(name: str) -> bool:
    """Whether a setting's value is never shown, and may be kept in a file of its own."""
    return not TABLE[name].repr


def _named(key: str) -> tuple[str | None, bool]:
    """The setting that a key names, and whether the key names a file with its value."""
    if key in TABLE:
        return key, False
    name = key.removesuffix("_file")
    if name != key and name in TABLE and is_secret(name):
        return name, True
    return None, False


def _as_variables(near: str) -> str:
    word = near.removeprefix(" Did you mean ").removesuffix("?")
    return f" Did you mean {PREFIX}{word.upper()}?" if near else ""


def _secret_text(value: Any, base: Path) -> str:
    if not isinstance(value, str) or not value:
        raise Refusal("must be the path of a file that holds the secret.")
    path = base / Path(value).expanduser()
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(SECRET_FILE_BYTES).strip()
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise Refusal(f"the file {path} can't be read: {reason}.") from None
    if not text:
        raise Refusal(f"the file {path} is empty; it must hold the secret.")
    return text


def _contradictions(settings: Settings, reading: _Reading) -> list[str]:
    """What is wrong only in combination."""
    problems = []
    url, where = urlsplit(settings.origin), reading.sources.get("public_url", "public_url")
    names = [name for name in ("host", "metrics_host") if not is_loopback(getattr(settings, name))]
    if names and url.scheme != "https":
        name = names[0]
        source = reading.sources.get(name, name).removesuffix(f": {name}")
        problems.append(
            f"{where}: must be the https:// address that browsers see: {name} is {getattr(settings, name)} ({source}), "
            "which others can reach; browsers drop the cookies over http. Set it, or listen on 127.0.0.1."
        )
    elif url.scheme != "https" and not is_loopback_host(url.hostname or ""):
        problems.append(
            f"{where}: must begin with https://; http:// is for localhost and names that end in .localhost."
        )
    if settings.port and (settings.host, settings.port) == (settings.metrics_host, settings.metrics_port):
        where = reading.sources.get("metrics_port") or reading.sources.get("port", "port")
        problems.append(
            f"{where}: port and metrics_port are both {settings.port}; choose two different ports."
        )
    return problems + _vault_contradictions(settings, reading)


def _vault_contradictions(settings: Settings, reading: _Reading) -> list[str]:
    problems = []
    where = reading.sources.get("vault_url", "vault_url")
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
        where = reading.sources.get("master_key_next", "master_key_next")
        problems.append(f"{where}: is for a master_key that is set; the one in data_dir needs no setting.")
    if settings.master_key_next and settings.master_key_next == settings.master_key:
        where = reading.sources.get("master_key_next", "master_key_next")
        problems.append(f"{where}: is the same as master_key; take the old one away, or make a new one.")
    return problems


def is_loopback(host: str) -> bool:
    """Whether a listener on `host` can be reached from this machine only."""
    return is_loopback_host(host) or host.startswith("127.")
