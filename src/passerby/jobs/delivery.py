"""Deliveries: what a webhook is told, and what becomes of an attempt to tell it (AP-11).

Entries: `delivery`, in the lane of its webhook while it waits, in that of none when it is to be forgotten; `watch`.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import hmac
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from passerby.base.clock import Clock
from passerby.base.ids import OrgId, SessionId
from passerby.base.units import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from passerby.ingest.announcing import DELIVERY, announce_silence
from passerby.jobs.courier import Carrier, Undelivered
from passerby.jobs.worker import LOG, Due
from passerby.model.webhook import Attempt, Delivery, Occurrence, Webhook
from passerby.store.contract import Entry, Store, Transaction
from passerby.wire.instants import iso_text

WATCH: Final = "watch"
"""The kind of the entry that has sessions looked at which end in silence.

Its body is until when they were, and the id of the last one when there are others of that instant.
"""
SILENCE: Final = "silence"
SESSIONS_A_LOOK: Final = 500
ATTEMPTS_MAX: Final = 8
_RETRY_MS: Final = 10 * SECOND_MS
_RETRY_MS_MAX: Final = 6 * HOUR_MS
_KEPT_MS: Final = 7 * DAY_MS
WAITS_MS: Final = 3 * DAY_MS
"""What has been due for longer, and had no turn, is given up."""
OVER: Final = ""
"""The lane of deliveries that are to be forgotten."""
NO_WEBHOOK: Final = "no_webhook"
EXPIRED: Final = "expired"
UNEXPECTED: Final = "unexpected"


def signature(secret: str, body: bytes, org: OrgId, at_s: int) -> str:
    """The header that proves who sent `body`."""
    mac = hmac.new(secret.encode(), body + f":{org}:{at_s}".encode(), hashlib.sha256)
    return f"o:{org},t:{at_s},v:{base64.b64encode(mac.digest()).decode()}"


def body_of(occurrence: Occurrence, org: OrgId, base: str) -> bytes:
    """What is told of an occurrence."""
    data: dict[str, Any] = {"user": {"id": occurrence.user}, "timestamp": iso_text(occurrence.at_ms)}
    if occurrence.uid is not None:
        data["user"]["uid"] = occurrence.uid
    if occurrence.session is not None:
        data["sessionId"] = occurrence.session
        data["sessionUrl"] = f"{base}/ui/{org}/session/{occurrence.session}"
    data |= {} if occurrence.name is None else {"name": occurrence.name}
    data |= {} if occurrence.why is None else {"reason": occurrence.why}
    if occurrence.event in ("recording.event.custom", "user.identified"):
        data["properties"] = occurrence.properties
    told = {
        "eventName": occurrence.event,
        "version": 1,
        "id": occurrence.id,
        "timestamp": data["timestamp"],
        "data": data,
    }
    return msgspec.json.encode(told)


async def attempted(
    carrier: Carrier, clock: Clock, org: OrgId, hook: Webhook | None, occurrence: Occurrence, base: str
) -> Attempt:
    """Tell a webhook, and how that went. `base` is where the dashboard is reached."""
    at_ms = clock.now_ms()
    if hook is None or not hook.enabled:
        return Attempt(at_ms, error=NO_WEBHOOK)
    body = body_of(occurrence, org, base)
    signed = signature(hook.secret, body, org, at_ms // SECOND_MS)
    headers = {"Content-Type": "application/json", "User-Agent": "Passerby-Webhooks", "Fullstory-Signature": signed}
    try:
        return Attempt(at_ms, await carrier.post(hook.url, headers, body))
    except Undelivered as error:
        return Attempt(at_ms, error=str(error))
    except Exception as error:
        LOG.error("a webhook could not be told: %s", type(error).__name__)
        return Attempt(at_ms, error=UNEXPECTED)


def note(transaction: Transaction, org: OrgId, name: str, attempt: Attempt, now_ms: int, is_wanted: bool) -> None:
    """Keep how an attempt went, and when the next one is due. `is_wanted` is whether there is a webhook still.

    What was forgotten or given up meanwhile stays so.
    """
    entry = transaction.entry(org, DELIVERY, name)
    if entry is None or entry.lane == OVER:
        return
    delivery = msgspec.json.decode(entry.body, type=Delivery)
    tried = msgspec.structs.replace(delivery, attempts=(*delivery.attempts, attempt))
    if attempt.status is not None and 200 <= attempt.status < 300:
        _put_over(transaction, org, entry, msgspec.structs.replace(tried, state="delivered"), now_ms)
    elif len(tried.attempts) >= ATTEMPTS_MAX or not is_wanted:
        _put_over(transaction, org, entry, msgspec.structs.replace(tried, state="given_up"), now_ms)
    else:
        again_at_ms = now_ms + min(_RETRY_MS_MAX, _RETRY_MS * 4 ** (len(tried.attempts) - 1))
        body = msgspec.json.encode(tried)
        transaction.put_entry(org, msgspec.structs.replace(entry, body=body, due_at_ms=again_at_ms))


def expire(transaction: Transaction, org: OrgId, due: Sequence[Entry], now_ms: int) -> None:
    """Give up what could not be tried for too long."""
    for found in due:
        entry = transaction.entry(org, DELIVERY, found.id)
        if entry is not None and entry.lane == found.lane:
            delivery = msgspec.json.decode(entry.body, type=Delivery)
            attempts = (*delivery.attempts, Attempt(now_ms, error=EXPIRED))
            over = msgspec.structs.replace(delivery, attempts=attempts, state="given_up")
            _put_over(transaction, org, entry, over, now_ms)


def forget(transaction: Transaction, org: OrgId, due: Sequence[Entry]) -> None:
    """Forget what was to be remembered only so long."""
    for found in due:
        transaction.remove_entry(org, found.kind, found.id)


def _put_over(transaction: Transaction, org: OrgId, entry: Entry, delivery: Delivery, now_ms: int) -> None:
    body = msgspec.json.encode(msgspec.structs.replace(delivery, occurrence=None))
    over = msgspec.structs.replace(entry, body=body, due_at_ms=now_ms + _KEPT_MS, lane=OVER)
    transaction.put_entry(org, over)


def watch(store: Store, clock: Clock, announced: Callable[[], None], due: Sequence[Due]) -> None:
    """Announce the sessions that fell silent since the last look; `announced` hears of it if there are any."""
    for org, entry in due:
        if store.submit(functools.partial(_look, name=org, entry=entry, now_ms=clock.now_ms())).result():
            announced()


def _look(transaction: Transaction, name: OrgId, entry: Entry, now_ms: int) -> int:
    org, count = transaction.org(name), 0
    if org is None:
        return 0
    body = msgspec.json.decode(entry.body, type=int | tuple[int, SessionId])
    since = (body, None) if isinstance(body, int) else body
    until_ms = max(since[0], now_ms - org.settings.idle_ms)
    found = transaction.sessions_active(name, since, until_ms, SESSIONS_A_LOOK)
    for session in found:
        ending = session.ending(now_ms, org.settings.idle_ms, org.settings.age_ms)
        if ending is not None and session.ended_at_ms is None:
            count += announce_silence(transaction, org, session, *ending, now_ms)
    if len(found) == SESSIONS_A_LOOK:
        seen, due_at_ms = msgspec.json.encode((found[-1].active_at_ms, found[-1].id)), now_ms
    else:
        seen, due_at_ms = msgspec.json.encode(until_ms), now_ms + MINUTE_MS
    transaction.put_entry(name, Entry(WATCH, SILENCE, seen, due_at_ms=due_at_ms))
    return count
