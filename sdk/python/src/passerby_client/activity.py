"""When the user was here last, and whether that ends a session (SE-1, SE-8, ST-4)."""

from __future__ import annotations

import re
from typing import Final, Literal

from passerby_client.ports import Ports
from passerby_client.record import Record, whole_second
from passerby_client.settings import Settings
from passerby_client.store import ACTIVITY, Store

AHEAD_MS_MAX: Final = 300_000
"""A time that is further ahead than this was said by a clock that has been put right since."""

_FORM: Final = re.compile(r"1\.([0-9]{1,15})")


class Activity:
    def __init__(self, ports: Ports, store: Store, settings: Settings) -> None:
        self._wall_ms = ports.wall_ms
        self._store = store
        self._settings = settings
        self._seen_ms = 0

    def forget(self) -> None:
        """What this page has seen was of another session."""
        self._seen_ms = 0

    def remove(self) -> None:
        """Storage forgets too."""
        self._store.write(ACTIVITY, None)

    def touch(self, *, is_beginning: bool, is_apart: bool) -> None:
        """Take note of activity now; storage hears of a beginning always, of the rest every `activity_write_ms`.

        A page that is apart keeps it to itself.
        """
        now_ms = self._wall_ms()
        self._seen_ms = now_ms if is_beginning else max(_believed(self._seen_ms, now_ms), now_ms)
        if is_apart:
            return
        if is_beginning:
            self._store.write(ACTIVITY, f"1.{whole_second(now_ms)}")
        elif now_ms - _believed(self._heard_ms(), now_ms) >= self._settings.activity_write_ms:
            self._store.write(ACTIVITY, f"1.{now_ms}")

    def over(self, at: Record, *, is_apart: bool) -> Literal["age", "idle"] | None:
        """Which limit of SE-1 the session of `at` has reached; of two, the one it reached first."""
        now_ms = self._wall_ms()
        heard_ms = 0 if is_apart else _believed(self._heard_ms(), now_ms)
        idle_at_ms = max(at.began_ms, _believed(self._seen_ms, now_ms), heard_ms) + self._settings.idle_ms
        age_at_ms = at.began_ms + self._settings.age_ms
        if not _believed(at.began_ms, now_ms):
            return "age"
        if now_ms < min(idle_at_ms, age_at_ms):
            return None
        return "age" if age_at_ms <= idle_at_ms else "idle"

    def _heard_ms(self) -> int:
        """When storage last heard of activity; 0: never."""
        found = _FORM.fullmatch(self._store.read(ACTIVITY) or "")
        return int(found[1]) if found else 0


def _believed(ms: int, now_ms: int) -> int:
    """A time that lies ahead by more than clocks differ counts as none (SE-8)."""
    return 0 if ms > now_ms + AHEAD_MS_MAX else ms
