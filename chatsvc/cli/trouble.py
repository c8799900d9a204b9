"""From errors to what an operator reads: a sentence or two, and an exit code."""

import errno
import traceback
from pathlib import Path
from typing import IO, Any

import click

from chatsvc.config import SettingsRefused
from chatsvc.config_keys import MasterKeyMissing
from chatsvc.domain.declaration import DeclarationRefused
from chatsvc.domain.errors import ChatError
from chatsvc.store.directory import WrongStore
from chatsvc.store.embedded import DataDirectoryBusy, EmbeddedStoreFailed
from chatsvc.store.resp import StoreRefused
from chatsvc.store.vault import WrongVault
from chatsvc.store.vault_backup import BackupRefused

FAILED, WRONGLY_ASKED = 1, 2
_WHY = {
    errno.EADDRINUSE: "Another program listens on that address and port already.",
    errno.EADDRNOTAVAIL: "This machine does not have that address.",
}


class Failed(click.ClickException):
    """It could not be done; the message says why, in a sentence or two."""

    exit_code = FAILED

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the message as it is."""
        click.echo(_ended(self.message), file=file, err=file is None)


class Refused(Failed):
    """What was asked can't be done as it was asked; the message says what would be accepted."""

    exit_code = WRONGLY_ASKED


def sentence_for(error: Exception) -> tuple[str, int] | None:
    """What to say and with which code to end; None for errors nobody expected."""
    match error:
        case SettingsRefused() | DeclarationRefused() | BackupRefused():
            return str(error), WRONGLY_ASKED
        case WrongStore() | WrongVault() | MasterKeyMissing() | DataDirectoryBusy() | EmbeddedStoreFailed():
            return _sentence(str(error)), FAILED
        case StoreRefused():
            return f"The store refused a command: {error}.", FAILED
        case ChatError():
            return _sentence(str(error)), FAILED
        case OSError():
            return _os_sentence(error), FAILED
        case ExceptionGroup():
            return next(filter(None, map(sentence_for, error.exceptions)), None)
    return None


def place_of(error: BaseException) -> str:
    """Kind and place of an error without its text, which may hold what nobody should see."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return type(error).__name__
    last = frames[-1]
    return f"{type(error).__name__} in {Path(last.filename).name}, line {last.lineno}"


def _sentence(text: str) -> str:
    return text[:1].upper() + _ended(text[1:])


def _ended(text: str) -> str:
    return text + ("" if text.endswith((".", "?", "!")) else ".")


def _os_sentence(error: OSError) -> str:
    if error.errno in _WHY:
        return f"{_WHY[error.errno]} ({error.strerror})"
    reason = error.strerror or type(error).__name__
    return f"{error.filename}: {reason}." if error.filename else f"{reason}."
