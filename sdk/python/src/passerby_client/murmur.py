"""MurmurHash3, x86, 32 bit (Austin Appleby, public domain), for the binding's hash (ST-3)."""

from __future__ import annotations

from typing import Final

_MASK: Final = 0xFFFFFFFF


def murmur3(data: bytes, seed: int) -> int:
    """The hash of `data` as an unsigned 32-bit number."""
    h = seed
    body = len(data) & ~3
    for at in range(0, body, 4):
        h ^= _scrambled(int.from_bytes(data[at : at + 4], "little"))
        h = (_rotated(h, 13) * 5 + 0xE6546B64) & _MASK
    h ^= _scrambled(int.from_bytes(data[body:], "little"))
    h ^= len(data)
    h = ((h ^ h >> 16) * 0x85EBCA6B) & _MASK
    h = ((h ^ h >> 13) * 0xC2B2AE35) & _MASK
    return h ^ h >> 16


def _scrambled(k: int) -> int:
    return _rotated(k * 0xCC9E2D51 & _MASK, 15) * 0x1B873593 & _MASK


def _rotated(value: int, by: int) -> int:
    return (value << by | value >> 32 - by) & _MASK
