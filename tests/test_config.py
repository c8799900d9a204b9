"""Settings: where they come from, what is accepted, and what an operator is told."""

import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import pytest

from chatsvc.config import (
    PREFIX,
    TABLE,
    Settings,
    SettingsRefused,
    load,
    load_settings,
)
from chatsvc.config_keys import MasterKeyMissing, master_key

KEY = bytes(range(32))
RIGHT = {
    "host": ("127.0.0.1", "::1", "localhost"),
    "port": ("0", "65535"),
    "public_url": ("", "https://chat.kunta.fi", "https://chat.kunta.fi:8443", "http://chat.localhost:8080"),
    "trusted_proxies": ("", "127.0.0.1", "192.0.2.0/24, 2001:db8::/64", "::1,"),
    "metrics_host": ("0.0.0.0", "192.0.2.1"),
    "metrics_port": ("9464",),
    "worker_metrics_port": ("9465",),
    "redis_url": (
        "",
        "redis://127.0.0.1:6379/1",
        "rediss://u:p@store.kunta.fi",
        "unix:///run/s",
        "redis+cluster://a,b",
    ),
    "data_dir": ("/var/lib/chatsvc", "data"),
    "durability": ("everysec", "always"),
    "vault_path": ("", "/srv/vault.sqlite"),
    "vault_url": ("", "redis://vault:6379", "rediss://u:p@vault.kunta.fi", "unix:///run/v"),
    "master_key": (KEY.hex(), "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="),
    "master_key_next": ("", bytes(32).hex()),
    "audit_dir": ("", "/srv/audit"),
    "audit_key": (KEY.hex(),),
    "audit_months": ("13", "1200"),
    "session_hours": ("1", "24"),
    "session_idle_minutes": ("5", "720"),
    "second_factor": ("", "admin, counsellor@kunta"),
    "password_sign_in": ("true", "True"),
    "oidc": (
        "",
        '{"kunta": {"issuer": "https://id.kunta.fi", "client_id": "c", "name": "Kunta", "roles": {"a": "admin"}}}',
    ),
    "max_connections": ("1", "1000000"),
    "outbox_bytes": ("65536", "64 KiB", "1MiB"),
    "log_level": ("debug", "info", "warning", "error"),
}
WRONG = {
    "host": ("", "a b", "http://x"),
    "port": ("", "-1", "65536", "http", "80.5", "٣"),
    "public_url": (
        "chat.kunta.fi",
        "https://chat.kunta.fi/chat",
        "ftp://x.fi",
        "https://u@x.fi",
        "http://chat.kunta.fi",
    ),
    "trusted_proxies": (
        "proxy.kunta.fi",
        "192.0.2.1/24",
        "192.0.2.1:80",
        "[::1]",
        "0.0.0.0/0",
        "::/0",
        "::ffff:192.0.2.1",
        "192.0.2.1 192.0.2.2",
        "203.0.113.٣",
    ),
    "metrics_host": ("*",),
    "metrics_port": ("x",),
    "worker_metrics_port": ("x",),
    "redis_url": ("localhost", "http://x", "redis://x/a", "unix://"),
    "data_dir": ("",),
    "durability": ("", "Always", "never"),
    "vault_path": ("\0",),
    "vault_url": ("localhost", "redis+cluster://a,b", "redis+sentinel://a/main"),
    "master_key_next": ("secret",),
    "master_key": ("secret", KEY.hex()[:-2], KEY.hex() + "00"),
    "audit_dir": ("\0",),
    "audit_key": ("secret",),
    "audit_months": ("0", "12", "1201", "2 years"),
    "session_hours": ("0", "25", "12 h"),
    "session_idle_minutes": ("4", "721"),
    "second_factor": ("boss", "admin@", "@kunta"),
    "password_sign_in": ("", "no", "0"),
    "oidc": ("[]", "kunta", '{"kunta": 1}', '{"Kunta": 1}'),
    "max_connections": ("0", "many"),
    "outbox_bytes": ("1", "1 TiB", "1 GiB", "64 kib"),
    "log_level": ("verbose", "INFO"),
}


def refused(environ: dict[str, str], config: Path | None = None) -> str:
    """What the operator is told."""
    with pytest.raises(SettingsRefused) as caught:
        load_settings(config, environ)
    return str(caught.value)


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_without_anything_said_there_are_defaults() -> None:
    """With neither file nor variables the bundled store is served on this machine only."""
    settings = load_settings(None, {"PATH": "/bin"})
    assert settings == Settings()
    assert settings.embedded
    assert settings.origin == "http://localhost:8080"


def test_every_setting_is_covered_here() -> None:
    """The lists of accepted and refused values name every setting there is."""
    assert RIGHT.keys() == WRONG.keys() == TABLE.keys()


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in RIGHT.items() for value in values]
)
def test_right_values_are_accepted(name: str, value: str) -> None:
    """Each accepted spelling is read, from a variable of the setting's name."""
    variables = {PREFIX + name.upper(): value}
    if name == "metrics_host":  # whoever others can reach needs it
        variables["CHATSVC_PUBLIC_URL"] = "https://chat.example.fi"
    if name in {"vault_url", "master_key_next"}:  # which make sense only beside it
        variables["CHATSVC_MASTER_KEY"] = KEY.hex()
    loaded = load(None, variables)
    assert loaded.sources[name] == PREFIX + name.upper()


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in WRONG.items() for value in values]
)
def test_wrong_values_are_named_with_what_is_accepted(name: str, value: str) -> None:
    """A value that can't be used is refused by the variable's name, and a secret is not repeated."""
    told = refused({PREFIX + name.upper(): value})
    assert told.startswith(f"{PREFIX}{name.upper()}: ")
    assert told.count("\n") == 0
    assert not (name == "master_key" and value in told)


def test_pages_and_metrics_need_ports_of_their_own() -> None:
    """One port for both is refused by both names; the same port on two addresses is not."""
    told = refused({"CHATSVC_PORT": "9000", "CHATSVC_METRICS_PORT": "9000"})
    assert told == "CHATSVC_METRICS_PORT: port and metrics_port are both 9000; choose two different ports."
    assert refused({"CHATSVC_PORT": "9464"}).startswith("CHATSVC_PORT: port and metrics_port are both 9464;")
    load(None, {"CHATSVC_PORT": "9000", "CHATSVC_METRICS_PORT": "9000", "CHATSVC_METRICS_HOST": "127.0.0.2"})
    load(None, {"CHATSVC_PORT": "0", "CHATSVC_METRICS_PORT": "0"})


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        (
            {"VAULT_URL": "unix:///run/v", "MASTER_KEY": KEY.hex(), "VAULT_PATH": "/srv/v"},
            "CHATSVC_VAULT_URL: vault_path is set too",
        ),
        ({"VAULT_URL": "unix:///run/v"}, "CHATSVC_VAULT_URL: needs master_key"),
        (
            {"VAULT_URL": "unix:///run/s", "REDIS_URL": "unix:///run/s", "MASTER_KEY": KEY.hex()},
            "CHATSVC_VAULT_URL: is the store of redis_url",
        ),
        ({"MASTER_KEY_NEXT": KEY.hex()}, "CHATSVC_MASTER_KEY_NEXT: is for a master_key that is set"),
        (
            {"MASTER_KEY_NEXT": KEY.hex(), "MASTER_KEY": KEY.hex()},
            "CHATSVC_MASTER_KEY_NEXT: is the same as master_key",
        ),
    ],
)
def test_settings_of_the_vault_that_contradict_each_other_are_told(
    variables: dict[str, str], told: str
) -> None:
    """A vault twice, beside what it opens, or without the key that all nodes share is refused by name."""
    answer = refused({PREFIX + name: value for name, value in variables.items()})
    assert answer.startswith(told)
    assert KEY.hex() not in answer


def test_a_password_in_a_wrong_url_is_not_repeated() -> None:
    """What is told about a store's URL never holds its password."""
    for url in (
        "redis://:s3cret@store:port",
        "redis://:s3cret@store/x",
        "http://:s3cret@store",
        "redis://:s3cret@",
    ):
        assert "s3cret" not in refused({"CHATSVC_REDIS_URL": url})


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    """File and variables are both read to the end; each problem names its line or variable."""
    file = written(
        tmp_path / "chatsvc.toml", 'port = "x"\nprot = 3\n\ndurability = "alwys"\nmax_connections = true\n'
    )
    told = refused({"CHATSVC_LOG_LEVEL": "loud", "CHATSVC_PROT": "1", "CHATSVC_MASTER_KEY_FLE": "x"}, file)
    assert told.splitlines() == [
        f"{file}, line 1: port: must be a whole number from 0 to 65535.",
        f"{file}, line 2: prot: there is no such setting. Did you mean port? `chatsvc settings` lists them.",
        f"{file}, line 4: durability: must be one of everysec, always. Did you mean always?",
        f"{file}, line 5: max_connections: must be a whole number from 1 to 1000000.",
        "CHATSVC_LOG_LEVEL: must be one of debug, info, warning, error.",
        (
            "CHATSVC_MASTER_KEY_FLE: there is no such setting. Did you mean CHATSVC_MASTER_KEY_FILE? "
            "`chatsvc settings` lists them."
        ),
        "CHATSVC_PROT: there is no such setting. Did you mean CHATSVC_PORT? `chatsvc settings` lists them.",
    ]


def test_a_variable_wins_over_the_file(tmp_path: Path) -> None:
    """What a variable says is taken, and the source is told."""
    file = written(tmp_path / "chatsvc.toml", 'port = 1\nlog_level = "error"\n')
    loaded = load(None, {"CHATSVC_CONFIG": str(file), "CHATSVC_PORT": "2"})
    assert (loaded.settings.port, loaded.settings.log_level) == (2, "error")
    assert loaded.sources == {"port": "CHATSVC_PORT", "log_level": f"{file}, line 2: log_level"}


def test_paths_in_the_file_are_seen_from_the_file(tmp_path: Path) -> None:
    """A file that is moved together with its data goes on working."""
    file = written(tmp_path / "chatsvc.toml", 'data_dir = "data"\nvault_path = "/srv/vault"\n')
    settings = load_settings(file, {})
    assert settings.data_dir == tmp_path / "data"
    assert settings.vault_file == Path("/srv/vault")
    assert load_settings(None, {"CHATSVC_DATA_DIR": "data"}).vault_file == Path("data/keys/vault.sqlite")


def test_secrets_may_be_kept_in_files(tmp_path: Path) -> None:
    """`…_FILE` names a file that holds the secret, in variables and in the settings file."""
    written(tmp_path / "url", "redis://:s3cret@store/0\n")
    written(tmp_path / "key", KEY.hex() + "\n")
    file = written(tmp_path / "chatsvc.toml", 'redis_url_file = "url"\n')
    settings = load_settings(file, {"CHATSVC_MASTER_KEY_FILE": str(tmp_path / "key")})
    assert settings.redis_url == "redis://:s3cret@store/0"
    assert settings.master_key == KEY
    assert "s3cret" not in repr(settings)
    assert KEY.hex() not in repr(settings)
    assert "master_key" not in repr(settings)


def test_files_of_secrets_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    """A missing or empty file is told by its path; only secrets have files."""
    empty = written(tmp_path / "empty", "\n")
    told = refused(
        {
            "CHATSVC_MASTER_KEY_FILE": str(tmp_path / "none"),
            "CHATSVC_REDIS_URL_FILE": str(empty),
            "CHATSVC_PORT_FILE": "x",
        }
    )
    assert f"CHATSVC_MASTER_KEY_FILE: the file {tmp_path}/none can't be read: No such file" in told
    assert f"CHATSVC_REDIS_URL_FILE: the file {empty} is empty" in told
    assert "CHATSVC_PORT_FILE: there is no such setting." in told


def test_a_setting_given_twice_is_refused(tmp_path: Path) -> None:
    """A secret both as a variable and in a file is a mistake that somebody should see."""
    key = written(tmp_path / "key", KEY.hex())
    told = refused({"CHATSVC_MASTER_KEY": KEY.hex(), "CHATSVC_MASTER_KEY_FILE": str(key)})
    assert "given by another variable" in told


def test_proxies_are_a_list_in_the_file_and_words_in_a_variable(tmp_path: Path) -> None:
    """An address is a network of one; what is written twice counts once."""
    found = (ip_network("192.0.2.0/24"), ip_network("2001:db8::1"))
    file = written(tmp_path / "a.toml", 'trusted_proxies = ["192.0.2.0/24", "2001:db8::1"]')
    assert load_settings(file, {}).trusted_proxies == found
    variable = {"CHATSVC_TRUSTED_PROXIES": " 192.0.2.0/24,2001:db8::1, 192.0.2.0/24"}
    assert load_settings(None, variable).trusted_proxies == found


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ('"proxy.kunta.fi"', '"proxy.kunta.fi" is no address and no network'),
        ('["192.0.2.7/24"]', "write 192.0.2.7 or 192.0.2.0/24"),
        ('["192.0.2.7", "0.0.0.0/0"]', '"0.0.0.0/0" is every address'),
        ("[1]", "must be a list of addresses and networks"),
        ("7", "must be a list of addresses and networks"),
    ],
)
def test_a_wrong_proxy_is_named(tmp_path: Path, value: str, told: str) -> None:
    """The operator reads which of them is wrong, where, and what to write instead."""
    file = written(tmp_path / "a.toml", f"port = 1\ntrusted_proxies = {value}\n")
    text = refused({}, file)
    assert told in text
    assert text.startswith(f"{file}, line 2: trusted_proxies: ")


def test_a_file_that_is_not_toml_is_refused(tmp_path: Path) -> None:
    """A settings file with a broken line, or that is missing, is named."""
    told = refused({}, written(tmp_path / "chatsvc.toml", "port = \n"))
    assert "this is not TOML" in told
    assert "line 1" in told
    assert "No such file" in refused({"CHATSVC_CONFIG": str(tmp_path / "none")})


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.2", "chat.kunta.fi"])
def test_a_listener_beyond_this_machine_needs_https(host: str) -> None:
    """Browsers drop the cookies over http, so such a listener does not start without an https address."""
    assert "must be the https:// address" in refused({"CHATSVC_HOST": host})
    assert "https://" in refused({"CHATSVC_HOST": host, "CHATSVC_PUBLIC_URL": "http://chat.localhost"})
    with_https = load_settings(None, {"CHATSVC_HOST": host, "CHATSVC_PUBLIC_URL": "https://chat.kunta.fi"})
    assert with_https.origin == "https://chat.kunta.fi"


def test_the_master_key_is_made_once(tmp_path: Path) -> None:
    """Several first starts at once agree on one key, which only its owner can read."""
    settings = replace(Settings(), data_dir=tmp_path / "data")
    with ThreadPoolExecutor(8) as threads:
        made = set(threads.map(lambda _: master_key(settings), range(32)))
    assert len(made) == 1
    assert len(made.pop()) == 32
    assert stat.S_IMODE(settings.master_key_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(settings.master_key_file.parent.stat().st_mode) == 0o700
    assert [file.name for file in settings.master_key_file.parent.iterdir()] == ["master.key"]


def test_a_vault_without_its_master_key_is_not_given_a_new_one(tmp_path: Path) -> None:
    """A lost key is told, never papered over."""
    settings = replace(Settings(), data_dir=tmp_path)
    settings.vault_file.parent.mkdir()
    settings.vault_file.touch()
    with pytest.raises(MasterKeyMissing, match="is not"):
        master_key(settings)
    settings.master_key_file.write_text("short")
    with pytest.raises(MasterKeyMissing, match="64 hexadecimal digits"):
        master_key(settings)
    assert master_key(replace(settings, master_key=KEY)) == KEY
