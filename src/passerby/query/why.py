"""Why: every attribution explained by the operations and the rules that made it so (AT-5)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from passerby.base.ids import DeviceId, OrgId, PageId, SessionId, Uid
from passerby.model.device import Device, Instant
from passerby.model.operation import SEALING, End, Identify, Operation, Unproved
from passerby.model.org import Org
from passerby.model.outcome import UNPROVED, Outcome
from passerby.model.session import Session
from passerby.query.happened import Happening, made_at_ms
from passerby.query.timeline import RULES
from passerby.store.contract import Reader
from passerby.wire.instants import iso_text


class Cited(msgspec.Struct, frozen=True):
    """The operation that is the reason: its kind, where and when it was made, and by which SDK."""

    call: str
    page: PageId
    n: int
    at_ms: int
    sdk: str


class Reason(msgspec.Struct, frozen=True):
    """One thing that is so, the rule by which it is, and the operation that made it so, where there is one.

    `about` is one of whose, page, contradiction, beginning, ending, seal, elsewhere.
    """

    about: str
    statement: str
    rule: str
    cited: Cited | None = None


class Why(msgspec.Struct, frozen=True):
    """Why a session is where it is."""

    session: SessionId
    device: DeviceId
    uid: Uid | None
    reasons: list[Reason]


_ENDINGS: Final = {
    "anonymize": ("ID-6", "It ended because its user was anonymized."),
    "reidentify": ("ID-5", "It ended because somebody else was identified, on another device from then on."),
    "forget": ("ID-7", "It ended because the visitor asked to be forgotten."),
    "lost": ("WI-4", "It ended because its record was gone, or stood where it is not in use any more."),
    "shutdown": ("SE-3", "It ended because capture was shut down."),
    "timeout": ("SE-6", "It ended because nothing was done for the idle limit."),
    "age": ("SE-6", "It ended because it reached the age limit."),
}
_OPERATIONS: Final = {
    Outcome.BOUND: ("ID-2", "This identify bound the device to its user."),
    Outcome.SAME_USER: ("ID-4", "The device had this user already; nothing was split."),
    Outcome.BLEED: (
        "AT-3",
        "It was made on a device whose user had left, so it is kept under a substitute that nothing connects to them.",
    ),
    Outcome.CONFLICT: (
        "AT-4",
        "Its page was told somebody else than the device had first. So the page is theirs, under a substitute.",
    ),
    Outcome.DIVERTED: (
        "AT-4",
        "Pages of its device were told different people, so it is kept under a substitute.",
    ),
    Outcome.APART: (
        "AT-9",
        "It came with another key than its device's, or with none, so it is nobody's.",
    ),
    Outcome.UNSIGNED_UID: (
        "AT-10",
        "An identify without a signature, which the org demands. So nobody knows who is there.",
    ),
    Outcome.BAD_SIGNATURE: ("AT-10", "An identify with a wrong signature. So nobody knows who is there."),
    Outcome.EXPIRED_SIGNATURE: ("AT-10", "An identify whose signature had expired. So nobody knows who is there."),
}
_RELEASED: Final = " It released the user and sealed the device."
_ELSEWHERE: Final = {
    Outcome.BLEED: ("AT-3", "Something here was made on a device after its user had left it: this is its substitute."),
    Outcome.CONFLICT: ("AT-4", "A page here was told somebody else than its device had first: this is its substitute."),
    Outcome.DIVERTED: (
        "AT-4",
        "Pages of one device were told different people: this is a substitute.",
    ),
    Outcome.APART: ("AT-9", "It came with another key than its device's, or with none: it is kept apart, for nobody."),
}
_NOBODYS: Final = {
    Outcome.BLEED: "Its page was told nobody, or was let go, and an end came before it: so it is nobody's.",
    Outcome.DIVERTED: "Its page was told nobody, and by then the device had had two people: so it is nobody's.",
}
_HELD: Final = "What is kept of its device is being placed again, so it is nobody's until that is done."
_PAGES_MAX: Final = 20
EXPLAINED_MAX: Final = 500
"""Of a session with more operations the first of these say why it is whose it is."""


def why_session(reader: Reader, org: Org, session: Session, found: Sequence[Happening], now_ms: int) -> Why:
    """Why `session` is whose it is, and why it begins and ends where it does; `found` is what happened first in it."""
    device = reader.device(org.id, session.device)
    outcomes = {one.outcome for one in found}
    reasons = [_whose(reader, org.id, session, device, outcomes), *_pages(device, outcomes, found)]
    reasons += _beginning(reader, org, session)
    shown = outcomes - {Outcome.DIVERTED} if outcomes & {*UNPROVED} else outcomes
    reasons += [Reason("elsewhere", prose, rule) for o, (rule, prose) in _ELSEWHERE.items() if o in shown]
    reasons += [*_ending(reader, org, session, device, now_ms), *_seal(reader, org.id, session, device)]
    return Why(session.id, session.device, device.binding.uid if device.binding else None, reasons)


def why_operation(device: Device, found: Happening) -> Reason:
    """Why one operation is whose it is; `device` is the one it is kept under."""
    if device.is_held:
        return Reason("whose", _HELD, "AT-2.3")
    operation = found.operation
    told = _OPERATIONS.get(found.outcome)
    if told is None and isinstance(operation, End):
        told = (RULES[operation.why], "This end is why the session ended." + _RELEASED * (operation.why in SEALING))
    if told is not None:
        return Reason("whose", told[1], told[0], _cited(found.piece.sdk, operation, found.piece.page, found.at_ms))
    instant = found.piece.instant(found.operation)
    if device.binding is None:
        return Reason("whose", "No identify was made on this device, so it is nobody's.", "ID-2")
    if instant.before(device.binding.instant):
        prose = "It came before the identify, and has belonged to the user since: same device."
        return Reason("whose", prose, "ID-2")
    return Reason("whose", "It was made on a device of this user, before any end of it.", "ID-3")


def _pages(device: Device, outcomes: set[Outcome], found: Sequence[Happening]) -> list[Reason]:
    """Which page was told whom, where that is what decided (AT-4)."""
    if device.summary is None and not outcomes & {*_ELSEWHERE} - {Outcome.APART}:
        return []
    reasons: list[Reason] = []
    told: dict[PageId, Happening] = {}
    for one in found:
        if _tells(one) and not _tells(told.setdefault(one.piece.page, one)):
            told[one.piece.page] = one
        told.setdefault(one.piece.page, one)
    for first in list(told.values())[:_PAGES_MAX]:
        prose = (
            "A page was told this user by this identify." if _tells(first) else "The page of this was told nobody here."
        )
        if isinstance(first.operation, Unproved):
            prose = "A page was told somebody by this identify, and nothing proved it: so nobody knows whom."
        reasons.append(
            Reason("page", prose, "AT-4", _cited(first.piece.sdk, first.operation, first.piece.page, first.at_ms))
        )
    if device.summary is not None and device.summary.contradictions:
        at = iso_text(device.summary.contradictions[0].at)
        prose = f"From {at} on, when another page of the device was told somebody else, pages told nobody are nobody's."
        reasons.append(Reason("contradiction", prose, "AT-4.2"))
    return reasons


def _tells(one: Happening) -> bool:
    return isinstance(one.operation, Identify | Unproved) and one.outcome is not Outcome.APART


def _whose(reader: Reader, org: OrgId, session: Session, device: Device, outcomes: set[Outcome]) -> Reason:
    if device.is_held:
        return Reason("whose", _HELD, "AT-2.3")
    if device.binding is None:
        if Outcome.APART in outcomes:
            return Reason("whose", _OPERATIONS[Outcome.APART][1], "AT-9")
        if (unproved := next((outcome for outcome in UNPROVED if outcome in outcomes), None)) is not None:
            return Reason("whose", f"{_OPERATIONS[unproved][1]} All of its page is nobody's.", "AT-10")
        if (why := next((outcome for outcome in _NOBODYS if outcome in outcomes), None)) is not None:
            return Reason("whose", _NOBODYS[why], _OPERATIONS[why][0])
        return Reason("whose", "It is anonymous: no identify was made on its device.", "ID-2")
    bound = device.binding.instant
    cited = _citation(reader, org, device.id, bound)
    if bound.at > session.active_at_ms:
        prose = "It came before its device was bound, and has belonged to the user since."
    elif bound.at >= session.began_at_ms:
        prose = "Its device was bound during it; what came before the identify went along, and the session went on."
    else:
        prose = "Its device had been bound to the user before."
    return Reason("whose", prose, "ID-2", cited)


def _beginning(reader: Reader, org: Org, session: Session) -> list[Reason]:
    before = reader.sessions_of(org.id, [session.device], (session.began_at_ms, session.id), 1)
    if not before:
        return [Reason("beginning", "It is the first on its device.", "SE-1")]
    ending = before[0].ending(session.began_at_ms, org.settings.idle_ms, org.settings.age_ms)
    why = ending[1] if ending else "still open as far as the service could see"
    rule = {"shutdown": "SE-3"}.get(why, "SE-1")
    return [Reason("beginning", f"It began after the one before on its device had ended ({why}).", rule)]


def _ending(reader: Reader, org: Org, session: Session, device: Device, now_ms: int) -> list[Reason]:
    ending = session.ending(now_ms, org.settings.idle_ms, org.settings.age_ms)
    if ending is None:
        return [Reason("ending", "It is open.", "SE-6")]
    rule, prose = _ENDINGS[ending[1]]
    seal = device.seal
    cited = _citation(reader, org.id, device.id, seal.instant) if seal is not None and seal.why == ending[1] else None
    return [Reason("ending", prose, rule, cited)]


def _seal(reader: Reader, org: OrgId, session: Session, device: Device) -> list[Reason]:
    found: list[Reason] = []
    if device.seal is not None:
        prose = f"Its device was sealed ({device.seal.why}): nothing made later can come here."
        found.append(Reason("seal", prose, "AT-3", _citation(reader, org, session.device, device.seal.instant)))
    return found


def _citation(reader: Reader, org: OrgId, device: DeviceId, instant: Instant) -> Cited | None:
    piece = reader.piece_of(org, device, instant)
    if piece is None:
        return None
    operation = next((op for op in piece.operations if op.n == instant.n), None)
    return _cited(piece.sdk, operation, piece.page, made_at_ms(reader, org, piece, instant.n)) if operation else None


def _cited(sdk: str, operation: Operation, page: PageId, at_ms: int) -> Cited:
    return Cited(str(operation.__struct_config__.tag), page, operation.n, at_ms, sdk)
