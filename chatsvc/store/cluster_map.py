"""Slots of a cluster: of a key, of a server, and where an error reply points."""

import binascii
from typing import Any, Final

from chatsvc.store.link_url import Endpoint
from chatsvc.store.resp import StoreRefused

SLOTS: Final = 16384

SlotRange = tuple[int, int, Endpoint]
"""First and last slot, and the primary that has them."""


def key_slot(key: str) -> int:
    """The slot of the key, or of its hash tag: CRC16 of the cluster specification, which is XMODEM's."""
    start = key.find("{")
    if start >= 0:
        end = key.find("}", start + 1)
        if end > start + 1:
            key = key[start + 1 : end]
    return binascii.crc_hqx(key.encode(), 0) % SLOTS


def read_map(reply: Any, answering: Endpoint | None) -> list[SlotRange]:
    """The answer to CLUSTER SLOTS; a server that doesn't know its own host is where we reached it."""
    ranges: list[SlotRange] = []
    for first, last, primary, *_replicas in reply:
        host = primary[0].decode() if primary[0] else ""
        ranges.append((first, last, _place(host, primary[1], answering)))
    return ranges


def redirect(error: StoreRefused, answering: Endpoint | None) -> Endpoint:
    """The place that a MOVED or ASK names."""
    host, _, port = error.text.split(" ")[2].rpartition(":")
    return _place(host.strip("[]"), int(port), answering)


def _place(host: str, port: int, answering: Endpoint | None) -> Endpoint:
    if host in {"", "?"} and answering is not None:
        # Answered over a unix socket there is no host to borrow; then the server is on this machine.
        host = answering.host or "127.0.0.1"
    return Endpoint(host, port)
