"""Whether what is stored is as the rules say: for `passerby check`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from passerby.lifecycle.invariants import violations
from passerby.store.contract import Reader

_AT_ONCE = 1000


def contradictions(reader: Reader, progress: Callable[[int], None]) -> Counter[str]:
    """Each way in which a stored operation breaks a rule, and how often. `progress` is told how many more were read."""
    found: Counter[str] = Counter()
    for org in reader.orgs():
        row = 0
        while pieces := reader.pieces_after(org, row, _AT_ONCE):
            for piece in pieces:
                found.update(violations(reader.device(org, piece.device), [piece]))
            row = pieces[-1].row
            progress(len(pieces))
    return found
