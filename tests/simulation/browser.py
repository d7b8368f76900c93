"""Browsers as the contract wants them, and tabs that sometimes go stale; each operation remembers whose it is.

A stint is what one device lives through, from being minted to being left. Everything done in it by tabs that read the
record is its user's in the end, if it ever gets one (ID-2); what a stale tab does on a device that was left is
nobody's.

A profile may be copied: then one device lives on in two browsers. Whose something is then is a matter of its page: what
a page did that said somebody is theirs or nobody's; what a page did that said nobody is of one of those who were ever
on the device, or nobody's.
"""

from __future__ import annotations

import copy
import json
import random
import uuid
from typing import Any, Final

BUNDLE_MAX: Final = 5


class Stint:
    """One device's life, and who turned out to be its user."""

    def __init__(self, draw: random.Random) -> None:
        self.device = minted(draw)
        self.session = minted(draw)
        self.started = 0
        self.uid: str | None = None
        self.left_at_ms: int | None = None
        self.family = [self]
        self.said: dict[str, set[str]] = {}

    def copied(self, draw: random.Random) -> Stint:
        """The same device in the copy of a profile, where it goes its own way."""
        other = copy.copy(self)
        other.session = minted(draw)
        self.family.append(other)
        return other


class Made:
    """One operation that was made: its wire form, under which ids, and whose it is to be."""

    def __init__(self, stint: Stint, page: str, operation: dict[str, Any], is_stale: bool) -> None:
        self.stint = stint
        self.page = page
        self.operation = operation
        self.is_stale = is_stale

    @property
    def owners(self) -> set[str | None]:
        """Whose operation this is, once all is over; in the millisecond of leaving it may be nobody's (AT-2)."""
        if self.is_stale:
            return {None}
        if len(self.stint.family) > 1:
            return {None} | (self.stint.said.get(self.page) or {other.uid for other in self.stint.family})
        return {self.stint.uid} | ({None} if self.operation["t"] == self.stint.left_at_ms else set())


def minted(draw: random.Random) -> str:
    """A random UUID of version 4."""
    return str(uuid.UUID(int=draw.getrandbits(128), version=4))


class Tab:
    """One page load. It keeps what it has not had answered."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.stint = browser.stint
        self.page = minted(browser.draw)
        self.n = 0
        self.unsent: list[Made] = []

    def follow(self) -> None:
        """Read the record; on another device begin another page (ID-11)."""
        if self.stint is not self.browser.stint:
            self.stint = self.browser.stint
            self.page = minted(self.browser.draw)
            self.n = 0

    def make(self, op: str, **members: Any) -> None:
        """Record an operation now, on the device this tab knows."""
        self.n += 1
        if op == "identify":
            self.stint.said.setdefault(self.page, set()).add(str(members["uid"]))
        source = f"{self.page}:{self.n}"
        operation = {"op": op, "n": self.n, "t": self.browser.now_ms(), "source": source, **members}
        self.unsent.append(Made(self.stint, self.page, operation, self.stint.left_at_ms is not None))
        self.browser.made[source] = self.unsent[-1]

    def next_bundle(self) -> tuple[bytes, list[Made]] | None:
        """The first operations of one device and page that wait, as they are sent now (QU-2)."""
        if not self.unsent:
            return None
        first = self.unsent[0]
        together = [made for made in self.unsent[:BUNDLE_MAX] if made.page == first.page]
        envelope = {
            "v": 1,
            "org": "o1",
            "device": first.stint.device,
            "session": first.stint.session,
            "page": first.page,
            "started": first.stint.started,
            "sent": self.browser.now_ms(),
            "ops": [made.operation for made in together],
        }
        return json.dumps(envelope).encode(), together

    def answered(self, together: list[Made]) -> None:
        """Forget what was acknowledged."""
        self.unsent = [made for made in self.unsent if made not in together]


class Browser:
    """A browser with several tabs, whose clock is wrong by a constant."""

    def __init__(self, draw: random.Random, world: World) -> None:
        self.draw = draw
        self.world = world
        self.skew_ms = draw.choice([0, 0, 40_000, -3_600_000, 86_400_000])
        self.made = world.made
        self.stint = self._new_stint()
        self.tabs = [Tab(self) for _ in range(draw.randint(1, 3))]

    def copied(self) -> Browser:
        """A copy of this profile on another machine, with a page of its own."""
        other = Browser(self.draw, self.world)
        other.stint = self.stint.copied(self.draw)
        other.tabs = [Tab(other)]
        return other

    def now_ms(self) -> int:
        """What this browser's clock says."""
        return self.world.now_ms + self.skew_ms

    def _new_stint(self) -> Stint:
        stint = Stint(self.draw)
        stint.started = self.now_ms()
        return stint

    def act(self) -> None:
        """Somebody does something in one of the tabs."""
        tab = self.draw.choice(self.tabs)
        does = self.draw.choice(
            ["event"] * 6 + ["stale"] * 2 + ["login"] * 2 + ["logout", "switch", "properties", "reload"]
        )
        if does == "stale":
            tab.make("event", name="x")
            return
        tab.follow()
        match does:
            case "event":
                tab.make("event", name="x")
            case "properties":
                tab.make("properties", type="user", properties={"plan": "a"})
            case "login":
                self._identify(tab, self.stint.uid or self._somebody())
            case "switch":
                self._identify(tab, self._somebody())
            case "logout" if self.stint.uid:
                self._leave(tab, "anonymize")
            case "reload":
                self.tabs.append(Tab(self))

    def _somebody(self) -> str:
        return f"user-{self.draw.randint(1, 5)}"

    def _identify(self, tab: Tab, uid: str) -> None:
        if self.stint.uid not in (None, uid):
            self._leave(tab, "reidentify")
        self.stint.uid = uid
        tab.make("identify", uid=uid)

    def _leave(self, tab: Tab, why: str) -> None:
        tab.make("end", why=why)
        self.stint.left_at_ms = self.now_ms()
        self.stint = self._new_stint()
        tab.follow()


class World:
    """The time, and every operation that was ever made, by source."""

    def __init__(self) -> None:
        self.now_ms = 1_750_000_000_000
        self.made: dict[str, Made] = {}
