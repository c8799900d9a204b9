"""A real store set up with the files of `deploy/store`, as an operator would set it up."""

import subprocess
from pathlib import Path
from typing import Final
from urllib.parse import quote

from tests.support.ports import free_port
from tests.support.store_server import SingleStore, redis_binary, valkey_binary

SHIPPED: Final = Path(__file__).resolve().parents[2] / "deploy" / "store"
PLACE: Final = "/etc/chatsvc-store"
USERS: Final = ("chatsvc", "chatsvc-doctor", "chatsvc-replica", "chatsvc-sentinel")
_LOOKER: Final = "user looker reset on >looker ~* &* +@all\n"


def make_users(folder: Path, *users: str) -> None:
    """What the shipped script makes for these users, and one more who may do everything: the test itself."""
    folder.mkdir(exist_ok=True)
    subprocess.run([SHIPPED / "make-users.sh", folder, *(users or USERS)], check=True)
    with (folder / "users.acl").open("a") as rules:
        rules.write(_LOOKER)


def shipped(name: str, folder: Path) -> str:
    """A shipped file of settings, with what it names looked for in `folder`."""
    return (SHIPPED / name).read_text(encoding="utf-8").replace(PLACE, str(folder))


class GuardedStore(SingleStore):
    """A server with the shipped settings and users, on a port of its own."""

    def __init__(self, binary: Path, folder: Path, *, port: int = 0, more: str = "") -> None:
        """`folder` has users.acl and the passwords; `more` is put behind the shipped settings."""
        self.folder = folder
        names = ["store.conf", *(["valkey.conf"] if binary == valkey_binary() else [])]
        config = "".join(shipped(name, folder) for name in names)
        super().__init__(binary, port=port or free_port(), config=config + more)

    @property
    def url(self) -> str:
        """As the one who may do everything; for redis-py."""
        return f"redis://looker:looker@127.0.0.1:{self.port}/0"

    def password(self, user: str) -> str:
        """What the script made."""
        return (self.folder / f"{user}.password").read_text()

    def url_of(self, user: str) -> str:
        """As one of the shipped users; for `Link.open`."""
        return f"redis://{user}:{quote(self.password(user))}@127.0.0.1:{self.port}/0"

    def refusals(self) -> list[str]:
        """What the store has refused to whom, in its own words, the newest first."""
        found = []
        for row in self.ask("ACL", "LOG"):
            entry = dict(zip(row[::2], row[1::2], strict=True)) if isinstance(row, list) else row
            told = {_text(name): _text(value) for name, value in entry.items()}
            found.append(f"{told['username']}: {told['reason']} {told['object']} ({told['context']})")
        return found


class EncryptedStore(GuardedStore):
    """The same, on Redis, with the shipped settings for TLS; `folder` has `tls` with the certificates."""

    def __init__(self, folder: Path) -> None:
        port = free_port()
        super().__init__(
            redis_binary(), folder, port=port, more=f"{shipped('tls.conf', folder)}tls-port {port}\n"
        )
        tls = folder / "tls"
        self.shown = f"cert={tls}/node.crt&key={tls}/node.key"
        self.trusted = f"ca={tls}/ca.crt"

    @property
    def url(self) -> str:
        """As the one who may do everything; redis-py has other names for the files."""
        tls = self.folder / "tls"
        files = f"ssl_ca_certs={tls}/ca.crt&ssl_certfile={tls}/node.crt&ssl_keyfile={tls}/node.key"
        return f"rediss://looker:looker@127.0.0.1:{self.port}?{files}"

    def url_of(self, user: str, *options: str, host: str = "127.0.0.1", scheme: str = "rediss") -> str:
        """As one of the shipped users, with these options of the URL, or with those that are right."""
        query = "&".join(options) if options else f"{self.trusted}&{self.shown}"
        return f"{scheme}://{user}:{self.password(user)}@{host}:{self.port}/0?{query}"


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
