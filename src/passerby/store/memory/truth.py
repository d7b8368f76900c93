"""The maps that are the truth, and how to take back what was done to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from passerby.base.ids import DeviceId, OrgId, PageId, SessionId
from passerby.model.bundle import Origin, Piece
from passerby.model.device import Claim, Device, Ending
from passerby.model.member import Admission, Member
from passerby.model.org import Org
from passerby.model.outcome import Complaint, Outcome
from passerby.model.secret import Secret
from passerby.store.contract import (
    Entry,
    Key,
)


class Truth:
    """The maps, and how to take back what was done to them."""

    def __init__(self) -> None:
        self.orgs: dict[OrgId, Org] = {}
        self.keys: dict[bytes, Key] = {}
        self.secrets: dict[tuple[OrgId, str], Secret] = {}
        self.unsigned: dict[tuple[OrgId, int], int] = {}
        self.devices: dict[tuple[OrgId, DeviceId], Device] = {}
        self.claims: dict[tuple[OrgId, DeviceId], dict[tuple[PageId, int], Claim]] = {}
        self.ends: dict[tuple[OrgId, DeviceId], dict[tuple[PageId, int], Ending]] = {}
        self.pieces: dict[tuple[OrgId, int], Piece] = {}
        self.origins: dict[tuple[OrgId, int], Origin] = {}
        self.sessions: dict[tuple[OrgId, SessionId], frozenset[int]] = {}
        self.receipts: dict[tuple[OrgId, PageId], tuple[DeviceId, dict[int, Outcome]]] = {}
        self.tallies: dict[tuple[OrgId, int, Outcome], int] = {}
        self.complaints: dict[tuple[OrgId, int, tuple[str, ...]], Complaint] = {}
        self.members: dict[tuple[OrgId, str], Member] = {}
        self.admissions: dict[bytes, Admission] = {}
        self.entries: dict[tuple[OrgId, str, str], Entry] = {}
        self.held: dict[tuple[OrgId, DeviceId], bytes] = {}
        self.next_row = 1
        self._undo: list[Callable[[], object]] = []

    def put(self, where: dict[Any, Any], key: Any, value: Any) -> None:
        if key in where:
            before = where[key]
            self._undo.append(lambda: where.__setitem__(key, before))
        else:
            self._undo.append(lambda: where.pop(key))
        where[key] = value

    def remove(self, where: dict[Any, Any], key: Any) -> None:
        value = where.pop(key)
        self._undo.append(lambda: where.__setitem__(key, value))

    def keep_all(self) -> None:
        self._undo.clear()

    def take_back(self) -> None:
        while self._undo:
            self._undo.pop()()
