"""What may and may not stand in a log line."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatsvc.telemetry.private import LONGEST_VALUE, clean_fields, clean_text, describe_error, is_forbidden

SECRET = "I drank again and I am ashamed"


class PersonError(Exception):
    """An error whose message repeats what somebody wrote."""

    code = "bad_field"


def _fail() -> None:
    try:
        raise KeyError(SECRET)
    except KeyError as inner:
        raise PersonError(SECRET) from inner


@pytest.mark.parametrize(
    "key",
    [
        "text",
        "remote",
        "client_ip",
        "ip",
        "user_agent",
        "userAgent",
        "X-Forwarded-For",
        "headers",
        "old_text",
        "TOKEN",
    ],
)
def test_keys_that_could_hold_a_person_are_forbidden(key: str) -> None:
    """A key with a forbidden word in it is refused however it is spelled."""
    assert is_forbidden(key)


@pytest.mark.parametrize(
    "key", ["conversation", "queue", "site", "seq", "port", "zip_count", "context", "duration_ms"]
)
def test_ordinary_keys_stay(key: str) -> None:
    """A key that only looks like a forbidden one is kept."""
    assert not is_forbidden(key)


def test_dropped_keys_are_named() -> None:
    """A dropped field leaves its name, so that a developer notices, and never its value."""
    assert clean_fields({"text": SECRET, "seq": 3}) == {"seq": 3, "dropped": ["text"]}


def test_nested_fields_are_cleaned() -> None:
    """A forbidden key is dropped at any depth."""
    cleaned = clean_fields({"outer": {"inner": [{"remote": "127.0.0.7", "seq": 1}]}})
    assert cleaned == {"outer": {"inner": [{"seq": 1, "dropped": ["remote"]}]}}


def test_bytes_and_objects_show_only_their_type() -> None:
    """Raw bytes and unknown objects are never rendered."""
    assert clean_fields({"raw": SECRET.encode(), "thing": object()}) == {
        "raw": "<bytes>",
        "thing": "<object>",
    }


@given(st.ip_addresses(), st.sampled_from(["{}", "from {}", "peer={}", "({})", "{} closed"]))
def test_addresses_in_values_are_blanked(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address, shape: str
) -> None:
    """Any IPv4 or IPv6 address inside any value is replaced."""
    assert str(address) not in clean_text(shape.format(address)) or str(address) == "::"


def test_own_address_stays() -> None:
    """Where this process listens may be told."""
    assert clean_fields({"listen": "127.0.0.1:8080"}) == {"listen": "127.0.0.1:8080"}


def test_credentials_in_an_address_are_blanked() -> None:
    """The password of a store's address does not reach the log, whatever the key."""
    assert clean_fields({"url": "redis://user:hush@store.example:6379/0"}) == {
        "url": "redis://store.example:6379/0"
    }


def test_long_values_are_cut() -> None:
    """A value longer than the limit is cut."""
    assert len(clean_text("x" * 1000)) == LONGEST_VALUE + 1


def test_an_error_is_described_without_its_message() -> None:
    """Type, code and places of an error and its cause are told; what the messages say is not."""
    with pytest.raises(PersonError) as caught:
        _fail()
    described = describe_error(caught.value)
    assert described["type"].endswith("PersonError")
    assert described["code"] == "bad_field"
    assert described["at"][-1].endswith("_fail")
    assert described["after"]["type"] == "KeyError"
    assert SECRET not in repr(described)


def test_a_group_of_errors_is_described_one_by_one() -> None:
    """Each member of an exception group is described, again without messages."""
    described = describe_error(ExceptionGroup(SECRET, [ValueError(SECRET), OSError(111, SECRET)]))
    assert [inner["type"] for inner in described["of"]] == ["ValueError", "ConnectionRefusedError"]
    assert described["of"][1]["errno"] == 111
    assert SECRET not in repr(described)
