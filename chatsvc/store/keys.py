"""Every key of a pool: its type, who writes it, how long it lives.

All keys of one pool carry the hash tag `{pool}`, so they share a slot and a script may touch any of them together.

| key | type | content | written by | life |
|---|---|---|---|---|
| `meta` | hash | `now` (last time seen, ms), `epoch`, `run` (the store's run id); see below | all scripts | for ever |
| `conv` | hash | conversation id → record (msgpack map) | lifecycle scripts | until linger and wrap-up are over |
| `gate` | hash | conversation id → who may write, and on which node they are | lifecycle scripts | as `conv` |
| `past` | hash | conversation id → the last record | `expire`, `retire` | retention |
| `keep` | zset | conversation → when retention looks at it next, ms | scripts, retention | until buried |
| `kept` | hash | conversation → what of it is gone or redacted (msgpack map) | retention | until buried |
| `holds` | hash | conversation → legal hold, asked for or confirmed (msgpack map) | `hold …` | until released |
| `tomb` | hash | conversation → tombstone (msgpack map), without content | retention | a year |
| `tombs` | zset | conversation → when its tombstone goes, ms | retention | a year |
| `shreds` | stream | id `n-0`, `c` conversation whose keys are gone, for nodes | retention | the last 20,000 |
| `staff` | hash | staff id → duty record (msgpack map) | lifecycle scripts | for ever |
| `due` | zset | `kind:id` → deadline, ms | lifecycle scripts | until it is met |
| `vis` | hash | HMAC of the visitor's token → conversation id | `join`, `expire`, `erase` | linger |
| `queues` | hash | queue key → settings (msgpack map) | `set_queues` | for ever |
| `pace` | hash | queue key → how it is served lately (msgpack map, `domain/pace.py`) | lifecycle scripts | for ever |
| `count` | hash | `queue|language|hour or month|what` → how many: the day's statistics | scripts | until `book` |
| `count:<site>:<month>` | hash | the same of a month whose days are over | `book` | retention |
| `months` | set | `site:month`: which of these there are | `book` | as they |
| `decl` | zset | `conversation|staff` → not offered again before, ms | offers | minutes |
| `nodes` | zset | node id → last heartbeat, ms | nodes, worker | while it lives |
| `at:<node>` | set | `v:<conversation>`, `s:<staff>`: who is connected there | attach scripts | while the node lives |
| `line:<queue>` | zset | conversation → joined at: everyone waiting or offered, present or away | lifecycle scripts | |
| `wait:<queue>` | zset | conversation → score: those that can be taken now | lifecycle scripts | |
| `wait-<language>:<queue>` | zset | the same, of those who may be served in that language now | lifecycle scripts | |
| `free:<queue>` | zset | staff → score: those with a free place, best first | lifecycle scripts | |
| `on:<queue>` | set | staff on duty for the queue | lifecycle scripts | |
| `log:<conversation>` | hash | `talk`, `staff` (last seq), `at`; see below | `append` | retention |
| `talk:<conversation>`, `note:<conversation>` | stream | id `seq-0`; `t` time, `e` entry | `append` | retention |

In `log`: `t:…` and `n:…` are client id → `seq:at` (what is here has been stored), `e:…` the same for events,
`s:…` how far a participant has seen, `i:…` sealed answers and feedback.

In `meta`: `keep:<site>` is what the scripts need of its retention rules, `walked:<site>` the version of them by which
all its conversations have been looked at, `shreds` the number of the last in that stream.

In `due` the kind `p` (offer again) has the id `conversation|staff`; the others have one or the other.

Channels (sharded): `node:<node>` hints for one node, `all` changed queues for every node.
"""

from collections.abc import Iterable

from chatsvc.domain.sites import LANGUAGES

POOL_KEYS = ("meta", "conv", "gate", "staff", "due", "vis", "queues", "decl", "past", "pace", "count", "keep")
QUEUE_KEYS = ("line", "wait", "free", "on", *(f"wait-{language}" for language in LANGUAGES))


class PoolKeys:
    """The names of one pool's keys."""

    def __init__(self, pool: str) -> None:
        self.pool = pool
        self._prefix = f"chatsvc:{{{pool}}}:"
        self.meta = self.of("meta")
        self.conv = self.of("conv")
        self.gate = self.of("gate")
        self.staff = self.of("staff")
        self.due = self.of("due")
        self.vis = self.of("vis")
        self.nodes = self.of("nodes")
        self.past = self.of("past")
        self.pace = self.of("pace")
        self.count = self.of("count")
        self.months = self.of("months")
        self.queues = self.of("queues")
        self.all_channel = self.of("all")

    def of(self, *parts: str) -> str:
        """A key of this pool: its parts joined by colons."""
        return self._prefix + ":".join(parts)

    def at(self, node: str) -> str:
        """The set of people connected to `node`."""
        return self.of("at", node)

    def node_channel(self, node: str) -> str:
        """The channel of hints for `node`."""
        return self.of("node", node)

    def log(self, conversation: str) -> str:
        """The hash with a conversation's last numbers and its clients' ids."""
        return self.of("log", conversation)

    def stream(self, log: str, conversation: str) -> str:
        """The stream of a log: `talk` or `staff`."""
        return self.of("talk" if log == "talk" else "note", conversation)

    def month(self, site: str, month: str) -> str:
        """The counts of a site's month, such as `2026-11`."""
        return self.of("count", site, month)

    def lifecycle(self, node: str, queues: Iterable[str]) -> list[str]:
        """What every lifecycle script declares: the pool's keys, the node's set, ten a queue (in their order)."""
        keys = [self.of(name) for name in POOL_KEYS]
        keys.append(self.at(node))
        keys.extend(self.of(name, queue) for queue in queues for name in QUEUE_KEYS)
        return keys
