"""Reports: what a customer's server says, taken in as the bundles of a device (AP-4 to AP-7).

Each function is one piece of work inside a transaction. It refuses before it changes anything, so that a batch can
go on after a refusal in the same transaction.
"""

from __future__ import annotations

from itertools import islice
from typing import Final

import msgspec

from passerby.base.errors import Refusal
from passerby.base.ids import DeviceId, Ids, PageId, SessionId, Uid, UserId
from passerby.base.units import DAY_MS, MINUTE_MS
from passerby.ingest.erasing import erased_at_ms, is_being_erased
from passerby.ingest.recording import Recorded, record
from passerby.lifecycle.substitute import Substitutes, is_made_here
from passerby.model.bundle import Bundle
from passerby.model.operation import Identify, Operation
from passerby.model.org import Org
from passerby.model.outcome import Outcome
from passerby.model.session import Session
from passerby.store.contract import Person, Reader, Transaction
from passerby.store.people import find_person, find_session, missing
from passerby.store.projection import user_id
from passerby.wire.reports import (
    Context,
    EventRequest,
    Note,
    UserRequest,
    event_operation,
    read_instant,
    read_uid,
    session_properties,
    user_operation,
    user_properties,
)

SDK: Final = "server/api"
"""The `sdk` of what came this way."""
_OWN_CLOCK_MS: Final = 365 * DAY_MS
"""The offset of reports: so far from any browser's that the two are never taken for one clock (AT-2.2, AP-6)."""
_RECENT_MS: Final = 30 * MINUTE_MS
_RECENT_MAX: Final = 200
"""How many of a user's sessions are looked at for an open one, the last active first."""


class Reported(msgspec.Struct, frozen=True):
    """What became of a report, and whose it is. `session` is `device:session`, None outside of any (AP-7).

    `at_ms` is when what it tells of was made. `wakes` says that something is due because of it.
    """

    user: UserId
    uid: Uid | None
    outcome: Outcome
    at_ms: int
    session: str | None = None
    notes: tuple[Note, ...] = ()
    wakes: bool = False


class _Target(msgspec.Struct, frozen=True):
    """Where a report is kept. The device is to be bound to `uid` if it is not yet."""

    device: DeviceId
    session: SessionId
    uid: Uid | None = None


def report_user(
    transaction: Transaction, org: Org, request: UserRequest, user: str | None, now_ms: int, ids: Ids
) -> Reported:
    """Create a user, or bring one up to date; `user` is the id of one that must be there."""
    uid = read_uid(request.uid)
    properties, notes = user_properties(request)
    if user is not None:
        person = _person(transaction, org, user)
        if person.uid is not None and uid not in (None, person.uid):
            raise Refusal("invalid_argument", "a user's uid never changes: create another user")
        device = _device_of(transaction, org, person)
        if person.uid is None and uid is not None and is_made_here(device):
            raise Refusal("invalid_argument", "what is kept for nobody is never anybody's: create the user (AT-3.1)")
        uid = person.uid or uid
    else:
        device = _server_device(transaction, org, Uid(uid)) if uid else DeviceId(ids.mint())
    target = _Target(device, SessionId(device))
    kept = _keep(transaction, org, target, user_operation(1, now_ms, uid, properties), now_ms, ids)
    named = user_id(org.secret, Uid(uid)) if uid else UserId(device)
    return Reported(named, Uid(uid) if uid else None, kept.outcomes[1], now_ms, None, tuple(notes), kept.wakes)


def report_event(
    transaction: Transaction, org: Org, request: EventRequest, shared: Context | None, now_ms: int, ids: Ids
) -> Reported:
    """Take in an event of a user, of a session, or of a fresh anonymous user."""
    if shared is not None and request.context is not None:
        raise Refusal("invalid_argument", "an event has no context of its own when the batch shares one")
    at_ms = read_instant(request.timestamp, now_ms)
    event, notes = event_operation(2, at_ms, now_ms, request, request.context or shared)
    event = msgspec.structs.replace(event, context=(*event.context, *session_properties(request.session)))
    target = _target(transaction, org, request, at_ms, ids)
    _turn_away_late(transaction, org, target, at_ms)
    kept = _keep(transaction, org, target, event, now_ms, ids)
    device = transaction.device(org.id, target.device)
    uid = device.binding.uid if device.binding and not device.is_held else None
    session = None if str(target.session) == target.device else f"{target.device}:{target.session}"
    user = user_id(org.secret, uid) if uid else UserId(target.device)
    return Reported(user, uid, kept.outcomes[2], at_ms, session, tuple(notes), kept.wakes)


def _turn_away_late(reader: Reader, org: Org, target: _Target, at_ms: int) -> None:
    binding = reader.device(org.id, target.device).binding
    uid = target.uid or (binding.uid if binding else None)
    erased = erased_at_ms(reader, org, uid) if uid else None
    if erased is not None and at_ms < erased:
        raise _erased()


def _erased() -> Refusal:
    return Refusal("erased", "this user was erased: what was done before that is turned away")


def _keep(transaction: Transaction, org: Org, target: _Target, operation: Operation, now_ms: int, ids: Ids) -> Recorded:
    """Take `operation` in as a bundle of its own, behind an identify of the same time if its device needs one."""
    operations: tuple[Operation, ...] = (operation,)
    if target.uid is not None and transaction.device(org.id, target.device).binding is None:
        operations = (Identify(n=1, t=operation.t, at=operation.at, uid=target.uid), operation)
    bundle = Bundle(
        org.id,
        target.device,
        target.session,
        PageId(ids.mint()),
        started=now_ms,
        sent=now_ms - _OWN_CLOCK_MS,
        received_at_ms=now_ms,
        sdk=SDK,
        operations=operations,
    )
    kept = record(transaction, bundle, is_trusted=True)
    if kept.outcomes[operation.n] is Outcome.ERASED:
        raise _erased()
    return kept


def _person(reader: Reader, org: Org, user: str) -> Person:
    person = find_person(reader, org.id, user)
    if person is None:
        raise missing(reader, org.id, user)
    if is_being_erased(reader, org.id, person):
        raise Refusal("erased", "this user is being erased")
    return person


def _device_of(reader: Reader, org: Org, person: Person) -> DeviceId:
    return _server_device(reader, org, person.uid) if person.uid else DeviceId(person.id)


def _server_device(reader: Reader, org: Org, uid: Uid) -> DeviceId:
    return Substitutes(org.secret).server(uid, erased_at_ms(reader, org, uid))


def _target(reader: Reader, org: Org, request: EventRequest, at_ms: int, ids: Ids) -> _Target:
    user, session = request.user, request.session
    uid, name = (read_uid(user.uid), user.id) if user else (None, None)
    if session is not None and session.id:  # empty is not given: so does Go write it
        if uid is not None or name is not None:
            raise Refusal("invalid_argument", "session.id is enough: user is not accepted with it")
        found = find_session(reader, org.id, session.id)
        if found is None:
            raise Refusal("resource_not_found", "no such session")
        return _Target(found.device, found.id)
    if uid is not None and name is not None:
        raise Refusal("invalid_argument", "give one of user.uid and user.id")
    recent = session is not None and session.use_most_recent is True
    if uid is None and name is None:
        if recent:
            raise Refusal("invalid_argument", "session.use_most_recent needs one of user.uid and user.id")
        fresh = ids.mint()
        return _Target(DeviceId(fresh), SessionId(fresh))
    person = _person(reader, org, name) if name is not None else None
    known = person.uid if person else Uid(uid or "")
    if recent and (open_session := _open_session(reader, org, person, known, at_ms)) is not None:
        return _Target(open_session.device, open_session.id)
    device = _device_of(reader, org, person) if person else _server_device(reader, org, Uid(uid or ""))
    return _Target(device, SessionId(device), known)


def _open_session(reader: Reader, org: Org, person: Person | None, uid: Uid | None, at_ms: int) -> Session | None:
    """The user's open session that was active last, if that was in the 30 minutes before `at_ms` (AP-6)."""
    user = person.id if person else user_id(org.secret, uid or Uid(""))
    found: list[Session] = []
    for session in islice(reader.active_sessions_of_user(org.id, user), _RECENT_MAX):
        if session.active_at_ms < at_ms - _RECENT_MS or (found and session.active_at_ms < found[0].active_at_ms):
            break
        is_open = session.ended_at_ms is None and session.began_at_ms <= at_ms and str(session.id) != session.device
        if is_open and reader.device(org.id, session.device).seal is None:
            found.append(session)
    return max(found, key=lambda session: session.id, default=None)
