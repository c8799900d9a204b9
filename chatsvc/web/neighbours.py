"""Where a connection comes from, as a word that means nothing: the only module that looks at a network address.

Limits have to tell one source from another, and need not know which it is. A network (not a single address: IPv4 /24,
IPv6 /56) is put through HMAC with a key that is made in this process's memory, is in no file, and is gone after a day.
So no word can be led back to a network, nor today's to yesterday's. Words stay in memory too. In IPv6 one customer may
have a /48, which is 256 such networks: after the network's word stands one for that.
"""

import hmac
import secrets
from collections.abc import Sequence
from hashlib import sha256
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from aiohttp import web

DAY_S = 86_400.0
PREFIX = {4: 24, 6: 56}  # what one household, office or mobile operator's gateway may have at its disposal
WIDER = {6: 48}  # what one organisation, or a customer who rents machines, may have (RFC 6177, 2)
WORD = 16  # bytes of each word
NOBODY = b""  # the source is not known: no limit by source applies

# IPv4 as a NAT64 writes it (RFC 6052, 2.1); `sixtofour` is what 6to4 makes of it (RFC 3056, 2). A NAT64 with a
# prefix of its own network (RFC 8215) can't be told from other IPv6.
TRANSLATED = ip_network("64:ff9b::/96")

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address


class Neighbours:
    """Words for sources. `trusted` are the proxies whose X-Forwarded-For is believed."""

    def __init__(self, trusted: Sequence[Network] = ()) -> None:
        self._trusted = tuple(trusted)
        self._key = secrets.token_bytes(32)
        self._born_s = 0.0

    def renew(self, now_s: float) -> bool:
        """Take a new key when the present one is a day old, and say so: what was learnt under the old one is void."""
        if now_s - self._born_s < DAY_S:
            return False
        self._key, self._born_s = secrets.token_bytes(32), now_s
        return True

    def of(self, request: web.Request) -> bytes:
        """The word for where `request` comes from; NOBODY if that can't be told."""
        transport = request.transport
        peer = transport.get_extra_info("peername") if transport is not None else None
        lines = request.headers.getall("X-Forwarded-For", [])
        return self.word(peer[0] if isinstance(peer, tuple) else "", lines)

    def word(self, peer: str, forwarded: Sequence[str]) -> bytes:
        """The same for a peer's address ("" for none) and the lines of X-Forwarded-For."""
        found = self._source(peer, forwarded)
        if found is None:
            return NOBODY
        prefixes = [PREFIX[found.version], *([WIDER[6]] if found.version == 6 else [])]
        return b"".join(self._word(ip_network((found, prefix), strict=False)) for prefix in prefixes)

    def _word(self, network: Network) -> bytes:
        said = network.network_address.packed + bytes([network.prefixlen])
        return hmac.digest(self._key, said, sha256)[:WORD]

    def _source(self, peer: str, forwarded: Sequence[str]) -> Address | None:
        """The address of the first machine, from ours outwards, that is not a trusted proxy.

        None for a peer on this machine or a private network that is not declared: it may be a proxy, and stand for
        everybody behind it. Rather nobody is limited than all of them as one.
        """
        first = at = _address(peer)
        for given in reversed([part for line in forwarded for part in line.split(",")]):
            if at is None or not self._trusts(at):
                break
            at = _address(given)
        if at is None or self._trusts(at) or (at is first and at.is_private):
            return None
        return at

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self._trusted if network.version == address.version)


def _address(text: str) -> Address | None:
    """An address as a proxy or a socket writes it: perhaps in brackets, perhaps with a port or a zone."""
    text = text.strip().partition("%")[0]
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return _as_it_is(found) if isinstance(found, IPv6Address) else found


def _as_it_is(found: IPv6Address) -> Address:
    """The IPv4 address that is written in an IPv6 one; itself where none is."""
    if found in TRANSLATED:
        return IPv4Address(int(found) & 0xFFFF_FFFF)
    return found.ipv4_mapped or found.sixtofour or found
