"""Reading much in parts, so that no list grows with what a device or a session has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from passerby.base.ids import DeviceId, OrgId, SessionId
from passerby.store.contract import PieceMark, Place, Removed
from passerby.store.sqlite import rows
from passerby.store.sqlite.owned import OwnedReader
from passerby.store.sqlite.rows import blob
from passerby.store.sqlite.statements import SQL

_FIRST: Final[Place] = (-(2**62), 0)


class PartsReader(OwnedReader):
    """The part of the `Reader` that asks for a part of what there is, or how much it is."""

    def marks_of_session(
        self, org: OrgId, session: SessionId, limit: int, behind: Place | None = None
    ) -> list[PieceMark]:
        values = (self._number(org), blob(session), *(behind or _FIRST), limit)
        return [rows.piece_mark(row) for row in self._db.execute(SQL.marks_of_session, values)]

    def last_marks_of_session(self, org: OrgId, session: SessionId, limit: int) -> list[PieceMark]:
        found = self._db.execute(SQL.last_marks_of_session, (self._number(org), blob(session), limit))
        return [rows.piece_mark(row) for row in found]

    def weight_of_session(
        self, org: OrgId, session: SessionId, limit: int, behind: Place | None = None
    ) -> tuple[int, Place] | None:
        operations, place = 0, None
        values = (self._number(org), blob(session), *(behind or _FIRST), limit)
        for first_at_ms, row, count in self._db.execute(SQL.weights_of_session, values):
            operations, place = operations + count, (first_at_ms, row)
        return (operations, place) if place else None

    def sizes_of_rows(self, org: OrgId, numbers: Sequence[int]) -> list[int]:
        found = (self._db.execute(SQL.size_of_row, (row, self._number(org))).fetchone() for row in numbers)
        return [row[0] if row else 0 for row in found]

    def rows_of_device(self, org: OrgId, device: DeviceId, after: int, limit: int) -> list[int]:
        values = (self._number(org), blob(device), after, limit)
        return [row[0] for row in self._db.execute(SQL.rows_of_device, values)]

    def kept_of(self, org: OrgId, device: DeviceId) -> Removed:
        return Removed(*self._db.execute(SQL.kept_of, (self._number(org), blob(device))).fetchone())
