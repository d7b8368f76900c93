"""The budget: how many bytes of bodies may be under way, over all connections (LI-8)."""

from __future__ import annotations

from collections import Counter


class Budget:
    """Bytes that bodies hold until their requests are answered: at most `bytes_max`, of one address what is free.

    So a single address gets half at most, and the next one finds half of the rest. Nobody, `None`, is bound by the
    whole alone.
    """

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._held: Counter[str] = Counter()
        self.used = 0

    def take(self, address: str | None, size: int) -> bool:
        """Whether `size` more bytes may be held for `address`; if so, they are counted."""
        free = self._bytes_max - self.used
        if size > free or (address is not None and self._held[address] + size > free):
            return False
        self.used += size
        if address is not None:
            self._held[address] += size
        return True

    def give(self, address: str | None, size: int) -> None:
        """What `take` counted is held no more."""
        self.used -= size
        if address is not None:
            self._held[address] -= size
            if not self._held[address]:
                del self._held[address]


class Charge:
    """What one request holds of the budget."""

    __slots__ = ("_address", "_budget", "_held", "_is_closed")

    def __init__(self, budget: Budget, address: str | None) -> None:
        self._budget = budget
        self._address = address
        self._held = 0
        self._is_closed = False

    def take(self, size: int) -> bool:
        """Whether so many bytes more may be held; always, once the request is answered: they are dropped."""
        if self._is_closed:
            return True
        taken = self._budget.take(self._address, size)
        self._held += size * taken
        return taken

    def close(self) -> None:
        """The request is answered."""
        self._is_closed = True
        if self._held:
            self._budget.give(self._address, self._held)
            self._held = 0
