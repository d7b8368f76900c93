"""Jobs: what is answered at once and worked off later (AP-8)."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

import msgspec

Status: TypeAlias = Literal["PROCESSING", "COMPLETED", "FAILED"]
PROCESSING: Final = "PROCESSING"
COMPLETED: Final = "COMPLETED"
FAILED: Final = "FAILED"


class Job(msgspec.Struct, frozen=True):
    """A batch of `total` requests. `shared` is JSON, the context of all its events."""

    id: str
    kind: Literal["users", "events"]
    status: Status
    created_at_ms: int
    finished_at_ms: int | None = None
    imports: int = 0
    errors: int = 0
    shared: msgspec.Raw = msgspec.Raw(b"null")
    total: int = 0


class Item(msgspec.Struct, frozen=True, omit_defaults=True):
    """One request of a batch as it came, and what became of it.

    `at_ms` is when an event was made; `notes` are a code and a name each.
    """

    request: msgspec.Raw
    user: str = ""
    session: str = ""
    outcome: str = ""
    code: str = ""
    message: str = ""
    at_ms: int = 0
    notes: tuple[tuple[str, str], ...] = ()
