"""Decode: from bytes to a bundle of operations, each good one kept, each bad one named (WI, AT-6).

All operations are decoded at once; only when that fails are they taken one by one, to find which.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final, assert_never

import msgspec

from passerby.base.errors import Refusal, without_value
from passerby.base.ids import DeviceId, OrgId, PageId, SessionId
from passerby.model.bundle import Bundle
from passerby.model.operation import Consent, End, Event, Identify, Log, Operation, Page, SetProperties
from passerby.model.outcome import Noted, Outcome, Refused
from passerby.wire import limits
from passerby.wire.envelope import Envelope, inflate, mended, open_envelope
from passerby.wire.messages import (
    KINDS,
    ConsentMessage,
    EndMessage,
    EventMessage,
    IdentifyMessage,
    LogMessage,
    Message,
    PageMessage,
    PropertiesMessage,
)
from passerby.wire.properties import PropertiesError, typed_properties
from passerby.wire.uid import is_suspicious, uid_text

_MESSAGES: Final = msgspec.json.Decoder(list[Message])
_MESSAGE: Final = msgspec.json.Decoder(Message)
_RAWS: Final = msgspec.json.Decoder(list[msgspec.Raw])
_ORDER_COMPLETED: Final = "Order Completed"
_MENDED: Final = "\ufffd"

_PROSE: Final = {
    Outcome.INVALID_UID: "uid is a non-empty string of at most 256 characters: FS('setIdentity', {uid: '…'})",
    Outcome.PLACEHOLDER_UID: "a placeholder is no uid; to log out call FS('setIdentity', {anonymous: true})",
    Outcome.INVALID_EVENT_NAME: "an event name has 1 to 250 characters",
    Outcome.TIME_TOO_OLD: "t is over 30 days before sent",
}


class _Bad(Exception):
    def __init__(self, outcome: Outcome, message: str = "") -> None:
        super().__init__(outcome)
        self.outcome = outcome
        self.message = message or _PROSE[outcome]


def decode(body: bytes, encoding: str, received_at_ms: int) -> Bundle:
    """The bundle in a request's body. Refusal, by code, where the whole of it cannot be used (WI-7)."""
    received = inflate(body, encoding)
    whole = mended(received)
    envelope = open_envelope(whole)
    messages, refused = _messages(envelope.ops)
    operations: list[Operation] = []
    notes: list[Noted] = []
    offset_ms = received_at_ms - envelope.sent
    for message in messages:
        try:
            if whole is not received:
                _check_uid(message)
            noted: list[Noted] = []
            operations.append(_operation(message, envelope, offset_ms, noted))
            notes += noted
        except _Bad as bad:
            refused.append(Refused(message.n, bad.outcome, bad.message, str(message.__struct_config__.tag)))
    return Bundle(
        OrgId(envelope.org),
        DeviceId(envelope.device),
        SessionId(envelope.session),
        PageId(envelope.page),
        envelope.started,
        envelope.sent,
        received_at_ms,
        envelope.sdk,
        tuple(operations),
        tuple(refused),
        tuple(notes),
        envelope.key,
    )


def _check_uid(message: Message) -> None:
    """Refuse a uid that had a lone surrogate: mended, it could be another's (ID-9)."""
    if isinstance(message, IdentifyMessage) and _MENDED in str(message.uid):
        raise _Bad(Outcome.INVALID_UID)


def _messages(ops: msgspec.Raw) -> tuple[Sequence[Message], list[Refused]]:
    refused: list[Refused] = []
    messages: list[Message] = []
    try:
        messages = _MESSAGES.decode(ops)
        numbers = [message.n for message in messages]
    except (msgspec.ValidationError, RecursionError):
        numbers = _one_by_one(ops, messages, refused)
    if not messages and not refused:
        raise Refusal("invalid_envelope", "ops is empty - at `$.ops`")
    if len(messages) + len(refused) > limits.OPERATIONS_MAX:
        raise Refusal("too_many_operations", f"a bundle has 1 to {limits.OPERATIONS_MAX} operations")
    if any(later <= earlier for earlier, later in pairwise(numbers)):
        raise Refusal("bad_sequence", "the n of a bundle's operations ascend, without repeats")
    return messages, refused


def _one_by_one(ops: msgspec.Raw, messages: list[Message], refused: list[Refused]) -> list[int]:
    try:
        raws = _RAWS.decode(ops)
    except msgspec.ValidationError as error:
        raise Refusal("invalid_envelope", "ops is an array of operations - at `$.ops`") from error
    numbers: list[int] = []
    for index, raw in enumerate(raws[: limits.OPERATIONS_MAX + 1]):
        try:
            message = _MESSAGE.decode(raw)
            messages.append(message)
            numbers.append(message.n)
        except (msgspec.ValidationError, RecursionError) as error:
            bad = _refused(raw, index, without_value(str(error)))
            refused.append(bad)
            numbers.extend([bad.n] if bad.n else [])
    return numbers


def _refused(raw: msgspec.Raw, index: int, prose: str) -> Refused:
    """An operation that has not the shape of any. Its n is 0 if it has none; the message then has its index."""
    found: Any = msgspec.json.decode(raw)
    n = found.get("n") if isinstance(found, dict) else None
    number = n if isinstance(n, int) and not isinstance(n, bool) and 1 <= n <= limits.SEQUENCE_MAX else 0
    kind = found.get("op") if isinstance(found, dict) else None
    if isinstance(kind, str) and kind not in KINDS:
        return Refused(
            number,
            Outcome.UNKNOWN_OPERATION,
            f"ops[{index}]: an operation is one of {', '.join(sorted(KINDS))}",
        )
    if kind == "identify" and not (
        isinstance(uid := found.get("uid"), str | int | float) and not isinstance(uid, bool)
    ):
        return Refused(number, Outcome.INVALID_UID, f"ops[{index}]: {_PROSE[Outcome.INVALID_UID]}", kind)
    return Refused(number, Outcome.INVALID_OPERATION, f"ops[{index}]: {prose}", kind if isinstance(kind, str) else "")


def _operation(message: Message, envelope: Envelope, offset_ms: int, notes: list[Noted]) -> Operation:
    n, t, source = message.n, message.t, message.source
    if t > envelope.sent + limits.FUTURE_MS_MAX:
        t = envelope.sent
        notes.append(Noted(n=n, code=_AHEAD, message=_COMPLAINTS[_AHEAD]))
    if t < envelope.sent - limits.PAST_MS_MAX and not isinstance(message, EndMessage):
        raise _Bad(Outcome.TIME_TOO_OLD)
    at = min(t, envelope.sent) + offset_ms
    match message:
        case PageMessage(url=url, title=title, referrer=referrer):
            return Page(
                n=n, t=t, at=at, source=source,
                url=url[: limits.URL_CHARS_MAX],
                title=title[: limits.TITLE_CHARS_MAX],
                referrer=referrer[: limits.URL_CHARS_MAX],
            )  # fmt: skip
        case EventMessage(name=name, type=type_):
            if not 1 <= len(name) <= limits.EVENT_NAME_CHARS_MAX:
                raise _Bad(Outcome.INVALID_EVENT_NAME)
            return Event(n=n, t=t, at=at, source=source, name=name, type=type_, properties=_properties(message, notes))
        case IdentifyMessage(uid=given):
            uid = uid_text(given)
            if isinstance(uid, Outcome):
                raise _Bad(uid)
            if is_suspicious(uid):
                notes.append(Noted(n=n, code=_SUSPICIOUS, message=_COMPLAINTS[_SUSPICIOUS]))
            return Identify(n=n, t=t, at=at, source=source, uid=uid, properties=_properties(message, notes))
        case PropertiesMessage(type=type_):
            return SetProperties(n=n, t=t, at=at, source=source, type=type_, properties=_properties(message, notes))
        case ConsentMessage(granted=granted):
            return Consent(n=n, t=t, at=at, source=source, granted=granted)
        case LogMessage(level=level, message=text):
            return Log(n=n, t=t, at=at, source=source, level=level, message=text[: limits.MESSAGE_CHARS_MAX])
        case EndMessage(why=why):
            return End(n=n, t=t, at=at, source=source, why=why)
        case _:
            assert_never(message)


def _properties(message: EventMessage | IdentifyMessage | PropertiesMessage, notes: list[Noted]) -> tuple[Any, ...]:
    products = isinstance(message, EventMessage) and message.name == _ORDER_COMPLETED
    try:
        kept, complaints = typed_properties(
            message.properties, message.schema, suffixes=message.suffixes, products=products
        )
    except PropertiesError as error:
        raise _Bad(Outcome.INVALID_PROPERTIES, str(error)) from error
    notes.extend(Noted(n=message.n, code=code, name=name, message=_COMPLAINTS[code]) for code, name in complaints)
    return kept


_AHEAD: Final = "time_in_future"
_SUSPICIOUS: Final = "suspicious_uid"
_COMPLAINTS: Final = {
    _AHEAD: "t was over 5 minutes after sent, and counts as sent: the device's clock was put back",
    _SUSPICIOUS: "the uid looks like no one person's",
    "scrubbed_name": "a name has letters, digits, _ and -; others became _",
    "invalid_name": "a name starts with a letter and has at most 512 characters",
    "invalid_value": "a value is a string, number, bool, or an array of one of these",
    "invalid_type": "a type is one of str int real bool date or a plural of them",
    "type_mismatch": "the value does not fit the type that the schema gives",
    "value_too_big": "a value has at most 8192 bytes",
    "too_many_properties": "a call has at most 500 properties",
}
