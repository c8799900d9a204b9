"""Every key of the directory: its type, who writes it, how long it lives.

All of them carry the hash tag `{dir}`; no pool may have that name.

| key | type | content | written by | life |
|---|---|---|---|---|
| `sites` | hash | site id → `Site` (msgpack) | `apply`, the demo | for ever |
| `staff` | hash | staff id → `Staff` (msgpack) | `counsellor …`, the demo | for ever |
| `about` | hash | `version` of the two above, `mark`, `vault`; see below | whoever writes them; nodes | for ever |
| `session:<SHA-256 of the token>` | string | `Session` (msgpack) | sign-in | `session_hours`, or until signed out |
| `factors` | hash | staff id → `Factor` (msgpack): no secret, see `domain/one_time.py` | second steps | until removed |
| `code:<staff>:<generation>:<step>` | string | empty: this code was used | sign-in | 4 min |
| `vouched:<sid>` | string | a session at a provider: empty, or 1 once it is over | sign-in | `session_hours` |
| `once:<digest>` | string | empty: this state, or this message of a provider, was used | sign-in | minutes |
| `passkeys` | hash | staff id → `OwnPasskeys` (msgpack): public keys, no secret | passkeys | until removed |
| `passkey-ids` | hash | SHA-256 of the credential id → staff id | passkeys | until removed |
| `tokens` | hash | SHA-256 of the token → `ApiToken` (msgpack) | `token …` | until revoked |
| `plans` | hash | `version` of all; `v:<site>`, `t:<site>`: its last change (ms) | `plan_write`, `apply` | for ever |
| `shifts:<site>` | hash | shift id → `Shift` (msgpack) | `plan_write`, `apply` | until removed |
| `absences:<site>` | hash | absence id → `Absence` (msgpack) | `plan_write`, `apply` | until removed |
| `swaps:<site>` | hash | swap id → `Swap` (msgpack) | `plan_write`, `apply` | until removed |
| `minima:<site>` | hash | queue key → list of `Required` (msgpack) | `plan_write`, `apply` | until removed |
| `feeds` | hash | SHA-256 of the token → `Feed` (msgpack) | a person's own calendar | until revoked |

In `about`: `rewritten` is when the logs of the store's servers were rewritten last (ms), see `log_rewrite.py`.
`ended` changes whenever a session is ended for an identity provider, so that nodes look at their sockets.
`leaving:<site>` is a site that is being erased, as it was declared (msgpack), written by `site erase`.

Channels (sharded): `changed`, after every change of sites, staff, mark or vault; `plan-changed`, of any plan.
"""

import hashlib

TAG = "dir"
_PREFIX = f"chatsvc:{{{TAG}}}:"

SITES = _PREFIX + "sites"
STAFF = _PREFIX + "staff"
ABOUT = _PREFIX + "about"
TOKENS = _PREFIX + "tokens"
CHANGED = _PREFIX + "changed"
PLANS = _PREFIX + "plans"
FACTORS = _PREFIX + "factors"
PASSKEYS = _PREFIX + "passkeys"
PASSKEY_IDS = _PREFIX + "passkey-ids"
FEEDS = _PREFIX + "feeds"
PLAN_CHANGED = _PREFIX + "plan-changed"


def digest(token: str) -> str:
    """What the store keeps of a token: 256 random bits need no salt and no slow hash."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def plan(kind: str, site: str) -> str:
    """The key of a site's shifts, absences, swaps or minima."""
    return f"{_PREFIX}{kind}:{site}"


def session(token: str) -> str:
    """The key of the session that `token` opens."""
    return f"{_PREFIX}session:{digest(token)}"


def used_code(staff: str, generation: str, step: int) -> str:
    """The key that is there once the code of a step has been used."""
    return f"{_PREFIX}code:{staff}:{generation}:{step}"


def vouched(sid: str) -> str:
    """The key of a session at an identity provider; `sid` is a digest."""
    return f"{_PREFIX}vouched:{sid}"


def once(what: str) -> str:
    """The key that is there once something that is good for one time has been used."""
    return f"{_PREFIX}once:{digest(what)}"
