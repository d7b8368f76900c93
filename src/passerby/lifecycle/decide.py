"""Decide: from how things stand and what arrived to what is to be done.

Nearly every device is *simple*: one uid was claimed on it, at most one end came, and nothing was made past it. Then all
of it is kept under the device itself, and a bundle costs the same whatever came before (ID-2). What contradicts that
makes the device *troubled*: from then on its facts are kept, and `passerby.lifecycle.plan` says whose an operation is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from passerby.base.ids import SessionId, Uid
from passerby.lifecycle.session import session_of
from passerby.lifecycle.substitute import Substitutes
from passerby.model.bundle import Bundle, Piece, Receipt
from passerby.model.device import UNPROVED, Binding, Claim, Device, Ending, Instant, Seal
from passerby.model.effect import Answer, Bind, Close, Effect
from passerby.model.marks import Marks
from passerby.model.operation import SEALING, End, Identify, Operation, Unproved
from passerby.model.outcome import Outcome


class Made(msgspec.Struct, frozen=True):
    """An operation of a bundle that had not come before, in the session it belongs to, and when it was made."""

    session: SessionId
    instant: Instant
    operation: Operation

    @property
    def is_end(self) -> bool:
        """Whether it seals."""
        return isinstance(self.operation, End) and self.operation.why in SEALING


class Facts(msgspec.Struct, frozen=True):
    """What operations say of identity."""

    claims: tuple[Claim, ...] = ()
    ends: tuple[Ending, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.claims or self.ends)


def made_of(bundle: Bundle, answered: Mapping[int, Outcome], substitutes: Substitutes, age_ms: int) -> list[Made]:
    """The operations of `bundle` but those whose outcomes are known: these came before and change nothing (AT-1)."""
    return [
        Made(
            session_of(bundle.device, bundle.session, bundle.started, op.t, age_ms, substitutes),
            Instant(bundle.page, op.n, op.t, op.at, bundle.offset_ms, isinstance(op, Identify | Unproved)),
            op,
        )
        for op in bundle.operations
        if op.n not in answered
    ]


def is_simple(device: Device, made: Sequence[Made]) -> bool:
    """Whether a simple `device` stays simple with `made`, as far as they and its binding and seal tell."""
    if any(isinstance(one.operation, Unproved) for one in made):
        return False
    bound = device.binding
    uids = {str(one.operation.uid) for one in made if isinstance(one.operation, Identify)}
    if len(uids | ({str(bound.uid)} if bound else set())) > 1:
        return False
    ends = [one.instant for one in made if one.is_end] + ([device.seal.instant] if device.seal else [])
    if len(ends) > 1:
        return False
    instants = [one.instant for one in made] + ([bound.instant] if bound else [])
    return all(instant.is_in_time_for(end) for instant in instants for end in ends)


def has_past(pieces: Iterable[Piece], end: Instant) -> bool:
    """Whether something in `pieces` was made past an end."""
    return any(not piece.instant(op).is_in_time_for(end) for piece in pieces for op in piece.operations)


def decided_simply(device: Device, made: Sequence[Made]) -> tuple[list[Effect], dict[int, Outcome]]:
    """What becomes of a simple device, and the outcomes of what changes it or tries to."""
    effects: list[Effect] = []
    outcomes: dict[int, Outcome] = {}
    is_bound = device.binding is not None
    for one in made:
        if isinstance(one.operation, Identify):
            outcomes[one.operation.n] = Outcome.SAME_USER if is_bound else Outcome.BOUND
            if not is_bound:
                effects.append(Bind(device.id, Binding(Uid(one.operation.uid), one.instant)))
            is_bound = True
        elif isinstance(one.operation, End) and one.is_end:
            effects.append(Close(device.id, Seal(one.instant, one.operation.why)))
            outcomes[one.operation.n] = Outcome.SEALED
    return effects, outcomes


def facts_of(made: Iterable[tuple[Instant, Operation, int]], marks: Marks) -> Facts:
    """The facts among operations, each with its instant and when it was received."""
    claims: list[Claim] = []
    ends: list[Ending] = []
    for instant, operation, received_at_ms in made:
        match operation:
            case Identify(uid=uid):
                claims.append(Claim(instant, marks.of_uid(Uid(uid)), received_at_ms))
            case Unproved():
                claims.append(Claim(instant, UNPROVED, received_at_ms))
            case End(why=why) if why in SEALING:
                ends.append(Ending(instant, why))
            case _:
                pass
    return Facts(tuple(claims), tuple(ends))


def answer(bundle: Bundle, fresh: Mapping[int, Outcome]) -> list[Effect]:
    """Remember what `bundle` was answered."""
    return [Answer(Receipt(bundle.page, bundle.device, tuple(sorted(fresh.items()))))] if fresh else []
