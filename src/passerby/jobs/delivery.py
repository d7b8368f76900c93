"""Deliveries: each webhook is told, again and again until it listens or is given up (AP-11)."""

from __future__ import annotations

import base64
import functools
import hashlib
import hmac
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote

import msgspec

from passerby.base.clock import Clock
from passerby.base.ids import OrgId
from passerby.base.units import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from passerby.ingest.announcing import DELIVERY, WEBHOOK, announce_silence
from passerby.jobs.courier import Carrier, Undelivered
from passerby.jobs.worker import Due
from passerby.model.webhook import Attempt, Delivery, Occurrence, Webhook
from passerby.store.contract import Entry, Store, Transaction
from passerby.wire.instants import iso_text

WATCH: Final = "watch"
"""The kind of the entry that has sessions looked at which end in silence; its body is until when they were."""
SILENCE: Final = "silence"
ATTEMPTS_MAX: Final = 8
_RETRY_MS: Final = 10 * SECOND_MS
_RETRY_MS_MAX: Final = 6 * HOUR_MS
_KEPT_MS: Final = 7 * DAY_MS


def signature(secret: str, body: bytes, org: OrgId, at_s: int) -> str:
    """The header that proves who sent `body`."""
    mac = hmac.new(secret.encode(), body + f":{org}:{at_s}".encode(), hashlib.sha256)
    return f"o:{org},t:{at_s},v:{base64.b64encode(mac.digest()).decode()}"


def deliver(store: Store, clock: Clock, carrier: Carrier, base: str, due: Sequence[Due]) -> None:
    """Try what waits, forget what is over. `base` is where the dashboard is reached."""
    for org, entry in due:
        delivery = msgspec.json.decode(entry.body, type=Delivery)
        if delivery.state != "waiting" or delivery.occurrence is None:
            store.submit(functools.partial(_forget, org=org, name=entry.id)).result()
            continue
        with store.read() as reader:
            found = reader.entry(org, WEBHOOK, delivery.webhook)
        hook = msgspec.json.decode(found.body, type=Webhook) if found else None
        attempt = _attempt(carrier, clock, org, hook, delivery.occurrence, base)
        store.submit(
            functools.partial(_note, org=org, name=entry.id, attempt=attempt, is_wanted=hook is not None)
        ).result()


def body_of(occurrence: Occurrence, org: OrgId, base: str) -> bytes:
    """What is told of an occurrence."""
    data: dict[str, Any] = {"user": {"id": occurrence.user}, "timestamp": iso_text(occurrence.at_ms)}
    if occurrence.uid is not None:
        data["user"]["uid"] = occurrence.uid
    if occurrence.session is not None:
        data["sessionId"] = occurrence.session
        data["sessionUrl"] = f"{base}/ui/{org}/session/{quote(occurrence.session, safe='')}"
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


def _attempt(
    carrier: Carrier, clock: Clock, org: OrgId, hook: Webhook | None, occurrence: Occurrence, base: str
) -> Attempt:
    at_ms = clock.now_ms()
    if hook is None or not hook.enabled:
        return Attempt(at_ms, error="no_webhook")
    body = body_of(occurrence, org, base)
    signed = signature(hook.secret, body, org, at_ms // SECOND_MS)
    headers = {"Content-Type": "application/json", "User-Agent": "Passerby-Webhooks", "Fullstory-Signature": signed}
    try:
        return Attempt(at_ms, carrier.post(hook.url, headers, body))
    except Undelivered as error:
        return Attempt(at_ms, error=str(error))


def _note(transaction: Transaction, org: OrgId, name: str, attempt: Attempt, is_wanted: bool) -> None:
    entry = transaction.entry(org, DELIVERY, name)
    if entry is None:
        return
    delivery = msgspec.json.decode(entry.body, type=Delivery)
    attempts = (*delivery.attempts, attempt)
    if attempt.status is not None and 200 <= attempt.status < 300:
        over = msgspec.structs.replace(delivery, attempts=attempts, state="delivered", occurrence=None)
    elif len(attempts) >= ATTEMPTS_MAX or not is_wanted:
        over = msgspec.structs.replace(delivery, attempts=attempts, state="given_up", occurrence=None)
    else:
        again_at_ms = attempt.at_ms + min(_RETRY_MS_MAX, _RETRY_MS * 4 ** (len(attempts) - 1))
        waiting = msgspec.json.encode(msgspec.structs.replace(delivery, attempts=attempts))
        transaction.put_entry(org, msgspec.structs.replace(entry, body=waiting, due_at_ms=again_at_ms))
        return
    transaction.put_entry(org, Entry(DELIVERY, name, msgspec.json.encode(over), entry.about, attempt.at_ms + _KEPT_MS))


def _forget(transaction: Transaction, org: OrgId, name: str) -> None:
    transaction.remove_entry(org, DELIVERY, name)


def watch(store: Store, clock: Clock, due: Sequence[Due]) -> None:
    """Announce the sessions that fell silent since the last look."""
    for org, entry in due:
        store.submit(functools.partial(_look, name=org, entry=entry, now_ms=clock.now_ms())).result()


def _look(transaction: Transaction, name: OrgId, entry: Entry, now_ms: int) -> None:
    org = transaction.org(name)
    if org is None:
        return
    since_ms = msgspec.json.decode(entry.body, type=int)
    until_ms = max(since_ms, now_ms - org.settings.idle_ms)
    for session in transaction.sessions_active(name, since_ms, until_ms):
        ending = session.ending(now_ms, org.settings.idle_ms, org.settings.age_ms)
        if ending is not None and session.ended_at_ms is None:
            announce_silence(transaction, org, session, *ending, now_ms)
    later = Entry(WATCH, SILENCE, msgspec.json.encode(until_ms), due_at_ms=now_ms + MINUTE_MS)
    transaction.put_entry(name, later)
