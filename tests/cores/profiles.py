"""What sorts of lives pages have: how often each thing happens in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tests.cores.dice import Table


@dataclass(frozen=True, slots=True)
class Profile:
    moves: Table[str]
    wildness: float = 0.05
    """How often a value is another than an app would mean."""
    good: float = 0.7
    """How often an answer is as if nothing were wrong."""
    breaks: float = 0.05
    strays: float = 0.1
    late: float = 0.07
    """How often capture does not begin at once."""
    numbers: float = 0.05
    """How often each number is another than usual."""


_USUAL: Final = {
    "identify": 6.0,
    "anonymize": 4.0,
    "bare": 0.3,
    "relogin": 1.0,
    "call": 7.0,
    "burst": 0.15,
    "lull": 0.4,
    "long": 0.2,
    "acknowledged": 0.4,
    "bulk": 0.12,
    "activity": 1.0,
    "asked": 0.7,
    "switched": 0.3,
    "stopped": 0.4,
    "answer": 3.0,
    "answers": 0.8,
    "fail": 0.5,
    "outage": 0.08,
    "wait": 3.0,
    "jump": 0.4,
    "app": 1.5,
    "navigate": 1.5,
    "reload": 0.7,
    "record": 1.5,
    "write": 0.5,
    "stray": 0.3,
    "break": 0.4,
    "mend": 0.3,
}


def _moves(**changed: float) -> Table[str]:
    return Table((weight, move) for move, weight in {**_USUAL, **changed}.items())


_LOGIN: Final = Profile(_moves(identify=10, anonymize=8, relogin=4, stopped=1.5, switched=1, record=1, burst=0.3))
_TABS: Final = Profile(_moves(record=9, write=2, stray=1.5, reload=1.5, asked=2, app=3), strays=0.5)
_NETWORK: Final = Profile(
    _moves(
        answer=8,
        answers=2,
        fail=3,
        wait=5,
        app=3,
        write=1.5,
        reload=1.5,
        call=10,
        acknowledged=1.5,
        bulk=0.3,
        outage=0.8,
    ),
    good=0.35,
    numbers=0.15,
)
_STORAGE: Final = Profile(
    _moves(**{"break": 3, "mend": 2}, record=4, write=2, app=3, reload=1.5),
    breaks=0.6,
)
_WILD: Final = Profile(_moves(bare=3, asked=2, call=12), wildness=0.5, numbers=0.1)
_CLOCKS: Final = Profile(_moves(wait=7, jump=4, burst=0.7, lull=4, long=1.5, activity=4, asked=2), numbers=0.15)
_MIXED: Final = Profile(_moves(), wildness=0.15, strays=0.2, breaks=0.2, numbers=0.08)

PROFILES: Final = Table(
    [(2, _LOGIN), (3, _TABS), (2, _NETWORK), (2, _STORAGE), (2, _WILD), (1.5, _CLOCKS), (4, _MIXED)]
)
