"""What the service must remember besides: jobs, idempotency, webhooks, receipts of erasure.

One shape for all: a kind, an id, a body in JSON, when something is due and in which lane, and a mark of whom it is
about, by which an erasure finds it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from passerby.base.ids import OrgId


class Entry(msgspec.Struct, frozen=True):
    """Something to remember. `id` is unique within its kind; `about` is the mark of a user or device, or None.

    What is due in one `lane` need not wait for another.
    """

    kind: str
    id: str
    body: bytes
    about: str | None = None
    due_at_ms: int | None = None
    lane: str = ""


class Lane(msgspec.Struct, frozen=True):
    """Entries of one kind, org and lane; `due_at_ms` is when the first of them is due."""

    org: OrgId
    kind: str
    name: str
    due_at_ms: int


class EntryReader(Protocol):
    """Entries, read."""

    def entry(self, org: OrgId, kind: str, name: str) -> Entry | None: ...

    def entries(self, org: OrgId, kind: str, prefix: str, after: str, limit: int) -> list[Entry]:
        """Entries of a kind whose ids begin with `prefix` and are behind `after`, by id."""
        ...

    def due_entries(self, kinds: Sequence[str], until_ms: int, limit: int) -> list[tuple[OrgId, Entry]]:
        """What of these kinds is due not behind `until_ms`, the earliest first, over all orgs."""
        ...

    def lanes(self, kinds: Sequence[str]) -> list[Lane]:
        """The lanes in which something of these kinds is due, now or later, over all orgs.

        It costs what there are lanes, however many entries wait in them.
        """
        ...

    def due_in(self, lane: Lane, until_ms: int, limit: int) -> list[Entry]:
        """What is due in a lane not behind `until_ms`, the earliest first."""
        ...


class EntryWriter(Protocol):
    """Entries, kept and removed."""

    def put_entry(self, org: OrgId, entry: Entry) -> None:
        """Keep `entry`, in place of one of the same kind and id."""
        ...

    def remove_entry(self, org: OrgId, kind: str, name: str) -> None: ...

    def remove_entries_about(self, org: OrgId, about: str) -> int:
        """Remove what is about someone; how many there were."""
        ...
