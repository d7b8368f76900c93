"""Decode: from bytes to a bundle of operations, each good one kept, each bad one named (WI, AT-6).

They are counted first. Then all are decoded at once; only when that fails are they taken one by one, to find which.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final, TypeGuard, assert_never

import msgspec

from passerby.base.errors import Refusal, without_value
from passerby.base.ids import DeviceId, OrgId, PageId, SessionId
from passerby.model.bundle import Bundle
from passerby.model.operation import Consent, End, Event, Identify, Log, Operation, Page, SetProperties
from passerby.model.outcome import Outcome, Refused
from passerby.wire import limits
from passerby.wire.envelope import IDENTITY_KEYS, Envelope, inflate, mended, mixed_devices, open_envelope
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
from passerby.wire.notes import AHEAD, SUSPICIOUS, Notes
from passerby.wire.properties import Complaint, PropertiesError, Typed, typed_properties
from passerby.wire.uid import is_suspicious, uid_text

_MESSAGES: Final = msgspec.json.Decoder(list[Message])
_MESSAGE: Final = msgspec.json.Decoder(Message)
_RAWS: Final = msgspec.json.Decoder(
    msgspec.defstruct(
        "_Raws",
        [(f"op{index}", msgspec.Raw, msgspec.Raw()) for index in range(limits.OPERATIONS_MAX)],
        array_like=True,
        forbid_unknown_fields=True,
    )
)
"""An array of operations as what is written of each: one more than may be ends it, before anything is made of them."""
_MEMBERS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_TOO_MANY: Final = "of at most length"
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


class Opened(msgspec.Struct, frozen=True):
    """A body whose envelope is read and whose operations are not. `is_mended`: lone surrogates were replaced."""

    envelope: Envelope
    is_mended: bool

    @property
    def org(self) -> OrgId:
        """The org it names."""
        return OrgId(self.envelope.org)


def opened(body: bytes, encoding: str) -> Opened:
    """The envelope in a request's body. Refusal, by code, where it cannot be used (WI-7)."""
    received = inflate(body, encoding)
    whole = mended(received)
    return Opened(open_envelope(whole), whole is not received)


def decode(body: bytes, encoding: str, received_at_ms: int) -> Bundle:
    """The bundle in a request's body. Refusal, by code, where the whole of it cannot be used (WI-7)."""
    return bundle_of(opened(body, encoding), received_at_ms)


def bundle_of(body: Opened, received_at_ms: int) -> Bundle:
    """The bundle in a body whose envelope is read. Refusal: as `decode`."""
    envelope = body.envelope
    messages, refused = _messages(envelope.ops)
    operations: list[Operation] = []
    notes = Notes()
    offset_ms = received_at_ms - envelope.sent
    user_properties = 0
    for message in messages:
        try:
            if body.is_mended:
                _check_uid(message)
            complaints: list[Complaint] = []
            operations.append(_operation(message, envelope, offset_ms, complaints))
            user_properties += _user_properties(operations[-1])
            if user_properties > limits.USER_PROPERTIES_MAX:
                raise Refusal("bundle_too_large", f"a bundle sets at most {limits.USER_PROPERTIES_MAX} user properties")
            if complaints:
                notes.add(message.n, complaints)
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
        notes.told(),
        envelope.key,
        tuple((message.n, _proof(message.sig)) for message in messages if _is_signed(message)),
    )


def _user_properties(operation: Operation) -> int:
    """How many user properties an operation sets: each costs the store a row."""
    match operation:
        case Identify(properties=properties) | SetProperties(type="user", properties=properties):
            return len(properties)
        case _:
            return 0


def _is_signed(message: Message) -> TypeGuard[IdentifyMessage]:
    return isinstance(message, IdentifyMessage) and bool(message.sig)


def _proof(sig: msgspec.Raw) -> str:
    """A signature as it was given; '' for what is none, which proves nothing (WI-11)."""
    found = _value(sig) if len(sig) <= limits.SIGNATURE_BYTES_MAX else None
    return found if isinstance(found, str) else ""


def _check_uid(message: Message) -> None:
    """Refuse a uid that had a lone surrogate: mended, it could be another's (ID-9)."""
    if isinstance(message, IdentifyMessage) and _MENDED in str(message.uid):
        raise _Bad(Outcome.INVALID_UID)


def _messages(ops: msgspec.Raw) -> tuple[Sequence[Message], list[Refused]]:
    if bytes(ops).count(b",") >= limits.OPERATIONS_MAX:
        _raws(ops)
    refused: list[Refused] = []
    messages: list[Message] = []
    try:
        messages = _MESSAGES.decode(ops)
        numbers = [message.n for message in messages]
    except (msgspec.DecodeError, RecursionError):
        messages = []
        numbers = _one_by_one(_raws(ops), messages, refused)
    if not messages and not refused:
        raise Refusal("invalid_envelope", "ops is empty - at `$.ops`")
    if any(later <= earlier for earlier, later in pairwise(numbers)):
        raise Refusal("bad_sequence", "the n of a bundle's operations ascend, without repeats")
    return messages, refused


def _raws(ops: msgspec.Raw) -> list[msgspec.Raw]:
    """What is written of each operation, none taken apart. Refusals: `too_many_operations`, `invalid_envelope`."""
    try:
        found = _RAWS.decode(ops)
    except msgspec.DecodeError as error:
        if _TOO_MANY in str(error):
            raise Refusal("too_many_operations", f"a bundle has 1 to {limits.OPERATIONS_MAX} operations") from error
        raise Refusal("invalid_envelope", "ops is an array of operations - at `$.ops`") from error
    return [raw for raw in msgspec.structs.astuple(found) if raw]


def _one_by_one(raws: Sequence[msgspec.Raw], messages: list[Message], refused: list[Refused]) -> list[int]:
    numbers: list[int] = []
    for index, raw in enumerate(raws):
        try:
            message = _MESSAGE.decode(raw)
            messages.append(message)
            numbers.append(message.n)
        except (msgspec.DecodeError, RecursionError) as error:
            bad = _refused(raw, index, without_value(str(error)))
            refused.append(bad)
            numbers.extend([bad.n] if bad.n else [])
    return numbers


def _refused(raw: msgspec.Raw, index: int, prose: str) -> Refused:
    """An operation that has not the shape of any. Its n is 0 if it has none; the message then has its index.

    Refusal: `mixed_devices` where it names an identity (WI-2).
    """
    found = _members(raw)
    for key in IDENTITY_KEYS:
        if key in found:
            raise mixed_devices(key)
    n, kind, uid = (_value(found.get(name)) for name in ("n", "op", "uid"))
    number = n if isinstance(n, int) and not isinstance(n, bool) and 1 <= n <= limits.SEQUENCE_MAX else 0
    if isinstance(kind, str) and kind not in KINDS:
        return Refused(
            number,
            Outcome.UNKNOWN_OPERATION,
            f"ops[{index}]: an operation is one of {', '.join(sorted(KINDS))}",
        )
    if kind == "identify" and not (isinstance(uid, str | int | float) and not isinstance(uid, bool)):
        return Refused(number, Outcome.INVALID_UID, f"ops[{index}]: {_PROSE[Outcome.INVALID_UID]}", kind)
    return Refused(number, Outcome.INVALID_OPERATION, f"ops[{index}]: {prose}", kind if isinstance(kind, str) else "")


def _members(raw: msgspec.Raw) -> dict[str, msgspec.Raw]:
    """The members of an operation, undecoded; none if it is no object."""
    try:
        return _MEMBERS.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return {}


def _value(raw: msgspec.Raw | None) -> Any:
    """A member, or None where it is absent or what no number can be."""
    try:
        return msgspec.json.decode(raw) if raw else None
    except (msgspec.DecodeError, RecursionError):
        return None


def _operation(message: Message, envelope: Envelope, offset_ms: int, notes: list[Complaint]) -> Operation:
    n, t, source = message.n, message.t, message.source
    if t > envelope.sent + limits.FUTURE_MS_MAX:
        t = envelope.sent
        notes.append((AHEAD, ""))
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
        case EventMessage():
            return _event(message, t, at, notes)
        case IdentifyMessage(uid=given):
            uid = uid_text(given)
            if isinstance(uid, Outcome):
                raise _Bad(uid)
            if is_suspicious(uid):
                notes.append((SUSPICIOUS, ""))
            return Identify(n=n, t=t, at=at, source=source, uid=uid, properties=_typed(message, notes).properties)
        case PropertiesMessage(type=type_):
            return SetProperties(
                n=n, t=t, at=at, source=source, type=type_, properties=_typed(message, notes).properties
            )
        case ConsentMessage(granted=granted):
            return Consent(n=n, t=t, at=at, source=source, granted=granted)
        case LogMessage(level=level, message=text):
            return Log(n=n, t=t, at=at, source=source, level=level, message=text[: limits.MESSAGE_CHARS_MAX])
        case EndMessage(why=why):
            return End(n=n, t=t, at=at, source=source, why=why)
        case _:
            assert_never(message)


def _event(message: EventMessage, t: int, at: int, notes: list[Complaint]) -> Event:
    if not 1 <= len(message.name) <= limits.EVENT_NAME_CHARS_MAX:
        raise _Bad(Outcome.INVALID_EVENT_NAME)
    typed = _typed(message, notes)
    return Event(
        n=message.n, t=t, at=at, source=message.source, name=message.name, type=message.type,
        properties=typed.properties, products=typed.products,
    )  # fmt: skip


def _typed(message: EventMessage | IdentifyMessage | PropertiesMessage, notes: list[Complaint]) -> Typed:
    products = isinstance(message, EventMessage) and message.name == _ORDER_COMPLETED
    try:
        typed = typed_properties(message.properties, message.schema, suffixes=message.suffixes, products=products)
    except PropertiesError as error:
        raise _Bad(Outcome.INVALID_PROPERTIES, str(error)) from error
    notes += typed.complaints
    return typed
