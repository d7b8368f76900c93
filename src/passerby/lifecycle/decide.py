"""Decide: from how things stand and what arrived to what is to be done.

Two moments call for a decision. A bundle arrives: its operations are taken in order, identity changes first work on the
standing, then each operation is placed. And a device's seal or gaps changed: pieces already stored for it
are placed again, and what belongs elsewhere moves (AT-2). Both are the same thinking, so both are here and share it.

A piece holds one device, session and page; one bundle may become several.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby

import msgspec

from passerby.base.ids import DeviceId, SessionId
from passerby.lifecycle.identity import Place, Standing
from passerby.lifecycle.session import session_of
from passerby.model.bundle import Bundle, Piece, Receipt
from passerby.model.device import Instant
from passerby.model.effect import Answer, Close, Divert, Drop, Effect, Keep
from passerby.model.operation import End, Identify, Operation
from passerby.model.outcome import Outcome

_Placed = tuple[Place, Operation, Outcome]
_Made = tuple[DeviceId, SessionId, Instant, Operation]
_Held = tuple[Piece, Operation, Instant]
Change = Close | Divert
"""An effect after which what is stored for its device has to be placed again."""


class Decision(msgspec.Struct, frozen=True):
    """What is to be done, in this order; what the client is told (n → outcome); which changes are unsettled yet."""

    effects: tuple[Effect, ...]
    outcomes: Mapping[int, Outcome]
    unsettled: tuple[Change, ...]


def decide(bundle: Bundle, answered: Mapping[int, Outcome], standing: Standing, age_ms: int) -> Decision:
    """What becomes of `bundle`.

    `answered` are the outcomes of those of its operations that came before (AT-1): they change nothing and are
    answered again.
    """
    outcomes = {refused.n: refused.outcome for refused in bundle.refused}
    operations = [op for op in bundle.operations if op.n not in answered]
    made = [(bundle.device, _session(bundle, op, standing, age_ms), _instant(bundle, op), op) for op in operations]
    outcomes |= {op.n: outcome for op, outcome in _transitions(standing, made)}
    placed: list[_Placed] = []
    for device, session, instant, op in made:
        place = standing.place(device, session, instant)
        placed.append((place, op, outcomes.setdefault(op.n, place.outcome)))
    kept = [Keep(piece) for piece in _pieces(bundle, placed)]
    fresh = {n: outcome for n, outcome in outcomes.items() if n > 0 and n not in answered}
    return Decision((*standing.effects, *kept, *_answer(bundle, fresh)), {**outcomes, **answered}, _changes(standing))


def settle(pieces: Iterable[Piece], standing: Standing) -> Decision:
    """Place again what is stored, where a device's seal or gaps changed.

    `standing` is as it is after the change and has no effects recorded yet. No outcome changes: what was answered was
    answered.
    """
    held = [(piece, op, piece.instant(op)) for piece in pieces for op in piece.operations]
    held.sort(key=lambda one: (one[1].t, one[0].page, one[1].n))
    moved: list[_Held] = []
    while len(further := _moved(held, standing)) > len(moved):
        moved = further
        _transitions(standing, [(piece.device, piece.session, instant, op) for piece, op, instant in moved])
    kept: list[Effect] = []
    for piece in {piece.row: piece for piece, _, _ in moved}.values():
        kept.append(Drop(piece))
        placed = [
            (standing.place(piece.device, piece.session, piece.instant(op)), op, outcome)
            for op, outcome in zip(piece.operations, piece.outcomes, strict=True)
        ]
        kept.extend(Keep(part) for part in _pieces(piece, placed))
    return Decision((*standing.effects, *kept), {}, _changes(standing))


def _moved(held: list[_Held], standing: Standing) -> list[_Held]:
    """Those that belong elsewhere now."""
    return [one for one in held if standing.place(one[0].device, one[0].session, one[2]).hops]


def _transitions(standing: Standing, made: list[_Made]) -> list[tuple[Operation, Outcome]]:
    """Let identity operations work on `standing`, and again until nothing changes, since one can move another."""
    working = [one for one in made if isinstance(one[3], Identify | End)]
    first = [(one[3], standing.transition(*one)) for one in working]
    known = 0
    while known < len(standing.effects):
        known = len(standing.effects)
        for one in working:
            standing.transition(*one)
    return first


def _changes(standing: Standing) -> tuple[Change, ...]:
    return tuple(effect for effect in standing.effects if isinstance(effect, Close | Divert))


def _instant(bundle: Bundle, op: Operation) -> Instant:
    return Instant(bundle.page, op.n, op.t, op.at, bundle.offset_ms, isinstance(op, Identify))


def _session(bundle: Bundle, op: Operation, standing: Standing, age_ms: int) -> SessionId:
    return session_of(bundle.device, bundle.session, bundle.started, op.t, age_ms, standing.substitutes)


def _pieces(origin: Bundle | Piece, placed: list[_Placed]) -> Iterator[Piece]:
    """The operations as pieces, one for each run that goes to the same place, in order of n."""
    for (device, session, page), run in groupby(placed, lambda p: (p[0].device, p[0].session, p[0].page)):
        together = list(run)
        yield Piece(
            device,
            session,
            page,
            origin.started,
            origin.offset_ms,
            origin.received_at_ms,
            origin.sdk,
            tuple(op for _, op, _ in together),
            tuple(outcome for _, _, outcome in together),
        )


def _answer(bundle: Bundle, fresh: Mapping[int, Outcome]) -> tuple[Answer, ...]:
    if not fresh:
        return ()
    return (Answer(Receipt(bundle.page, bundle.device, tuple(sorted(fresh.items())))),)
