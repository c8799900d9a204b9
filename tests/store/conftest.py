"""Fixtures for the store's tests."""

from tests.support.vaults import any_vault, redis_vault_server, valkey_vault_server, vault_server

__all__ = ["any_vault", "redis_vault_server", "valkey_vault_server", "vault_server"]
