"""Decoding beside the event loop: what is large waits for one of a few threads, and what is small does not wait."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from passerby.base.errors import Refusal
from passerby.base.ids import OrgId
from passerby.model.bundle import Bundle
from passerby.wire.decode import bundle_of, opened
from passerby.wire.envelope import inflates_beyond

SMALL_BYTES: Final = 32 << 10
"""A body that is no larger, inflated, is decoded at once: that takes a few milliseconds."""
THREADS: Final = 2
WAITING_MAX: Final = 64


class Decoding:
    """Decodes bodies. `check_org` raises a Refusal for an org that takes no bundles."""

    def __init__(self, check_org: Callable[[OrgId], None]) -> None:
        self._check_org = check_org
        self._threads = ThreadPoolExecutor(THREADS, "decode")
        self._waiting = 0

    async def decode(self, body: bytes, encoding: str, received_at_ms: int) -> Bundle:
        """The bundle in a body. Refusal: as `passerby.wire.decode.decode`, `unknown_org`, or `unavailable`."""
        if not inflates_beyond(body, encoding, SMALL_BYTES):
            return self._decoded(body, encoding, received_at_ms)
        if self._waiting >= THREADS + WAITING_MAX:
            raise Refusal("unavailable", "too many large bundles wait: send it again")
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, self._decoded, body, encoding, received_at_ms)
        finally:
            self._waiting -= 1

    def _decoded(self, body: bytes, encoding: str, received_at_ms: int) -> Bundle:
        found = opened(body, encoding)
        self._check_org(found.org)
        return bundle_of(found, received_at_ms)
