"""The store's scripts: one Lua file each, with the common part and the conversation's table put in front."""

import hashlib
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from chatsvc.domain.conversation import lua_prelude
from chatsvc.domain.sites import LANGUAGES

STANDALONE = frozenset(
    {
        "append", "append_event", "epoch", "mark_seen", "set_queues", "drop_transcript", "plan_write", "book",
        "read_counts", "forget_counts", "audit_append", "audit_cut", "retention_drop", "retention_bury",
        "retention_settle", "retention_tidy", "retention_wish", "retention_hold", "retention_redact", "site_drop",
        "site_forget_staff",
    }
)  # fmt: skip
LIFECYCLE = frozenset(
    {
        "join", "also", "visitor_away", "staff_attach", "staff_away", "duty", "take", "answer_offer",
        "finish", "heavy", "wrap_up", "transfer", "consult", "give_back", "expire", "pair", "reap", "retire",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Script:
    """Lua source and the SHA-1 by which the store knows it."""

    name: str
    source: str
    sha: str = field(init=False)

    def __post_init__(self) -> None:
        digest = hashlib.sha1(self.source.encode(), usedforsecurity=False).hexdigest()
        object.__setattr__(self, "sha", digest)


def _read(name: str) -> str:
    return files("chatsvc.store").joinpath("lua", f"{name}.lua").read_text(encoding="utf-8")


@cache
def script(name: str) -> Script:
    """The script `name`; lifecycle scripts carry the common part in front.

    Raises KeyError for a name that is neither standalone nor lifecycle.
    """
    if name in STANDALONE:
        return Script(name, "#!lua\n" + _read(name))
    if name not in LIFECYCLE:
        raise KeyError(name)
    languages = ", ".join(f'"{language}"' for language in LANGUAGES)
    parts = [
        "#!lua\n",
        lua_prelude(),
        f"local LANGS = {{ {languages} }}\n",
        _read("_pool"),
        _read("_keeping"),
        _read("_pairing"),
        _read("_life"),
        _read(name),
    ]
    return Script(name, "".join(parts))
