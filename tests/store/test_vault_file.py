"""The vault's file after something was destroyed: no copy of a key is left in the free space of its pages."""

from pathlib import Path
from random import Random

from chatsvc.store import vault_file
from chatsvc.store.vault_file import VaultFile
from chatsvc.store.vault_keys import PURPOSES, MasterKeys
from tests.support.vaults import MASTER


class Unscrubbed(VaultFile):
    """Relies on `secure_delete` alone."""

    def _scrub(self) -> None:
        """The fault."""


def left_behind(file: VaultFile, path: Path, seed: int) -> int:
    """Conversations come in a random order and go in that of their names; how many of their keys the file still has."""
    file._db.execute("PRAGMA synchronous=OFF")  # nothing is cut short here, and it is quicker
    random, names = Random(seed), [f"c{number}x" for number in range(150)]
    for group in (names, [f"{name}.feedback" for name in names]):
        random.shuffle(group)
        for first in range(0, len(group), 10):
            file.create([("kunta", name) for name in group[first : first + 10]])
    every = sorted([*names, *(f"{name}.feedback" for name in names)])
    rows = [file._row(name) for name in every]
    wrapped = [key for row in rows if row for key in (row[1], row[2], row[3])]
    for first in range(0, len(every), 5):
        file.shred([(name, PURPOSES) for name in every[first : first + 5]])
        file.create([("kunta", f"{every[first]}.redacted")])
    content = path.read_bytes()
    file.close()
    return sum(key in content for key in wrapped)


def test_no_copy_of_a_destroyed_key_is_left_in_the_file(tmp_path: Path) -> None:
    """Rewritten after each destruction, the file has none; without that it has some."""
    assert "temp_store=MEMORY" in vault_file.PRAGMAS, "the rewriting needs a file, and it may lie anywhere"
    masters, found = MasterKeys.of(MASTER), 0
    for seed in range(8):
        path = tmp_path / f"{seed}.unscrubbed"
        found += left_behind(Unscrubbed(path, masters, 5.0), path, seed)
    assert found, "the fault is not reached, so this shows nothing"
    for seed in range(8):
        path = tmp_path / f"{seed}.vault"
        assert left_behind(VaultFile(path, masters, 5.0), path, seed) == 0


def test_what_another_process_destroyed_is_scrubbed_too(tmp_path: Path) -> None:
    """Whoever was killed between destroying and rewriting: the next call for the same rewrites the file."""
    path = tmp_path / "vault"
    killed, later = Unscrubbed(path, MasterKeys.of(MASTER), 5.0), VaultFile(path, MasterKeys.of(MASTER), 5.0)
    killed.create([("kunta", "c1")])
    assert killed.shred([("c1", PURPOSES)]) == [True]
    assert later._number("user_version") > later._number("application_id")
    assert later.shred([("c1", PURPOSES)]) == [False]
    assert later._number("user_version") == later._number("application_id") == 1
