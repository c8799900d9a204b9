"""The master key: given by a setting, or kept in a file that the first start makes; during a change two of them."""

import contextlib
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from chatsvc import config_kinds as kinds
from chatsvc.config import Settings, SettingsRefused
from chatsvc.domain.declaration_values import Refusal
from chatsvc.store.vault_keys import MasterKeys


class MasterKeyMissing(Exception):
    """There is a vault and no master key for it; the message says what to do."""


def master_key(settings: Settings) -> bytes:
    """The master key: given, or kept beside the vault, where the first start makes it.

    Raises `MasterKeyMissing`, and OSError if the file can't be read or written.
    """
    if settings.master_key:
        return settings.master_key
    path = settings.master_key_file
    if not path.exists():
        if settings.vault_file.exists():
            raise MasterKeyMissing(
                f"The key vault {settings.vault_file} is here, but its master key {path} is not. "
                "Put the key back, or name it with CHATSVC_MASTER_KEY_FILE."
            )
        _make_key_file(path)
    return _read_key_file(path)


def master_key_next(settings: Settings) -> bytes:
    """The master key that a change leads to; empty if none is going on. Raises like `master_key`."""
    if settings.master_key:
        return settings.master_key_next
    path = next_key_file(settings)
    return _read_key_file(path) if path.exists() else b""


def audit_key(settings: Settings) -> bytes:
    """The key that signs checkpoints of the audit log: given, or kept in a file that the first start makes.

    Raises `MasterKeyMissing` for a file that holds no key, and OSError if it can't be read or written.
    """
    if settings.audit_key:
        return settings.audit_key
    if not settings.audit_key_file.exists():
        _make_key_file(settings.audit_key_file)
    return _read_key_file(settings.audit_key_file)


def next_key_file(settings: Settings) -> Path:
    """Where the next master key is kept until it takes the place of the present one."""
    return settings.master_key_file.with_name(settings.master_key_file.name + ".next")


def make_next_key(settings: Settings) -> bytes:
    """The next master key in its file, made if a change is only beginning. Raises like `master_key`."""
    if not next_key_file(settings).exists():
        _make_key_file(next_key_file(settings))
    return _read_key_file(next_key_file(settings))


def adopt_next_key(settings: Settings) -> None:
    """Put the file of the next master key in the place of the present one, in one step. Raises OSError."""
    with contextlib.suppress(FileNotFoundError):  # somebody else who changes it was faster
        next_key_file(settings).replace(settings.master_key_file)
    _sync(settings.master_key_file.parent)


def master_keys(settings: Settings, reread: Callable[[], Settings] | None = None) -> MasterKeys:
    """The master keys there are; `reread` gives the settings anew when the vault's key has been changed.

    Raises like `master_key`.
    """

    def anew() -> list[bytes]:
        try:
            return _present(reread() if reread is not None else settings)
        except (SettingsRefused, MasterKeyMissing, OSError):
            return []  # half-way through somebody's editing: what we had is kept

    return MasterKeys(_present(settings), anew)


def _present(settings: Settings) -> list[bytes]:
    # The next one first: when it takes the place of the other between two looks, it is seen all the same.
    coming = master_key_next(settings)
    return [key for key in (master_key(settings), coming) if key]


def _read_key_file(path: Path) -> bytes:
    try:
        key: bytes = kinds.KEY.read(path.read_text(encoding="ascii"))
    except (Refusal, UnicodeError):
        key = b""
    if not key:
        raise MasterKeyMissing(f"The file {path} must hold 32 bytes as 64 hexadecimal digits, and does not.")
    return key


def _make_key_file(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_hex(kinds.KEY_BYTES) + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)  # whole or not at all, and only the first of two processes makes it
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    _sync(path.parent)


def _sync(directory: Path) -> None:
    """What was made or renamed there stays so when power fails."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
