"""The path of a bundle, step by step; the file to read first.

receive   bytes of a request, whole and within bounds       (faces.collector)
turn      wait for it, or be sent away (LI-9)               ingest.turns
open      bytes → envelope, and whether its org is here     wire.envelope
decode    → Bundle; bad operations become Refused            wire.decode
pace      not too often for a device or an org (LI-6)        ingest.pace
record    in one transaction:                                ingest.recording
            device    how it stands, and whether the bundle has its key (AT-9)
            receipt   what of it came before (AT-1)
            frame     client times into the device's own     lifecycle.frames
            decide    of a simple device                     lifecycle.decide
            learn     or the facts of a troubled one         ingest.learning
            settle    and where they want new and old (AT-2) ingest.settling, lifecycle.plan
            apply     effects → store
commit    wait until it is on disk (RE-1)                    store
reply     outcomes → bytes                                   wire.replies
"""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Callable
from typing import Final

from passerby.base.clock import Clock
from passerby.base.errors import Refusal, StoreError
from passerby.base.ids import OrgId
from passerby.ingest.decoding import Decoding
from passerby.ingest.pace import Pace
from passerby.ingest.recording import record, unknown_org
from passerby.ingest.turns import Turns
from passerby.observe.counters import Counters
from passerby.store.contract import Store
from passerby.wire import replies

_LOG: Final = logging.getLogger("uvicorn.error")


class Pipeline:
    """Takes bundles in, one call a request. `wake` says that deliveries to webhooks or placings are due."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        counters: Counters,
        wake: Callable[[], None] = lambda: None,
        pace: Pace | None = None,
    ) -> None:
        self.turns = Turns()
        self._pace = pace or Pace()
        self.retry_after_s = self.turns.retry_after_s
        self._store = store
        self._clock = clock
        self._counters = counters
        self._wake = wake
        self._decoding = Decoding(self._check_org)
        self._orgs: set[OrgId] = set()

    async def take(self, body: bytes, encoding: str) -> tuple[int, bytes]:
        """Status and reply for a received body; when the status is 200 its operations are on disk (RE-1)."""
        try:
            accept = functools.partial(self._accept, body, encoding)
            return 200, await self.turns.take(body, encoding, accept)
        except Refusal as refused:
            self._counters.count_refusal(refused.code)
            return replies.refusal(refused)
        except StoreError as error:
            _LOG.error("%s", error)
            unavailable = Refusal("unavailable", "the bundle could not be stored: send it again")
            self._counters.count_refusal(unavailable.code)
            return replies.refusal(unavailable)

    def refuse(self, refused: Refusal) -> tuple[int, bytes]:
        """Status and reply for a request whose body is not even taken in."""
        self._counters.count_refusal(refused.code)
        return replies.refusal(refused)

    async def _accept(self, body: bytes, encoding: str) -> bytes:
        bundle = await self._decoding.decode(body, encoding, self._clock.now_ms())
        self._pace.check(bundle)
        try:
            recorded = await asyncio.wrap_future(self._store.submit(functools.partial(record, bundle=bundle)))
        except Refusal:
            self._orgs.discard(bundle.org)
            raise
        self.turns.know(bundle.org)
        if recorded.wakes:
            self._wake()
        self._counters.count_operations(recorded.fresh.values())
        self._counters.count_notes((note.code, note.count) for note in bundle.notes if note.n in recorded.fresh)
        return replies.accepted(bundle, recorded.outcomes)

    def _check_org(self, name: OrgId) -> None:
        """Refuse what names no org that takes bundles, before its operations are looked at.

        Those that took some are remembered: `record` asks again, and says so when one takes no more.
        """
        if name in self._orgs:
            return
        with self._store.read() as reader:
            org = reader.org(name)
        if org is None or not org.settings.capture:
            raise unknown_org()
        self._orgs.add(name)
