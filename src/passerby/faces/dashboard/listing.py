"""Listing: sessions as rows, with whose they are and how they ended."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from passerby.base.ids import DeviceId
from passerby.faces.dashboard.desk import Asked
from passerby.model.session import Session
from passerby.store.contract import Person
from passerby.store.people import owner_of


class Listed(msgspec.Struct, frozen=True):
    """A session with its owner, and when and why it ended (None: it is open)."""

    session: Session
    owner: Person | None
    ending: tuple[int, str] | None


def listed(asked: Asked, sessions: Iterable[Session]) -> list[Listed]:
    """Sessions as rows."""
    owners: dict[DeviceId, Person | None] = {}
    rows = []
    for session in sessions:
        if session.device not in owners:
            owners[session.device] = owner_of(asked.reader, asked.org.id, session.device)
        ending = session.ending(asked.now_ms, asked.org.settings.idle_ms, asked.org.settings.age_ms)
        rows.append(Listed(session, owners[session.device], ending))
    return rows
