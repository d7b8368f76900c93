"""The order of arrival does not show in who has what (AT-2), and what they have is what the rules say, page by page.

The oracle below is written straight from spec/attribution.md and shares nothing with the service: it sees all that was
made at once, in plain tuples, and knows no lanes, no lists and no store.
"""

from __future__ import annotations

import functools
import json
from typing import Any, Final

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from passerby.base.errors import Refusal
from passerby.ingest.recording import record
from passerby.lifecycle.invariants import violations
from passerby.model.device import FACTS_MAX
from passerby.store.memory import MemoryStore
from passerby.wire.decode import decode
from tests.deliveries import DEVICES, ORG, PAGES, SESSIONS, UIDS, Delivery, deliveries

SENT: Final = 1_000_000
UNKNOWN: Final = "?"
CLOCKS: Final = (0, 0, 0, 60_000, 400_000)
"""How late bundles come: under one clock up to a minute, and under another."""


class Sent(msgspec.Struct, frozen=True):
    """An envelope and when it arrives."""

    envelope: dict[str, Any]
    received_at_ms: int


class Op(msgspec.Struct, frozen=True):
    """An operation as the oracle sees it."""

    page: str
    n: int
    t: int
    received_at_ms: int
    kind: str
    uid: str | None  # UNKNOWN: a claim that nothing proves (AT-10)

    @property
    def at(self) -> int:
        return self.t + self.received_at_ms - SENT

    def before(self, other: Op) -> bool:
        """AT-2."""
        if self.page == other.page:
            return self.n < other.n
        if abs(self.received_at_ms - other.received_at_ms) <= 60_000:
            return self.t < other.t
        return self.at < other.at

    def in_time(self, end: Op) -> bool:
        """AT-2: a tie with an end is after it, but for an identify and the end itself."""
        return not end.before(self) if self.kind == "identify" or self == end else self.before(end)


@st.composite
def visits(
    draw: st.DrawFn, ties: bool, uids: tuple[str, ...] = ("ann",), clocks: bool = False, unproved: bool = False
) -> list[Sent]:
    """The bundles of one device with three tabs, on which these uids come and go.

    With `ties` the tabs may do things in the same millisecond, with `clocks` under clocks that differ.
    """
    bundles = []
    kinds = [{"op": "event", "name": "x"}, {"op": "event", "name": "x"}, {"op": "end", "why": "anonymize"}]
    kinds += [{"op": "identify", "uid": uid} for uid in uids]
    kinds += [{"op": "identify", "uid": uid, "sig": "none"} for uid in uids[:1] if unproved]
    for page in range(3):
        moments = sorted(draw(st.lists(st.integers(0, 9), min_size=1, max_size=6)))
        made = []
        for n, moment in enumerate(moments, 1):
            operation = draw(st.sampled_from(kinds))
            made.append({**operation, "n": n, "t": moment * 1000 + (0 if ties else page), "source": f"{page}/{n}"})
        while made:
            size = draw(st.integers(1, len(made)))
            envelope = {
                "v": 1, "org": ORG.id, "device": DEVICES[0], "session": SESSIONS[0], "page": PAGES[page],
                "started": 0, "sent": SENT, "ops": made[:size],
            }  # fmt: skip
            late = draw(st.sampled_from(CLOCKS)) if clocks else 0
            bundles.append(Sent(envelope, SENT + late + len(bundles)))
            made = made[size:]
    return bundles


def owners(bundles: list[Sent]) -> dict[str, str | None]:
    """Whose each operation is, when the bundles were taken in in this order."""
    store = MemoryStore()
    store.submit(lambda transaction: transaction.add_org(ORG)).result()
    for sent in bundles:
        bundle = decode(json.dumps(sent.envelope).encode(), "", sent.received_at_ms)
        store.submit(functools.partial(record, bundle=bundle)).result()
    with store.read() as reader:
        pieces = reader.pieces_after(ORG.id, 0, 1000)
        bindings = {piece.device: reader.device(ORG.id, piece.device).binding for piece in pieces}
        return {
            str(operation.source): binding.uid if (binding := bindings[piece.device]) else None
            for piece in pieces
            for operation in piece.operations
        }


class Oracle:
    """Whose each operation of one device is, by the rules."""

    def __init__(self, bundles: list[Sent]) -> None:
        self.ops = [
            Op(
                sent.envelope["page"],
                op["n"],
                op["t"],
                sent.received_at_ms,
                op["op"],
                UNKNOWN if "sig" in op else op.get("uid"),
            )
            for sent in bundles
            for op in sent.envelope["ops"]
        ]
        self.ends = [op for op in self.ops if op.kind == "end"]
        claims = [op for op in self.ops if op.kind == "identify"]
        early = [claim for claim in claims if all(claim.in_time(end) for end in self.ends)]
        first = min(
            (claim for claim in early if claim.uid != UNKNOWN),
            key=lambda op: (op.received_at_ms, op.at, op.t, op.page, op.n),
            default=None,
        )
        self.owner = first.uid if first else None
        self.others = [claim for claim in early if claim.uid != self.owner]

    def owners(self) -> dict[str, str | None]:
        """By source."""
        found = {f"{PAGES.index(op.page)}/{op.n}": self.whose(op) for op in self.ops}
        return {name: None if uid == UNKNOWN else uid for name, uid in found.items()}

    def whose(self, op: Op) -> str | None:
        mine = sorted((one for one in self.ops if one.page == op.page), key=lambda one: one.n)
        told = self._told(op, mine)
        behind = next((one for one in mine if one.n > op.n and one.kind == "identify"), None)
        reached = behind if behind is not None and self._reaches_back(op, behind, mine) else None
        if told is not None and told.uid == UNKNOWN:
            return None
        if told is not None:
            if not self._is_let_go(told, op):
                return told.uid
            if reached is None or reached.uid != told.uid:
                return None
        if reached is not None:
            return None if self._is_let_go(reached, op) else reached.uid
        if not all(op.in_time(end) for end in self.ends):
            return None
        own_end = behind is not None and any(one.kind == "end" and op.n <= one.n < behind.n for one in mine)
        if behind is not None and not own_end and behind.uid != self.owner:
            return None
        return self.owner if all(op.before(other) for other in self.others) else None

    def _told(self, op: Op, mine: list[Op]) -> Op | None:
        """The latest claim of the page by then, if no end of the page lies between."""
        for one in reversed([one for one in mine if one.n <= op.n]):
            if one.kind == "identify":
                return one
            if one.kind == "end" and one.n < op.n:
                return None
        return None

    def _reaches_back(self, op: Op, claim: Op, mine: list[Op]) -> bool:
        if any(one.kind == "end" and op.n <= one.n < claim.n for one in mine):
            return False
        return not any(op.in_time(end) and end.before(claim) for end in self.ends)

    def _is_let_go(self, claim: Op, op: Op) -> bool:
        for end in self.ends:
            told = self._told(end, sorted((one for one in self.ops if one.page == end.page), key=lambda one: one.n))
            applies = told is None or told.uid in (UNKNOWN, claim.uid)
            if applies and claim.in_time(end) and not op.in_time(end):
                return True
        return False


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_any_order_of_arrival_gives_everyone_the_same_and_it_is_what_the_rules_say(data: st.DataObject) -> None:
    bundles = data.draw(visits(ties=data.draw(st.booleans()), uids=UIDS, clocks=data.draw(st.booleans())))
    wanted = Oracle(bundles).owners()
    assert owners(bundles) == wanted
    assert owners(data.draw(st.permutations(bundles))) == wanted


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_claims_without_proof_are_nobodys_in_any_order(data: st.DataObject) -> None:
    uids = data.draw(st.sampled_from([UIDS, UIDS[:1]]))
    bundles = data.draw(
        visits(ties=data.draw(st.booleans()), uids=uids, clocks=data.draw(st.booleans()), unproved=True)
    )
    wanted = Oracle(bundles).owners()
    assert owners(bundles) == wanted
    assert owners(data.draw(st.permutations(bundles))) == wanted


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_of_one_user_too(data: st.DataObject) -> None:
    bundles = data.draw(visits(ties=data.draw(st.booleans()), clocks=data.draw(st.booleans())))
    assert owners(data.draw(st.permutations(bundles))) == Oracle(bundles).owners()


def many_logouts() -> Sent:
    """So many logouts of one page that no summary lists what comes after them (AT-4.3)."""
    made: list[dict[str, Any]] = []
    for n in range(1, 2 * FACTS_MAX + 1, 2):
        made.append({"op": "identify", "uid": "zoe", "n": n, "t": n, "source": f"3/{n}"})
        made.append({"op": "end", "why": "anonymize", "n": n + 1, "t": n + 1, "source": f"3/{n + 1}"})
    envelope = {
        "v": 1, "org": ORG.id, "device": DEVICES[0], "session": SESSIONS[0], "page": PAGES[3],
        "started": 0, "sent": SENT, "ops": made,
    }  # fmt: skip
    return Sent(envelope, SENT)


def apart(bundles: list[Sent], step_ms: int) -> list[Sent]:
    """`bundles`, now with that much between the moments at which something is done."""
    for sent in bundles:
        for op in sent.envelope["ops"]:
            op["t"] = 1000 + op["t"] // 1000 * step_ms + op["t"] % 1000
    return bundles


@settings(max_examples=600, deadline=None)
@given(st.data())
def test_after_many_logouts_too_where_only_the_pages_that_one_concerns_move(data: st.DataObject) -> None:
    some = data.draw(visits(ties=data.draw(st.booleans()), uids=("ann", "bob"), clocks=data.draw(st.booleans())))
    some = apart(some, data.draw(st.sampled_from([1000, 100_000])))
    prelude = many_logouts()
    wanted = Oracle([prelude, *some]).owners()
    assert owners([prelude, *some]) == wanted
    assert owners([prelude, *data.draw(st.permutations(some))]) == wanted


@settings(max_examples=200, deadline=None)
@given(visits(ties=True, uids=UIDS))
def test_nobody_has_what_no_page_of_theirs_and_no_silent_page_did(bundles: list[Sent]) -> None:
    """The rule above the rules."""
    found = owners(bundles)
    for sent in bundles:
        page = [op for one in bundles if one.envelope["page"] == sent.envelope["page"] for op in one.envelope["ops"]]
        said = {op["uid"] for op in page if op["op"] == "identify"}
        ever = {op["uid"] for one in bundles for op in one.envelope["ops"] if op["op"] == "identify"}
        for op in sent.envelope["ops"]:
            uid = found[op["source"]]
            assert uid is None or uid in said or (not said and uid in ever) or said <= ever


@settings(max_examples=300, deadline=None)
@given(st.lists(deliveries(), max_size=10))
def test_whatever_arrives_the_rules_hold_and_settling_ends(arriving: list[Delivery]) -> None:
    store = MemoryStore()
    store.submit(lambda transaction: transaction.add_org(ORG)).result()
    for delivery in arriving:
        error = store.submit(functools.partial(record, bundle=delivery.bundle)).exception()
        assert error is None or isinstance(error, Refusal)
    with store.read() as reader:
        for device in {piece.device for piece in reader.pieces_after(ORG.id, 0, 1000)}:
            mine = reader.pieces_of_device(ORG.id, device)
            assert list(violations(reader.device(ORG.id, device), mine)) == []
