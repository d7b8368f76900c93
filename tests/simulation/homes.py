"""Where a browser keeps what the core gives it, as `fs.js` does it (ST-1): cookies, else local storage.

A profile is what lies on the disk: it may be copied, cleared, or told to take no cookies. Cookies of several reaches
may stand beside one another, and a page cannot tell which is which.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from typing import Final

RECORD: Final = "fs_uid"
OUTBOX: Final = "fs_out."
REACHES: Final = ("example", "app.example")
_COOKIES: Final = frozenset({RECORD, "fs_lua", "fs_cid"})
_DISOWNED: Final = "fs_end"


class Profile:
    """The cookies by name and reach, local storage, and how the site and the person have set things up."""

    def __init__(self) -> None:
        self.cookies: dict[tuple[str, str], str] = {}
        self.local: dict[str, str] = {}
        self.takes_cookies = True
        self.reach = REACHES[0]

    def copied(self) -> Profile:
        """The same in another browser, which goes its own way."""
        return copy.deepcopy(self)

    def values(self, name: str) -> list[str]:
        """What a page sees of the cookies of that name."""
        return [value for (one, _), value in self.cookies.items() if one == name and self.takes_cookies]

    def put(self, name: str, reach: str, value: str | None) -> None:
        """Set or remove (None) a cookie, where cookies are taken."""
        if not self.takes_cookies:
            return
        if value is None:
            self.cookies.pop((name, reach), None)
        else:
            self.cookies[name, reach] = value

    def remove_everywhere(self, name: str) -> None:
        """Remove a cookie at every reach."""
        for reach in REACHES:
            self.put(name, reach, None)


class Homes:
    """The storage port of one page load: the home is chosen once, when it is first needed."""

    def __init__(self, profile: Profile, hand_out: Callable[[str], None]) -> None:
        self._profile = profile
        self._hand_out = hand_out
        self._reach = profile.reach if profile.takes_cookies else None
        self._beside: list[str] = []
        self._is_trusted = False
        self._is_blocked = False

    @property
    def record(self) -> str | None:
        """The record in the home in use, looked at without taking part."""
        found = self._all(RECORD)
        return found[0] if len(found) == 1 else None

    @property
    def has_strays(self) -> bool:
        """Whether there is a record elsewhere than the one in use, or beside it."""
        elsewhere = [RECORD] if RECORD in self._profile.local else []
        in_cookies = self._profile.values(RECORD)
        return len(in_cookies) > 1 or (bool(elsewhere) and bool(in_cookies))

    def read(self, key: str) -> str | None:
        found = self._all(key)
        if len(found) == 1 and not (key == RECORD and self._is_disowned()):
            return found[0]
        if self._is_cookie(key):
            self._is_trusted = False
        if found and key == RECORD:
            self._beside += found
            self._profile.remove_everywhere(RECORD)
        return None

    def write(self, key: str, value: str | None) -> bool:
        return self._put(key, value)

    def keys(self, prefix: str) -> Iterable[str]:
        return [key for key in self._profile.local if key.startswith(prefix)]

    def strays(self) -> Iterable[str]:
        found, self._beside = self._beside, []
        if self._is_cookie(RECORD):
            elsewhere = self._profile.local.pop(RECORD, None)
            found += [elsewhere] if elsewhere else []
        else:
            found += self._profile.values(RECORD)
            self._profile.remove_everywhere(RECORD)
        for text in found:
            self._hand_out(text)
        return found

    def disown(self) -> None:
        if not self._is_cookie(RECORD):
            self._profile.local[_DISOWNED] = "1"
        elif self._is_blocked:
            self._profile.put(_DISOWNED, str(self._reach), "1")

    def _is_cookie(self, key: str) -> bool:
        return key in _COOKIES and self._reach is not None

    def _all(self, key: str) -> list[str]:
        if self._is_cookie(key):
            return self._profile.values(key)
        return [self._profile.local[key]] if key in self._profile.local else []

    def _put(self, key: str, value: str | None) -> bool:
        if not self._is_cookie(key):
            if value is None:
                self._profile.local.pop(key, None)
            else:
                self._profile.local[key] = value
            return True
        self._profile.put(key, str(self._reach), value)
        if key == RECORD and value is not None and not self._is_trusted:
            self._look_for(value)
        return key != RECORD or not self._is_blocked

    def _look_for(self, value: str) -> None:
        """Whether the record that was just written is the one that is read; at another reach it moves."""
        if len(self._profile.values(RECORD)) > 1:
            self._profile.remove_everywhere(RECORD)
            self._profile.put(RECORD, str(self._reach), value)
        self._is_trusted = self._profile.values(RECORD) == [value]
        self._is_blocked = not self._is_trusted
        if self._is_trusted and self._is_disowned_anywhere():
            self._profile.local.pop(_DISOWNED, None)
            self._profile.remove_everywhere(_DISOWNED)

    def _is_disowned_anywhere(self) -> bool:
        return _DISOWNED in self._profile.local or bool(self._profile.values(_DISOWNED))

    def _is_disowned(self) -> bool:
        return self._is_cookie(RECORD) and not self._is_trusted and self._is_disowned_anywhere()
