"""Reading the store's URL."""

from pathlib import Path

import pytest

from chatsvc.store.link_url import Endpoint, Login, parse_url


def test_plain_url() -> None:
    """Host, port, database, user and password are read, percent-encoding undone."""
    url = parse_url("redis://us%40er:p%3Aw%2F@store.example:7000/3")
    assert (url.shape, url.endpoints, url.db) == ("single", (Endpoint("store.example", 7000),), 3)
    assert url.login == Login("us@er", "p:w/")
    assert url.tls is None
    assert parse_url("redis://[::1]").endpoints == (Endpoint("::1", 6379),)


def test_unix_url() -> None:
    """A socket's path may hold any character, percent-encoded, and a database may follow."""
    url = parse_url("unix:///run/a%20b/store.sock?db=2")
    assert (url.endpoints, url.db) == ((Endpoint("", 0, "/run/a b/store.sock"),), 2)
    assert parse_url("unix://:secret@/run/s").login.password == "secret"


def test_cluster_and_sentinel_urls() -> None:
    """Several places may be given; a sentinel URL names the master and may name the sentinels' password."""
    cluster = parse_url("redis+cluster://u:p@a:1,b,[::1]:3")
    assert cluster.endpoints == (Endpoint("a", 1), Endpoint("b", 6379), Endpoint("::1", 3))
    sentinel = parse_url("redis+sentinel://:p@a,b:1/main/4?sentinel_password=s")
    assert sentinel.endpoints == (Endpoint("a", 26379), Endpoint("b", 1))
    assert (sentinel.master, sentinel.db) == ("main", 4)
    assert (sentinel.login.password, sentinel.sentinel_login.password) == ("p", "s")


def test_encrypted_url_verifies_the_server() -> None:
    """rediss:// checks the certificate and the host name; there is no way to turn that off."""
    tls = parse_url("rediss://store.example").tls
    assert tls is not None
    assert tls.check_hostname


@pytest.mark.parametrize(
    ("url", "wrong"),
    [
        ("store.example", "must begin with"),
        ("http://store.example", "must begin with"),
        ("redis://:hush@", "lacks a host"),
        ("redis://:hush@a:b", "port"),
        ("redis://:hush@a:70000", "port"),
        ("redis://:hush@a,b", "several hosts"),
        ("redis://:hush@a/x", "database"),
        ("redis+cluster://:hush@a/1", "only database 0"),
        ("redis+sentinel://:hush@a", "name the master"),
        ("unix://:hush@store.sock", "absolute path"),
        ("rediss://:hush@a?verify=no", "unknown option 'verify'"),
        ("rediss://:hush@a?ca=/nowhere", "ca="),
    ],
)
def test_wrong_urls_are_explained(url: str, wrong: str) -> None:
    """What is wrong is named, and a password is never repeated."""
    with pytest.raises(ValueError, match=wrong) as caught:
        parse_url(url)
    assert "hush" not in str(caught.value)


def test_file_that_is_no_certificate_is_refused(tmp_path: Path) -> None:
    """A file of another kind is told from a certificate."""
    (tmp_path / "ca").write_text("nonsense")
    with pytest.raises(ValueError, match="can't be used"):
        parse_url(f"rediss://a?ca={tmp_path / 'ca'}")


def test_password_does_not_show() -> None:
    """The value's text form, as it may come into a log, hides user and password."""
    assert "hush" not in repr(parse_url("redis+sentinel://u:hush@a/m?sentinel_password=hush2"))
