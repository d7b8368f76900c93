"""Announcing: what just happened becomes deliveries, in the transaction in which it happened (AP-11).

Entries: `webhook`; `delivery`, named `<webhook>/<time>-<occurrence>`, so that the same occurrence is not told twice,
in the lane of its webhook.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from passerby.base.ids import DeviceId, Uid
from passerby.model.bundle import Piece
from passerby.model.effect import Effect, Keep
from passerby.model.marks import Marks
from passerby.model.operation import End, Event, Identify, Operation
from passerby.model.org import Org
from passerby.model.outcome import Outcome
from passerby.model.session import Session
from passerby.model.webhook import NOTHING, Delivery, EventName, Occurrence, Webhook
from passerby.store.contract import Entry, Reader, Transaction
from passerby.store.projection import user_id
from passerby.wire.nesting import nested

WEBHOOK: Final = "webhook"
DELIVERY: Final = "delivery"
WEBHOOKS_MAX: Final = 50


def webhooks(reader: Reader, org: Org) -> list[Webhook]:
    """The org's webhooks, by id."""
    found = reader.entries(org.id, WEBHOOK, "", "", WEBHOOKS_MAX)
    return [msgspec.json.decode(entry.body, type=Webhook) for entry in found]


def announce(transaction: Transaction, org: Org, effects: Sequence[Effect], now_ms: int) -> int:
    """Put deliveries for what `effects` keep; how many."""
    hooks = webhooks(transaction, org)
    if not hooks:
        return 0
    pieces = [effect.piece for effect in effects if isinstance(effect, Keep)]
    told = [found for piece in pieces for found in _of_piece(transaction, org, piece)]
    return sum(_deliver(transaction, org, hook, found, now_ms) for found in told for hook in hooks if hook.wants(found))


def announce_silence(
    transaction: Transaction, org: Org, session: Session, ended_at_ms: int, why: str, now_ms: int
) -> int:
    """Put deliveries for a session that ended by itself (SE-6); how many."""
    device = transaction.device(org.id, session.device)
    binding = None if device.is_held else device.binding
    found = Occurrence(
        f"{session.id}-end",
        "session.ended",
        ended_at_ms,
        user_id(org.secret, binding.uid) if binding else session.device,
        binding.uid if binding else None,
        f"{session.device}:{session.id}",
        why=why,
    )
    hooks = [hook for hook in webhooks(transaction, org) if hook.wants(found)]
    return sum(_deliver(transaction, org, hook, found, now_ms) for hook in hooks)


def _deliver(transaction: Transaction, org: Org, hook: Webhook, occurrence: Occurrence, now_ms: int) -> int:
    marks = Marks(org.secret)
    about = marks.of_uid(Uid(occurrence.uid)) if occurrence.uid else marks.of_device(DeviceId(occurrence.user))
    name = f"{hook.id}/{occurrence.at_ms:015d}-{occurrence.id}"
    if transaction.entry(org.id, DELIVERY, name) is not None:
        return 0
    delivery = Delivery(name, hook.id, occurrence.event, "waiting", now_ms, occurrence)
    transaction.put_entry(org.id, Entry(DELIVERY, name, msgspec.json.encode(delivery), about, now_ms, hook.id))
    return 1


def _of_piece(transaction: Transaction, org: Org, piece: Piece) -> Iterator[Occurrence]:
    names = [
        (op, event)
        for op, outcome in zip(piece.operations, piece.outcomes, strict=True)
        for event in _events(op, outcome)
    ]
    if not names:
        return
    device = transaction.device(org.id, piece.device)
    binding = None if device.is_held else device.binding
    user = user_id(org.secret, binding.uid) if binding else piece.device
    session = None if str(piece.session) == piece.device else f"{piece.device}:{piece.session}"
    for op, event in names:
        is_end = event == "session.ended"
        yield Occurrence(
            f"{piece.session}-end" if is_end else f"{piece.page}-{op.n}",
            event,
            op.at,
            user,
            binding.uid if binding else None,
            session,
            op.name if isinstance(op, Event) else None,
            op.why if isinstance(op, End) else None,
            _properties(op),
        )


def _properties(operation: Operation) -> msgspec.Raw:
    match operation:
        case Event(properties=properties, products=products):
            return msgspec.Raw(msgspec.json.encode(nested(properties, products)))
        case Identify(properties=properties):
            return msgspec.Raw(msgspec.json.encode(nested(properties)))
        case _:
            return NOTHING


def _events(operation: Operation, outcome: Outcome) -> tuple[EventName, ...]:
    match operation:
        case Event(type="custom"):
            return ("recording.event.custom",)
        case Identify() if outcome in (Outcome.BOUND, Outcome.CONFLICT):
            return ("user.identified",)
        case End(why="anonymize") if outcome is Outcome.SEALED:
            return ("session.ended", "user.anonymized")
        case End() if outcome in (Outcome.SEALED, Outcome.STORED):
            return ("session.ended",)
        case _:
            return ()
