"""Chance, the same on every machine and for ever: Python promises the sequence of `Random.random()` and no more."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable, Sequence
from itertools import accumulate
from random import Random
from typing import Generic, TypeVar

Kind = TypeVar("Kind")


class Table(Generic[Kind]):
    """Things with weights, to be drawn from."""

    def __init__(self, weighted: Iterable[tuple[float, Kind]]) -> None:
        rows = [(weight, one) for weight, one in weighted if weight > 0]
        self.rows = [one for _, one in rows]
        self._sums = list(accumulate(weight for weight, _ in rows))

    def at(self, roll: float) -> Kind:
        """What is at `roll`, in [0, 1)."""
        return self.rows[min(bisect(self._sums, roll * self._sums[-1]), len(self.rows) - 1)]


class Dice:
    def __init__(self, seed: int) -> None:
        self._roll = Random(seed).random

    def chance(self, share: float) -> bool:
        return self._roll() < share

    def below(self, bound: int) -> int:
        return int(self._roll() * bound)

    def between(self, least: int, most: int) -> int:
        return least + self.below(most - least + 1)

    def pick(self, those: Sequence[Kind]) -> Kind:
        return those[int(self._roll() * len(those))]

    def draw(self, table: Table[Kind]) -> Kind:
        return table.at(self._roll())
