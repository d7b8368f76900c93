"""Which addresses a webhook may go to: those of the open internet (AP-12)."""

from __future__ import annotations

import ipaddress
from typing import Final

_V6_UNICAST: Final = ipaddress.IPv6Network("2000::/3")
"""All that is handed out of IPv6 as global unicast. Mapped, compatible, NAT64, site-local and the like are outside."""

_V6_REFUSED: Final = tuple(
    map(
        ipaddress.IPv6Network,
        (
            "2001::/23",  # protocols of the IETF: Teredo, benchmarks, ORCHID
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4: an IPv4 address inside
            "3ffe::/16",  # 6bone, given back
            "3fff::/20",  # documentation
        ),
    )
)
_V4_REFUSED: Final = tuple(
    map(
        ipaddress.IPv4Network,
        (
            "0.0.0.0/8",  # this network
            "10.0.0.0/8",  # private
            "100.64.0.0/10",  # shared by a carrier
            "127.0.0.0/8",  # loopback
            "169.254.0.0/16",  # link-local
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # protocols of the IETF
            "192.0.2.0/24",  # documentation
            "192.88.99.0/24",  # relays of 6to4
            "192.168.0.0/16",  # private
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, broadcast
        ),
    )
)


def is_public(address: str) -> bool:
    """Whether `address`, in numbers, is global unicast and nothing else. ValueError if it is no address."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv4Address):
        return not any(found in network for network in _V4_REFUSED)
    return found in _V6_UNICAST and not any(found in network for network in _V6_REFUSED)
