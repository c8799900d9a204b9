"""The setting `oidc`: what is accepted, and what an operator is told of anything else, with its line."""

from pathlib import Path

import pytest

from chatsvc.config import SettingsRefused, load_settings
from chatsvc.config_oidc import as_toml
from chatsvc.domain.identity import Grant
from chatsvc.domain.sites import QueueKey, SiteId

WHOLE = """
session_hours = 10

[oidc.kunta]
issuer = "https://id.kunta.fi/realms/staff"
client_id = "chatsvc"
client_secret_file = "kunta.secret"
name = { fi = "Kunnan tunnus", sv = "Kommunens konto" }
scopes = ["openid", "groups"]
groups_claim = "realm_access.roles"
name_claim = "upn"
alias = "Neuvoja"
passwords = true
prompt = "select_account"
second_factor_amr = ["mfa"]
second_factor_acr = ["2"]

[oidc.kunta.roles]
"Chat admins" = "admin"
"chat/supervisors" = "supervisor@kunta"
counsellors = ["counsellor@kunta/paihde", "counsellor@naapuri"]

[oidc.toinen]
issuer = "http://localhost:9000"
client_id = "x"
name = "Toinen"
roles = { all = "counsellor@kunta" }
"""


def told_of(folder: Path, text: str, secret: str = "s3cret") -> str:
    """What the operator is told of a file, with the names of files cut to their last part."""
    (folder / "kunta.secret").write_text(secret)
    (folder / "chatsvc.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsRefused) as caught:
        load_settings(folder / "chatsvc.toml", {})
    return str(caught.value).replace(f"{folder}/", "")


def test_everything_that_can_be_said(tmp_path: Path) -> None:
    """Two providers, in the order of the file; the secret is nowhere to be seen; what is printed is read again."""
    (tmp_path / "kunta.secret").write_text("s3cret\n")
    (tmp_path / "chatsvc.toml").write_text(WHOLE, encoding="utf-8")
    settings = load_settings(tmp_path / "chatsvc.toml", {})
    kunta, toinen = settings.oidc
    assert (kunta.id, kunta.client_secret, kunta.alias, kunta.passwords) == (
        "kunta",
        "s3cret",
        "Neuvoja",
        True,
    )
    assert "s3cret" not in repr(settings) + str(kunta) + as_toml(kunta)
    assert list(kunta.grants) == ["Chat admins", "chat/supervisors", "counsellors"]
    assert kunta.grants["Chat admins"] == (Grant("admin"),)
    assert kunta.grants["counsellors"] == (
        Grant("counsellor", SiteId("kunta"), QueueKey("kunta/paihde")), Grant("counsellor", SiteId("naapuri")),
    )  # fmt: skip
    assert (toinen.client_secret, toinen.names["se"], toinen.groups_claim) == ("", "Toinen", "groups")
    again = "\n".join(as_toml(one) for one in settings.oidc).replace('file = ""', 'file = "kunta.secret"')
    (tmp_path / "again.toml").write_text(again, encoding="utf-8")
    assert load_settings(tmp_path / "again.toml", {}).oidc == settings.oidc


WRONG = {
    ('issuer = "https://id', 'issuer = "http://id'): "line 5: oidc.kunta.issuer: must be the full address",
    ("realms/staff", "realms/staff?x=1"): "line 5: oidc.kunta.issuer: must have no ?",
    ('client_id = "chatsvc"', "client_id = 7"): "line 6: oidc.kunta.client_id: must be a text",
    ("kunta.secret", "no.secret"): "line 7: oidc.kunta.client_secret_file: the file no.secret can't be read",
    ('client_secret_file = "kunta.secret"', 'client_secret_file = "kunta.secret"\nclient_secret = "a"'):
        "oidc.kunta.client_secret_file: client_secret is given too",
    ('{ fi = "Kunnan tunnus", sv = "Kommunens konto" }', '{ de = "x" }'): "oidc.kunta.name: 'de' is not a language",
    ('["openid", "groups"]', '["groups"]'): 'oidc.kunta.scopes: must be a list of scopes with "openid"',
    ("groups_claim", "group_claim"): "line 10: oidc.kunta.group_claim: there is no such key. Did you mean",
    ("passwords = true", 'passwords = "no"'): "oidc.kunta.passwords: must be true or false.",
    ("select_account", "none"): "oidc.kunta.prompt: must be one of",
    ('["mfa"]', '"mfa"'): "oidc.kunta.second_factor_amr: must be a list of words",
    ('"supervisor@kunta"', '"superviser@kunta"'): "line 20: oidc.kunta.roles.chat/supervisors: must begin with a role",
    ('"supervisor@kunta"', '"supervisor"'): "must say for which site: supervisor@site",
    ('"supervisor@kunta"', '"supervisor@Kunta"'): "must name a site, and a queue after a slash",
    ('"supervisor@kunta"', "[]"): "must be a role, or a list of roles",
    ("http://localhost:9000", "https://id.kunta.fi/realms/staff"): "another provider has the same issuer",
    ("[oidc.toinen]", "[oidc.Toinen]"): "oidc.Toinen: must be 1-40 of a-z",
    ("[oidc.toinen]", "[oidc.hyvinvointialueen-omat]"): "must have at most 20 characters",
    ('roles = { all = "counsellor@kunta" }', ""): "oidc.toinen.roles: is missing: which group gives which role",
}  # fmt: skip


@pytest.mark.parametrize("change", WRONG)
def test_every_mistake_is_told_where_it_is(tmp_path: Path, change: tuple[str, str]) -> None:
    """What is wrong, in which table and line, and what would be right; never the secret."""
    text = WHOLE.replace(*change, 1)
    assert text != WHOLE
    told = told_of(tmp_path, text)
    assert WRONG[change] in told
    assert told.startswith("chatsvc.toml, line ")
    assert "s3cret" not in told


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    """One line for each, of all providers."""
    told = told_of(tmp_path, '[oidc.a]\nissuer = "x"\nother = 1\n[oidc.b]\nclient_id = ""\n')
    assert len(told.splitlines()) == 9
    assert "oidc.b.name: is missing" in told
    assert "is empty" in told_of(tmp_path, WHOLE, secret="")


def test_somebody_must_be_able_to_sign_in(tmp_path: Path) -> None:
    """Without passwords and without a provider nobody could."""
    (tmp_path / "kunta.secret").write_text("s3cret\n")
    told = told_of(tmp_path, "password_sign_in = false\n")
    assert "line 1: password_sign_in: is false and oidc has no provider" in told
    (tmp_path / "chatsvc.toml").write_text("password_sign_in = false\n" + WHOLE, encoding="utf-8")
    assert not load_settings(tmp_path / "chatsvc.toml", {}).password_sign_in
