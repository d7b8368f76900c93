"""Addresses: who is on the other side, when a proxy of ours may stand between (LI-6)."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from passerby.base.errors import SettingsError

_FORWARDED: Final = b"x-forwarded-for"
_HOPS_MAX: Final = 8
_SITE_BITS: Final = 64
_CACHED: Final = 10_000


class Addresses:
    """Tells whom a limit counts. An IPv6 address counts as its /64, all of which one customer may have.

    `trusted` are addresses and networks of proxies whose `X-Forwarded-For` is believed. SettingsError if one is none.
    """

    def __init__(self, trusted: Iterable[str]) -> None:
        try:
            self._trusted = [ip_network(one, strict=False) for one in trusted]
        except ValueError as error:
            raise SettingsError("trusted_proxies: addresses or networks, with commas between") from error
        self._judged = functools.lru_cache(_CACHED)(self._judge)

    def of_peer(self, host: str) -> str | None:
        """Whom a connection counts for; None for a trusted proxy, which stands for many."""
        return self._judged(host)

    def of_request(self, host: str, headers: Sequence[tuple[bytes, bytes]]) -> str | None:
        """Whom a request counts for: the last address on the way that is no trusted proxy's; None if there is none."""
        peer = self._judged(host)
        if peer is not None:
            return peer
        text = b",".join(value for name, value in headers if name == _FORWARDED).decode("latin-1")
        for hop in reversed(text.rsplit(",", _HOPS_MAX)[-_HOPS_MAX:]):
            address = self._judged(_without_port(hop.strip()))
            if address is not None:
                return address
        return None

    def _judge(self, host: str) -> str | None:
        try:
            address: IPv4Address | IPv6Address = ip_address(host.partition("%")[0])
        except ValueError:
            return None
        if isinstance(address, IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        if any(address in network for network in self._trusted):
            return None
        if isinstance(address, IPv6Address):
            return str(IPv6Network((int(address), _SITE_BITS), strict=False))
        return str(address)


def _without_port(hop: str) -> str:
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop
