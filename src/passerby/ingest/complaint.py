"""Complaints: what an app should mend, kept for a day for its developers to see (PR-4)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final
from urllib.parse import urlsplit

from passerby.base.units import DAY_MS
from passerby.model.bundle import Bundle, Piece
from passerby.model.operation import Operation, Page
from passerby.model.outcome import Complaint, Outcome

COMPLAINED_MS: Final = DAY_MS
_PAGE_CHARS_MAX: Final = 200
_TO_MEND: Final = {
    Outcome.BLEED: "made on a device after its user had left it; kept for nobody (AT-3)",
    Outcome.CONFLICT: "an identify on a device of another user, which a client has to leave first (AT-4)",
    Outcome.APART: "came with another key than its device's, or with none; kept for nobody (AT-9)",
}

_REMARKS: Final = frozenset({"suspicious_uid"})
"""What is said of a call that nobody has to mend: an e-mail address is a fine uid."""


def complaints_of(
    bundle: Bundle, fresh: Mapping[int, Outcome], earlier: Callable[[], Iterable[Piece]]
) -> list[Complaint]:
    """The complaints about the operations of `bundle` that are in `fresh`.

    `earlier` gives stored pieces of its page; it is asked only if there is a complaint.
    """
    calls = {op.n: str(op.__struct_config__.tag) for op in bundle.operations}
    found = [(no.n, no.outcome.value, no.call, "", no.message) for no in bundle.refused if no.n in fresh]
    said = [note for note in bundle.notes if note.code not in _REMARKS]
    found += [(note.n, note.code, calls[note.n], note.name, note.message) for note in said]
    found += [
        (n, outcome.value, calls[n], "", _TO_MEND[outcome]) for n, outcome in fresh.items() if outcome in _TO_MEND
    ]
    found = [complaint for complaint in found if complaint[0] in fresh]
    if not found:
        return []
    pages = _pages(bundle, earlier())
    return [
        Complaint(bundle.received_at_ms, code, call, _page_of(pages, n), bundle.sdk, name, message)
        for n, code, call, name, message in found
    ]


def _pages(bundle: Bundle, pieces: Iterable[Piece]) -> list[tuple[int, str]]:
    """Where the page of `bundle` was from which n on, descending."""
    stored: list[Operation] = [op for piece in pieces if piece.page == bundle.page for op in piece.operations]
    return sorted(((op.n, op.url) for op in [*stored, *bundle.operations] if isinstance(op, Page)), reverse=True)


def _page_of(pages: list[tuple[int, str]], n: int) -> str:
    url = next((url for since, url in pages if since <= n), "")
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{parts.netloc}{parts.path}"[:_PAGE_CHARS_MAX]
