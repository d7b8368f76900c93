"""Each target with bytes that Hypothesis draws, from seeds and from nothing; `script/soak fuzz` goes on from there."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from passerby.wire.decode import decode
from tests.attacks.malformed import STRANGE
from tests.fuzz.seeds import SEEDS
from tests.fuzz.targets import NOW_MS, TARGETS

EXAMPLES = 300
_CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["set", "cut", "insert", "remove", "repeat"]), st.integers(0, 4000), st.binary(max_size=12)
    ),
    max_size=5,
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(STRANGE),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
_UUIDS = st.uuids(version=4).map(str)
_OPERATIONS = st.fixed_dictionaries(
    {
        "op": st.sampled_from(["page", "event", "identify", "properties", "consent", "log", "end"]),
        "n": st.integers(0, 9),
    },
    optional={
        **dict.fromkeys(("name", "uid", "properties", "schema", "type", "why", "url", "level", "message"), _JSON),
        "sig": _JSON,
        "t": st.integers(1_749_999_000_000, 1_750_000_900_000) | _JSON,
    },
)
_BUNDLES = st.fixed_dictionaries(
    {"v": st.just(1), "org": st.just("o1"), "device": _UUIDS, "session": _UUIDS, "page": _UUIDS,
     "started": st.just(1_750_000_000_000), "sent": st.just(1_750_000_000_000),
     "ops": st.lists(_OPERATIONS, max_size=6)},
    optional={"sdk": st.text(max_size=70), "key": st.text("0123456789abcdef", min_size=32, max_size=32), "x": _JSON},
)  # fmt: skip


def changed(seed: bytes, changes: list[tuple[str, int, bytes]]) -> bytes:
    """A seed after these changes."""
    hurt = bytearray(seed)
    for kind, place, given_ in changes:
        at = place % (len(hurt) + 1)
        match kind:
            case "set":
                hurt[at : at + len(given_)] = given_
            case "cut":
                del hurt[at:]
            case "insert":
                hurt[at:at] = given_
            case "remove":
                del hurt[at : at + 1 + len(given_)]
            case _:
                hurt[at:at] = hurt[at : at + 60] * 3
    return bytes(hurt)


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_a_seed_that_was_changed_does_no_harm(target: str) -> None:
    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None)
    @given(st.sampled_from(SEEDS[target]), _CHANGES)
    def harmless(seed: bytes, changes: list[tuple[str, int, bytes]]) -> None:
        TARGETS[target](changed(seed, changes))

    harmless()


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_any_bytes_do_no_harm(target: str) -> None:
    @settings(max_examples=EXAMPLES, deadline=None, database=None)
    @given(st.binary(max_size=300) | st.text(max_size=100).map(lambda text: text.encode("utf-8", "surrogatepass")))
    def harmless(data: bytes) -> None:
        TARGETS[target](data)

    harmless()


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None)
@given(_BUNDLES)
@example({"v": 1, "ops": [{"op": "consent", "n": 1, "t": 0, "granted": 10**400}]})
def test_a_bundle_of_odd_members_does_no_harm(bundle: dict[str, Any]) -> None:
    TARGETS["decoding"](json.dumps(bundle).encode())


@pytest.mark.parametrize("number", ["1e400", "-1e400", "1" * 5000, "-" + "9" * 400, "0." + "1" * 5000, "1e-99999"])
@pytest.mark.parametrize(
    "operation",
    [
        '{"op":"consent","n":2,"t":1750000000000,"granted":%s}',
        '{"op":"event","n":%s,"t":1750000000000,"name":"a"}',
        '{"op":"event","n":2,"t":%s,"name":"a"}',
        '{"op":"event","n":2,"t":1750000000000,"name":"a","properties":{"a":%s}}',
        '{"op":"identify","n":2,"t":1750000000000,"uid":%s}',
        '{"op":"identify","n":2,"t":1750000000000,"uid":[%s]}',
        '{"op":"event","n":2,"t":1750000000000,"name":"a","unknown":{"a":[%s]}}',
    ],
)
def test_a_number_beyond_bounds_costs_the_operation_beside_it_nothing(number: str, operation: str) -> None:
    body = json.dumps({
        "v": 1, "org": "o1", "device": "d0000001-0000-4000-8000-000000000000",
        "session": "50000001-0000-4000-8000-000000000000", "page": "a0000001-0000-4000-8000-000000000000",
        "started": NOW_MS, "sent": NOW_MS, "ops": [{"op": "event", "n": 1, "t": NOW_MS, "name": "before"}, "here"],
    })  # fmt: skip
    bundle = decode(body.replace('"here"', operation % number).encode(), "", NOW_MS)
    assert bundle.operations[0].n == 1
    assert len(bundle.operations) + len(bundle.refused) == 2


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_every_target_has_seeds(target: str) -> None:
    for seed in SEEDS[target]:
        TARGETS[target](seed)
    assert SEEDS[target]
