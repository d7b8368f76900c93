"""The teller: one thread that carries many deliveries at a time, so that no receiver waits for another (AP-11).

Everything happens in one event loop. A round looks which webhooks have something due, gives each org and each webhook
its turn, and begins as many deliveries as there are slots. A delivery that is over, or news, makes another round.
"""

from __future__ import annotations

import asyncio
import functools
import threading
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, Final

import msgspec

from passerby.base.clock import Clock
from passerby.base.errors import StoreClosed
from passerby.base.units import MINUTE_MS
from passerby.ingest.announcing import DELIVERY, WEBHOOK
from passerby.jobs.courier import Carrier
from passerby.jobs.delivery import NO_WEBHOOK, OVER, WAITS_MS, attempted, expire, forget, note
from passerby.jobs.slots import SLOTS_OF_WEBHOOK, Place, Slots
from passerby.jobs.turns import Turns
from passerby.jobs.worker import AGAIN_MS, LOG, put_off
from passerby.model.webhook import Attempt, Delivery, Webhook
from passerby.store.contract import Entry, Lane, Reader, Store, Transaction

_TOGETHER_MAX: Final = 64
_WAIT_MS_MAX: Final = MINUTE_MS
_PAUSE_S: Final = 0.005
_PAUSE_SHARE: Final = 4
"""Between rounds there is this much more time than one takes, so that they never fill the thread."""
_LEAVE_S: Final = 1.0
"""As long what is under way may go on when the teller is closed. The rest is broken off, and tried again later."""


class Teller:
    """Tells webhooks what is due. Nothing runs before `start`. `base` is where the dashboard is reached."""

    def __init__(self, store: Store, clock: Clock, carrier: Carrier, base: str) -> None:
        self._store = store
        self._clock = clock
        self._carrier = carrier
        self._base = base
        self._turns, self._slots = Turns(), Slots()
        self._clearing: set[Place] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False
        self._news = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="deliveries", daemon=True)

    def start(self) -> None:
        """Begin with whatever is due already."""
        self._thread.start()

    def wake(self) -> None:
        """Say that something new is due."""
        if self._loop is not None:
            with suppress(RuntimeError):  # it has just ended
                self._loop.call_soon_threadsafe(self._news.set)

    def close(self) -> None:
        """Give what is being done a second, leave the rest. Idempotent."""
        self._closed = True
        self.wake()
        if self._thread.is_alive():
            self._thread.join()

    def run_due(self) -> int:
        """Begin what is due and has a slot now, and wait until it is over; how many lanes something was done in."""
        return asyncio.run(self._once())

    async def _once(self) -> int:
        self._news = asyncio.Event()
        with self._store.read() as reader:
            self._begin(reader)
        count = len(self._tasks)
        while self._tasks:
            await asyncio.wait(self._tasks)
        return count

    async def _serve(self) -> None:
        self._news = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        while not self._closed:
            self._news.clear()
            began_at = time.monotonic()
            try:
                with self._store.read() as reader:
                    wait_ms = self._begin(reader)
            except StoreClosed:
                break
            except Exception as error:
                LOG.error("the store could not be asked for deliveries: %s", type(error).__name__)
                wait_ms = AGAIN_MS
            pause_s = max(_PAUSE_S, _PAUSE_SHARE * (time.monotonic() - began_at))
            await self._wait(max(wait_ms / 1000, pause_s))
            await asyncio.sleep(min(pause_s, _LEAVE_S))
        await self._leave()

    async def _wait(self, seconds: float) -> None:
        if not self._closed:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), seconds)

    async def _leave(self) -> None:
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_LEAVE_S)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _begin(self, reader: Reader) -> int:
        """Begin what may begin; in how many ms there may be more."""
        now_ms = self._clock.now_ms()
        lanes = reader.lanes([DELIVERY])
        self._turns.forget_all_but(lanes)
        self._slots.forget_all_but(lanes)
        for lane in lanes:
            self._clear(reader, lane, now_ms)
        due = [lane for lane in lanes if lane.name != OVER and lane.due_at_ms <= now_ms]
        more = self._turns.order(due)
        while more:
            more = [lane for lane in more if self._begin_one(reader, lane, now_ms)]
        later = [lane.due_at_ms for lane in lanes if lane.due_at_ms > now_ms]
        pauses = [self._slots.opens_at_ms(lane, now_ms) for lane in due]
        return min([*later, *(at_ms for at_ms in pauses if at_ms > now_ms), now_ms + _WAIT_MS_MAX]) - now_ms

    def _begin_one(self, reader: Reader, lane: Lane, now_ms: int) -> bool:
        """Begin the next delivery of a lane; whether there was one that may begin."""
        if not self._slots.is_free(lane, now_ms):
            return False
        limit = self._slots.count(lane) + 2 * SLOTS_OF_WEBHOOK
        entry = self._slots.first(lane, reader.due_in(lane, now_ms, limit))
        if entry is not None:
            self._turns.took(lane)
            self._slots.take(lane, entry)
            self._run(self._tell(lane, entry))
        return entry is not None

    def _clear(self, reader: Reader, lane: Lane, now_ms: int) -> None:
        """Forget what is over; give up what has been due too long."""
        place = (lane.org, lane.name)
        until_ms = now_ms if lane.name == OVER else now_ms - WAITS_MS
        if lane.due_at_ms > until_ms or place in self._clearing:
            return
        found = reader.due_in(lane, until_ms, _TOGETHER_MAX)
        work: Callable[[Transaction], None]
        if lane.name == OVER:
            work = functools.partial(forget, org=lane.org, due=found)
        else:
            work = functools.partial(expire, org=lane.org, due=found, now_ms=now_ms)
        self._clearing.add(place)
        self._run(self._cleared(place, work))

    async def _cleared(self, place: Place, work: Callable[[Transaction], None]) -> None:
        try:
            await self._done(work)
        except StoreClosed:
            pass
        except Exception as error:
            LOG.error("deliveries that are over could not be cleared: %s", type(error).__name__)
            await asyncio.sleep(AGAIN_MS / 1000)
        finally:
            self._clearing.discard(place)

    async def _tell(self, lane: Lane, entry: Entry) -> None:
        try:
            with self._store.read() as reader:
                delivery, hook = _as_it_stands(reader, lane, entry)
            if delivery is not None and delivery.occurrence is not None:
                occurrence = delivery.occurrence
                attempt = await attempted(self._carrier, self._clock, lane.org, hook, occurrence, self._base)
                now_ms = self._clock.now_ms()
                self._slots.learn(lane, now_ms, answered=_is_answer(attempt))
                is_wanted = hook is not None
                noted = functools.partial(
                    note, org=lane.org, name=entry.id, attempt=attempt, now_ms=now_ms, is_wanted=is_wanted
                )
                await self._done(noted)
        except StoreClosed:
            pass
        except Exception as error:
            LOG.error("a delivery failed and is tried again: %s", type(error).__name__)
            await self._put_off(lane, entry)
        finally:
            self._slots.leave(lane, entry)

    async def _put_off(self, lane: Lane, entry: Entry) -> None:
        now_ms = self._clock.now_ms()
        try:
            await self._done(functools.partial(put_off, org=lane.org, due=entry, now_ms=now_ms))
        except StoreClosed:
            pass
        except Exception:
            # Nothing can be kept now. The slot stays taken meanwhile, so that nothing turns in circles.
            await asyncio.sleep(AGAIN_MS / 1000)

    async def _done(self, work: Callable[[Transaction], None]) -> None:
        await asyncio.wrap_future(self._store.submit(work))

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._news.set()


def _as_it_stands(reader: Reader, lane: Lane, entry: Entry) -> tuple[Delivery | None, Webhook | None]:
    """The delivery, None if it was forgotten meanwhile, and its webhook, None if that is no more."""
    found = reader.entry(lane.org, DELIVERY, entry.id)
    if found is None:
        return None, None
    delivery = msgspec.json.decode(found.body, type=Delivery)
    hook = reader.entry(lane.org, WEBHOOK, delivery.webhook)
    return delivery, msgspec.json.decode(hook.body, type=Webhook) if hook else None


def _is_answer(attempt: Attempt) -> bool:
    """Whether the receiver is none that keeps silent."""
    return attempt.status is not None or attempt.error == NO_WEBHOOK
