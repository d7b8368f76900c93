"""Pieces and effects made by hand, for tests that speak to a store without the lifecycle."""

from __future__ import annotations

from passerby.base.ids import DeviceId, PageId, SessionId, Uid
from passerby.model.bundle import Piece
from passerby.model.device import Binding, Instant
from passerby.model.effect import Bind
from passerby.model.operation import Event, Operation
from passerby.model.outcome import Outcome


def device(number: int) -> DeviceId:
    """A device by number."""
    return DeviceId(f"d{number:07d}-0000-4000-8000-000000000000")


def session(number: int) -> SessionId:
    """A session by number."""
    return SessionId(f"5e{number:06d}-0000-4000-8000-000000000000")


def page(number: int) -> PageId:
    """A page by number."""
    return PageId(f"9a{number:06d}-0000-4000-8000-000000000000")


def event(n: int, at: int, name: str = "x") -> Event:
    """An event made at `at`, on a client whose clock is right."""
    return Event(n=n, t=at, at=at, name=name)


def piece(number: int, *operations: Operation, of: int | None = None, on: int | None = None) -> Piece:
    """A piece of session and page `number`, on the device of that number unless `of` says another."""
    return Piece(
        device(number if of is None else of),
        session(number),
        page(number if on is None else on),
        0,
        0,
        max(operation.at for operation in operations),
        "test",
        operations,
        (Outcome.STORED,) * len(operations),
    )


def bind(number: int, uid: str, at: int = 0) -> Bind:
    """A binding of a device, made at `at` on a page of its own."""
    return Bind(device(number), Binding(Uid(uid), Instant(page(9000 + number), 1, at, at, 0)))


def instant(number: int, n: int) -> Instant:
    """The moment `n` on a page, under a clock that is right."""
    return Instant(page(number), n, n, n, 0)
