"""Complaints: what an app should mend, kept for a day for its developers to see (PR-4)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final
from urllib.parse import urlsplit

from passerby.base.units import DAY_MS
from passerby.model.bundle import Bundle, Piece
from passerby.model.operation import Operation, Page, Unproved
from passerby.model.outcome import UNPROVED, Complaint, Outcome

COMPLAINED_MS: Final = DAY_MS
KINDS_MAX: Final = 64
_PAGE_CHARS_MAX: Final = 200
_TO_MEND: Final = {
    Outcome.BLEED: "made on a device after its user had left it; kept for nobody (AT-3)",
    Outcome.CONFLICT: "an identify on a device of another user, which a client has to leave first (AT-4)",
    Outcome.APART: "came with another key than its device's, or with none; kept for nobody (AT-9)",
    **UNPROVED,
}

_REMARKS: Final = frozenset({"suspicious_uid"})
"""What is said of a call that nobody has to mend: an e-mail address is a fine uid."""


def complaints_of(
    bundle: Bundle, fresh: Mapping[int, Outcome], earlier: Callable[[], Iterable[Piece]]
) -> list[Complaint]:
    """The complaints about the operations of `bundle` that are in `fresh`, those of one kind as one.

    `earlier` gives the stored pieces that tell where its page was; it is asked only if there is a complaint. There are
    at most `KINDS_MAX` and one for each code beyond, which has neither page nor name.
    """
    found = [complaint for complaint in _found(bundle, fresh) if complaint[0] in fresh]
    if not found:
        return []
    pages = _pages(bundle, earlier())
    kinds: dict[tuple[str, str, str, str], Complaint] = {}
    for n, code, call, name, message, count in found:
        kind = (code, call, _page_of(pages, n), name)
        if kind not in kinds and len(kinds) >= KINDS_MAX:
            kind = (code, call, "", "")
        known = kinds[kind].count if kind in kinds else 0
        kinds[kind] = Complaint(bundle.received_at_ms, code, call, kind[2], bundle.sdk, kind[3], message, known + count)
    return list(kinds.values())


def _found(bundle: Bundle, fresh: Mapping[int, Outcome]) -> Iterator[tuple[int, str, str, str, str, int]]:
    """n, code, call, name, message and how many, of each."""
    calls = {op.n: _call(op) for op in bundle.operations}
    for no in bundle.refused:
        yield no.n, no.outcome.value, no.call, "", no.message, 1
    for note in bundle.notes:
        if note.code not in _REMARKS:
            yield note.n, note.code, calls[note.n], note.name, note.message, note.count
    for n, outcome in fresh.items():
        if outcome in _TO_MEND:
            yield n, outcome.value, calls[n], "", _TO_MEND[outcome], 1


def _call(operation: Operation) -> str:
    return "identify" if isinstance(operation, Unproved) else str(operation.__struct_config__.tag)


def _pages(bundle: Bundle, pieces: Iterable[Piece]) -> list[tuple[int, str]]:
    """Where the page of `bundle` was from which n on, descending."""
    stored: list[Operation] = [op for piece in pieces if piece.page == bundle.page for op in piece.operations]
    found = sorted(((op.n, op.url) for op in [*stored, *bundle.operations] if isinstance(op, Page)), reverse=True)
    return [(n, _shown(url)) for n, url in found]


def _page_of(pages: list[tuple[int, str]], n: int) -> str:
    return next((url for since, url in pages if since <= n), "")


def _shown(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{parts.netloc}{parts.path}"[:_PAGE_CHARS_MAX]
