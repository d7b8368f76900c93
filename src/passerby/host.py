"""The real world: its clock and its randomness. `boot` alone hands these on."""

from __future__ import annotations

import ctypes
import secrets
import time
import uuid
from contextlib import suppress
from typing import Final

_M_MMAP_THRESHOLD: Final = -3
_LARGE_BYTES: Final = 1 << 20
_LEGIBLE: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


class SystemClock:
    """The machine's clock."""

    def now_ms(self) -> int:
        """Milliseconds since 1970, UTC."""
        return time.time_ns() // 1_000_000


class RandomIds:
    """Ids from the machine's randomness."""

    def mint(self) -> str:
        """A fresh random lower-case UUID."""
        return str(uuid.uuid4())


def new_secret() -> bytes:
    """32 random bytes."""
    return secrets.token_bytes(32)


def new_api_key() -> str:
    """A key with 160 bits of chance. The prefix is the region's, as in Fullstory's keys."""
    return f"na1.{secrets.token_urlsafe(20)}"


def new_signing_secret() -> str:
    """A secret by which a customer's server signs uids (WI-11), with 256 bits of chance."""
    return f"psk_{secrets.token_urlsafe(32)}"


def new_org_name() -> str:
    """A short random org id."""
    return "o-" + "".join(secrets.choice(_LEGIBLE) for _ in range(6))


def new_password() -> str:
    """Sixteen letters and digits with 80 bits of chance, in fours."""
    return "-".join("".join(secrets.choice(_LEGIBLE.lower()) for _ in range(4)) for _ in range(4))


def new_token() -> str:
    """A token with 256 bits of chance."""
    return secrets.token_urlsafe(32)


def give_large_memory_back() -> None:
    """Have large blocks go back to the system as soon as they are freed, where the C library can be told so (glibc).

    By itself it keeps them for each thread, once one was freed: a password's hash takes 19 MiB, so some threads that
    hash in turn kept hundreds. A setting of its own for where a block is large ends that.
    """
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)
