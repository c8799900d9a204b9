"""Settings of the program: one table, from which reading, checking, help and documentation come.

A setting is taken from the variable `CHATSVC_NAME`, or else from the TOML file, or else it has its default.
A secret may instead be kept in a file of its own, named by `CHATSVC_NAME_FILE` or by `name_file`.
"""

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal
from urllib.parse import urlsplit

from chatsvc import config_kinds as kinds
from chatsvc.config_contradictions import contradictions
from chatsvc.config_kinds import Kind
from chatsvc.config_oidc import secret_text
from chatsvc.domain.audit import LEAST_MONTHS, MOST_MONTHS, USUAL_MONTHS
from chatsvc.domain.declaration_text import Path as Inner
from chatsvc.domain.declaration_text import Problem, did_you_mean, line_numbers
from chatsvc.domain.declaration_values import Refusal
from chatsvc.domain.identity import Provider
from chatsvc.domain.second_factor import PRIVILEGED
from chatsvc.domain.sessions import SessionLimits

PREFIX = "CHATSVC_"
CONFIG_VARIABLE = "CHATSVC_CONFIG"

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
    audit_months: int = field(
        default=USUAL_MONTHS,
        metadata=_about(
            kinds.whole_number(LEAST_MONTHS, MOST_MONTHS),
            "for how many months entries of the service's own audit log are kept; sites say it for theirs",
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
    password_sign_in: bool = field(
        default=True,
        metadata=_about(
            kinds.YES_NO,
            "whether anybody signs in with a name and a password; false leaves passkeys and the providers of oidc",
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
    oidc: tuple[Provider, ...] = field(
        default=(),
        metadata=_about(
            kinds.PROVIDERS,
            "identity providers with whose accounts people sign in, by OpenID Connect (deploy/sign-in.md)",
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
    reading.problems += contradictions(settings, reading.sources)
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
            self._take(key, value, partial(_in_file, path, lines, key), path.parent)

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
            self._take(key, environ[variable], partial(_in_variable, variable), Path())

    def _take(self, key: str, value: Any, place: Callable[[Inner], str], base: Path) -> None:
        name, from_file = _named(key)
        source = place(())
        if name is None:
            known = list(TABLE)
            near = did_you_mean(key, known + [f"{n}_file" for n in known if is_secret(n)])
            if source.startswith(PREFIX):
                near = _as_variables(near)
            self.problems.append(f"{source}: there is no such setting.{near} `chatsvc settings` lists them.")
            return
        kind: Kind = TABLE[name].metadata["kind"]
        try:
            given = secret_text(value, base) if from_file else value
            read = kind.beside(given, base) if kind.beside is not None else kind.read(given)
        except Refusal as refusal:
            self.problems += [f"{place(one.path)}: {one}" for one in refusal.each]
            return
        self.values[name] = base / read if kind.is_path and read is not None else read
        self.sources[name] = source


def _in_file(path: Path, lines: Mapping[Inner, int], key: str, inner: Inner) -> str:
    """Where a value, or something inside it, stands in a file."""
    full = (key, *inner)
    near = next((lines[full[:depth]] for depth in range(len(full), 0, -1) if full[:depth] in lines), None)
    return Problem(".".join(full), "", near).render(str(path)).removesuffix(": ")


def _in_variable(variable: str, inner: Inner) -> str:
    return ": ".join((variable, ".".join(inner))) if inner else variable


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
