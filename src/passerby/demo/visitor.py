"""One made-up installation of the SDK: stamps operations as a client does, and packs them into bundles."""

from __future__ import annotations

import random
from typing import Any

import msgspec

_ENCODER = msgspec.json.Encoder()


class Sent(msgspec.Struct, frozen=True):
    """A bundle's bytes, and when the service is to have received them."""

    received_at_ms: int
    body: bytes


class Visitor:
    """A browser profile or an app on one day of its life, and the operations it makes; `at_ms` is its clock.

    It keeps to the rules of the client unless a scene makes it break them: a bundle holds one device, session and
    page; an identity change mints all three anew.
    """

    def __init__(self, rng: random.Random, org: str, sdk: str, at_ms: int) -> None:
        self._rng = rng
        self._org = org
        self.sdk = sdk
        self.at_ms = at_ms
        self.sent: list[Sent] = []
        self.device = self.session = self.page = ""
        self.started_at_ms = at_ms
        self.n = 0
        self._ops: list[dict[str, Any]] = []
        self._stamps: tuple[str, str, str, int] = ("", "", "", 0)
        self.url = ""
        self.renew()

    def mint(self) -> str:
        """A random id."""
        h = f"{self._rng.getrandbits(128):032x}"
        return f"{h[:8]}-{h[8:12]}-4{h[13:16]}-8{h[17:20]}-{h[20:]}"

    def wait(self, least_s: float, most_s: float) -> None:
        """Let time pass."""
        self.at_ms += int(self._rng.uniform(least_s, most_s) * 1000)

    def renew(self) -> None:
        """Become another device, as an anonymize or a re-identify makes it."""
        self.device = self.mint()
        self.begin_session()

    def begin_session(self) -> None:
        """Begin another session and page on the device."""
        self.session = self.mint()
        self.started_at_ms = self.at_ms
        self.load()

    def load(self) -> None:
        """Load the SDK anew, as a navigation does."""
        self.page, self.n = self.mint(), 0

    def do(self, op: str, **members: Any) -> None:
        """Make an operation now, under the present identity."""
        stamps = (self.device, self.session, self.page, self.started_at_ms)
        if self._ops and stamps != self._stamps:
            self.flush()
        self._stamps = stamps
        self.n += 1
        self._ops.append({"op": op, "n": self.n, "t": self.at_ms, **members})
        if op in ("end", "identify"):
            self.flush()

    def visit(self, url: str, title: str) -> None:
        """Load a page."""
        self.load()
        self.url = url
        self.do("page", url=url, title=title)

    def flush(self) -> None:
        """Send what waits."""
        if not self._ops:
            return
        device, session, page, started = self._stamps
        sent_at_ms = self._ops[-1]["t"] + 40
        envelope = {
            "v": 1, "org": self._org, "device": device, "session": session, "page": page,
            "started": started, "sent": sent_at_ms, "sdk": self.sdk, "ops": self._ops,
        }  # fmt: skip
        latency_ms = self._rng.randrange(15, 180)
        self.sent.append(Sent(sent_at_ms + latency_ms, _ENCODER.encode(envelope)))
        self._ops = []
