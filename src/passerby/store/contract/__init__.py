"""The ports of the store. What is promised of all of them is here; each is described in the room of what it is about.

`truth` has devices and pieces, `history` people, sessions and properties, `arrivals` counts, `entries` what waits to
be done, `access` orgs, keys and members. No room knows another; `Reader` and `Transaction` put them together. The rest
of the service imports from here.

**Atomicity.** `Store.submit` runs a piece of work inside one transaction. The future it returns is done when what the
work did is on disk (RE-1), or fails, and then nothing of it was kept. Work is run one at a time, in the order of
submission; several may share one commit, so it must have no effects but through its `Transaction`.

**What is kept.** Pieces (the operations) with their origins, devices (bindings, seals, keys, facts and their summaries)
and receipts are the truth. Sessions, people and properties serve reading and are kept in step with it;
`Store.rebuild` makes them anew from the truth, and changes nothing if all is well.

**Write-once.** A second `Bind` of a device raises `BindingViolation` (ID-1), whatever asked for it.

**Beside it.** Tallies and complaints say what arrived lately, members and admissions say who may look. None of them
is made anew by a rebuild, and none of them names a device or a uid.

**Errors.** `StoreError` when the engine failed (disk full, file damaged), `StoreClosed` after `close`.

**Outside of sessions.** A piece whose session is its device's id belongs to no session (AP-7): it counts for its
person and their properties, and is in no list of sessions.

Readers see committed work only. All orders are stated with each port; ties are broken by id.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

from passerby.store.contract.access import AccessReader, AccessWriter, Key
from passerby.store.contract.arrivals import COMPLAINTS_MAX, ArrivalReader, ArrivalWriter
from passerby.store.contract.entries import Entry, EntryReader, EntryWriter, Lane
from passerby.store.contract.history import MATCHES_MAX, HistoryReader, KeptProperty, Person, PersonFilter
from passerby.store.contract.truth import PIECE_WEIGHT, PieceMark, Place, Removed, Stored, TruthReader, TruthWriter

__all__ = [
    "COMPLAINTS_MAX",
    "MATCHES_MAX",
    "PIECE_WEIGHT",
    "Entry",
    "KeptProperty",
    "Key",
    "Lane",
    "Person",
    "PersonFilter",
    "PieceMark",
    "Place",
    "Reader",
    "Removed",
    "Store",
    "Stored",
    "T",
    "Transaction",
]

T = TypeVar("T")


class Reader(TruthReader, HistoryReader, ArrivalReader, EntryReader, AccessReader, Protocol):
    """The store as it stands at one moment."""


class Transaction(Reader, TruthWriter, ArrivalWriter, EntryWriter, AccessWriter, Protocol):
    """The store inside one piece of work: it sees what the work has applied so far.

    `device`, `devices_of` and `count_devices` tell of held devices too whose they are bound to be.
    """


class Store(Protocol):
    """One engine, open."""

    def submit(self, work: Callable[[Transaction], T]) -> Future[T]: ...

    def read(self) -> AbstractContextManager[Reader]: ...

    def rebuild(self) -> None:
        """Make anew, in one transaction, what only serves reading."""
        ...

    def scrub(self) -> None:
        """See to it that no byte of what was removed is left in the engine's files (PV-2.1).

        Writing waits meanwhile; it takes time in proportion to the whole store.
        """
        ...

    def trouble(self) -> str | None:
        """What keeps the engine from its work, as far as is known without asking the disk much; None: nothing."""
        ...

    def sizes(self) -> Mapping[str, int]:
        """How many bytes the engine's files have, by name, and how many are free beside them."""
        ...

    def watch_commits(self, observe: Callable[[float], object]) -> None:
        """Tell `observe` of each commit from now on how many seconds all others who write waited for it."""
        ...

    def close(self) -> None:
        """Finish what was submitted, then let go. Idempotent."""
        ...
