"""A real store for the tests of this folder."""

from tests.support.stores import valkey, valkey_server

__all__ = ["valkey", "valkey_server"]
