"""Worlds in which clients do anything: strategies for bundles that contradict themselves and one another.

Few devices, pages, uids and instants, so that they meet: pages with another's session, ties to the millisecond, clocks
that differ, ends that come late, uids that a device does not have.
"""

from __future__ import annotations

import json
from typing import Any, Final

import msgspec
from hypothesis import strategies as st

from passerby.base.ids import OrgId
from passerby.model.bundle import Bundle
from passerby.model.org import Org
from passerby.wire.decode import decode

ORG: Final = Org(OrgId("o1"), bytes(32))
UIDS: Final = ("ann", "bob", "cy")
DEVICES: Final = tuple(f"d{i:07d}-0000-4000-8000-000000000000" for i in range(3))
SESSIONS: Final = tuple(f"5e{i:06d}-0000-4000-8000-000000000000" for i in range(4))
PAGES: Final = tuple(f"9a{i:06d}-0000-4000-8000-000000000000" for i in range(6))
SPAN_MS: Final = 400_000


class Delivery(msgspec.Struct, frozen=True):
    """A body and when it arrives."""

    body: bytes
    received_at_ms: int

    @property
    def bundle(self) -> Bundle:
        """The body, decoded."""
        return decode(self.body, "", self.received_at_ms)


_instants = st.integers(0, 8).map(lambda step: step * (SPAN_MS // 8))
_properties = st.dictionaries(
    st.sampled_from(["plan", "displayName", "email"]), st.sampled_from(["a", "b"]), max_size=2
)

_sig = st.sampled_from([{}, {}, {}, {"sig": "none"}])


def _operation(draw: st.DrawFn, n: int) -> dict[str, Any]:
    common = {"n": n, "t": draw(_instants)}
    match draw(st.sampled_from(["event", "event", "page", "identify", "identify", "end", "properties", "wave"])):
        case "event":
            return {"op": "event", "name": "x", **common}
        case "page":
            return {"op": "page", "url": "https://a.example/", **common}
        case "identify":
            return {
                "op": "identify",
                "uid": draw(st.sampled_from(UIDS)),
                "properties": draw(_properties),
                **common,
                **draw(_sig),
            }
        case "end":
            return {
                "op": "end",
                "why": draw(st.sampled_from(["anonymize", "reidentify", "forget", "lost", "shutdown"])),
                **common,
            }
        case "properties":
            return {"op": "properties", "type": "user", "properties": draw(_properties), **common}
        case unknown:
            return {"op": unknown, **common}


@st.composite
def deliveries(draw: st.DrawFn) -> Delivery:
    """One bundle of a client that may do anything."""
    page = draw(st.integers(0, len(PAGES) - 1))
    first = draw(st.integers(1, 6))
    sent = draw(st.sampled_from([SPAN_MS - 300_000, SPAN_MS, SPAN_MS + 90_000]))
    envelope = {
        "v": 1,
        "org": ORG.id,
        "device": DEVICES[draw(st.sampled_from([page % 3, page % 3, page % 3, (page + 1) % 3]))],
        "session": SESSIONS[draw(st.sampled_from([page % 3, page % 3, 3]))],
        "page": PAGES[page],
        "started": 0,
        "sent": sent,
        "ops": [_operation(draw, n) for n in range(first, first + draw(st.integers(1, 4)))],
    }
    key = draw(st.sampled_from([None, None, None, "a" * 32, "b" * 32]))
    if key is not None:
        envelope["key"] = key
    return Delivery(json.dumps(envelope).encode(), sent + draw(st.sampled_from([0, 60_000, 60_001, 1_000_000])))
