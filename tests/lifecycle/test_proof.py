"""A signature proves one uid to one org until its expiry, and nothing else does (WI-11)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from passerby.base.ids import OrgId
from passerby.lifecycle.proof import AHEAD_MS_MAX, LEEWAY_MS, fault_of, signed
from passerby.model.outcome import Outcome

ORG = OrgId("o1")
KEY, OTHER = b"k" * 32, b"o" * 32
NOW_S = 1_750_000_000
_uids = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


@given(_uids, _uids)
def test_it_proves_its_own_uid_and_no_other(uid: str, other: str) -> None:
    signature = signed(KEY, ORG, uid, str(NOW_S))
    assert fault_of(signature, ORG, uid, [OTHER, KEY], NOW_S * 1000) is None
    assert (fault_of(signature, ORG, other, [KEY], NOW_S * 1000) is None) == (uid == other)
    assert fault_of(signature, ORG, uid, [OTHER], NOW_S * 1000) is Outcome.BAD_SIGNATURE
    assert fault_of(signature, ORG, uid, [], NOW_S * 1000) is Outcome.BAD_SIGNATURE


@given(st.integers(0, 57), st.characters(exclude_categories=["Cs"]))
def test_any_other_character_in_it_proves_nothing(place: int, character: str) -> None:
    signature = signed(KEY, ORG, "ann", str(NOW_S))
    place %= len(signature)
    changed = signature[:place] + character + signature[place + 1 :]
    assert (fault_of(changed, ORG, "ann", [KEY], NOW_S * 1000) is None) == (changed == signature)


@given(st.text(max_size=300))
def test_any_text_is_judged(text: str) -> None:
    assert fault_of(text, ORG, "ann", [KEY], NOW_S * 1000) is Outcome.BAD_SIGNATURE


def test_its_expiry_is_the_servers_to_judge() -> None:
    signature = signed(KEY, ORG, "ann", str(NOW_S))
    last_ms = NOW_S * 1000 + LEEWAY_MS
    assert fault_of(signature, ORG, "ann", [KEY], last_ms) is None
    assert fault_of(signature, ORG, "ann", [KEY], last_ms + 1) is Outcome.EXPIRED_SIGNATURE
    assert fault_of(signature, ORG, "ann", [OTHER], last_ms + 1) is Outcome.BAD_SIGNATURE
    assert fault_of(signature, ORG, "ann", [KEY], NOW_S * 1000 - AHEAD_MS_MAX) is None
    assert fault_of(signature, ORG, "ann", [KEY], NOW_S * 1000 - AHEAD_MS_MAX - 1) is Outcome.BAD_SIGNATURE
