"""Worlds without end, from a seed on: says how far it is, and tells the story of each world that fails.

    script/soak [FIRST [COUNT]]

The exit code is 1 when a world failed.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from itertools import count, islice
from typing import Final

from tests.simulation.worlds import kind_of, live, report, steps_of

EVERY_S: Final = 10


def soak(first: int, number: int | None) -> bool:
    """Whether all of them were well; without `number` it ends when it is told to."""
    failed: list[int] = []
    counts: Counter[str] = Counter()
    said_at = began_at = time.monotonic()
    for done, seed in enumerate(islice(count(first), number), 1):
        try:
            _, verdict = live(seed, steps_of(seed))
            is_well = not verdict.faults
            counts.update(operations=verdict.shown, wanted=verdict.wanted, lost=verdict.lost)
        except AssertionError:
            is_well = False
        if not is_well:
            failed.append(seed)
            print(report(seed), flush=True)
        if time.monotonic() - said_at > EVERY_S:
            said_at = time.monotonic()
            print(_line(done, seed, failed, counts, said_at - began_at), flush=True)
    print(f"failed: {failed or 'none'}")
    return not failed


def _line(done: int, seed: int, failed: list[int], counts: Counter[str], took_s: float) -> str:
    lost = counts["lost"] / max(1, counts["wanted"])
    return (
        f"{took_s:7.0f} s  {done} worlds, the last was {seed} ({kind_of(seed).name}); {len(failed)} failed; "
        f"{counts['operations']} operations shown under somebody, {lost:.2%} of the names to be had lost"
    )


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:]]
    try:
        sys.exit(not soak(numbers[0] if numbers else 0, numbers[1] if len(numbers) > 1 else None))
    except KeyboardInterrupt:
        sys.exit(130)
