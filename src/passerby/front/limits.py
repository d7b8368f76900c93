"""Every bound of the front, each with its rule."""

from __future__ import annotations

import msgspec

_MIB = 1 << 20


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How much one connection, one address, and all of them together may ask of the service (LI-6 to LI-9)."""

    head_bytes_max: int = 16 << 10
    url_bytes_max: int = 8 << 10
    headers_max: int = 100
    pipelined_max: int = 8
    head_s: float = 10.0
    idle_s: int = 15
    body_grace_s: float = 10.0
    body_bytes_per_second_min: int = 1 << 10
    body_s: float = 60.0
    body_bytes_per_extra_second: int = 256 << 10
    write_s: float = 30.0
    linger_s: float = 1.0
    hold_s: float = 1.0
    sweep_s: float = 1.0
    connections_max: int = 1000
    connections_per_address_max: int = 128
    bodies_bytes_max: int = 132 * _MIB
    requests_per_second_per_address: int = 500
    trusted_proxies: tuple[str, ...] = ("127.0.0.1", "::1")
