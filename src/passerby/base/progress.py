"""How long work tells how far it is, to whoever shows it."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Is told what is done, how much of it is done by now, and of how much."""
Share = Callable[[int, int], None]
"""Is told how much of one thing is done, and of how much."""


def silent(_what: str, _done: int, _of: int) -> None:
    """Tells nobody."""


def share_of(progress: Progress, what: str) -> Share:
    """Tells `progress` of one thing."""
    return lambda done, of: progress(what, done, of)
