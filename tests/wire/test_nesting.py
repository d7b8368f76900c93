"""What goes in nested comes out nested (PR-1.4)."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any, Final

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from passerby.model.operation import Event
from passerby.model.properties import Products, Property
from passerby.wire.limits import PROPERTIES_BYTES_MAX
from passerby.wire.nesting import PARTS_MAX, nested, shown_bytes, spread_bytes
from passerby.wire.properties import Typed, typed_properties

_NAMES: Final = st.from_regex(r"[A-Za-z][A-Za-z0-9_-]{0,4}", fullmatch=True)
_FLOATS: Final = st.floats(allow_nan=False, allow_infinity=False)
_SCALARS: Final = st.text(max_size=9) | st.booleans() | _FLOATS
_LISTS: Final = st.one_of(st.lists(of, min_size=1, max_size=3) for of in (st.text(max_size=9), st.booleans(), _FLOATS))


def _objects(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """JSON objects of which the rules take everything: nothing in them is empty."""
    members = st.recursive(leaves, lambda inner: st.dictionaries(_NAMES, inner, min_size=1, max_size=4), max_leaves=12)
    return st.dictionaries(_NAMES, members, min_size=1, max_size=6)


def typed(given_so: Any, *, products: bool = False) -> Typed:
    return typed_properties(msgspec.Raw(json.dumps(given_so).encode()), msgspec.Raw(), products=products)


def back(found: Typed) -> Any:
    return json.loads(msgspec.json.encode(nested(found.properties, found.products)))


@given(_objects(_SCALARS | _LISTS))
@example({"a": {"b": {"c": 1.0}}, "ab": {"b": 1.0}})
def test_any_object_that_the_rules_take_comes_back_as_it_was_given(given_so: dict[str, Any]) -> None:
    found = typed(given_so)
    assert found.complaints == []
    assert back(found) == given_so


@given(st.lists(_objects(_FLOATS), min_size=1, max_size=6))
def test_any_products_come_back_as_they_were_given(products: list[dict[str, Any]]) -> None:
    given_so = {"products": products, "total": 1.0}
    found = typed(given_so, products=True)
    assert found.complaints == []
    assert back(found) == given_so


@given(st.data(), st.lists(st.lists(st.sampled_from("abc"), min_size=1, max_size=4).map(".".join), unique=True))
def test_what_came_first_does_not_count(data: st.DataObject, names: list[str]) -> None:
    found = [Property(name, "str", name) for name in names]
    once, again = nested(found), nested(data.draw(st.permutations(found)))
    assert json.loads(msgspec.json.encode(once)) == json.loads(msgspec.json.encode(again))
    assert sorted(_leaves(json.loads(msgspec.json.encode(once)))) == sorted(names)


def _leaves(value: Any) -> list[str]:
    return [leaf for member in value.values() for leaf in _leaves(member)] if isinstance(value, dict) else [value]


@pytest.mark.parametrize(
    "products",
    [Products(3), Products(2, {"products.sku": [0]}), Products(0)],
)
def test_columns_that_do_not_fit_what_is_said_of_them_are_shown_as_they_are(products: Products) -> None:
    found = nested([Property("products.sku", "strs", ["a", "b"])], products)
    assert json.loads(msgspec.json.encode(found)) == {"products": {"sku": ["a", "b"]}}


def test_what_is_deep_takes_no_more_memory_than_its_bytes() -> None:
    many = [Property(".".join([f"n{n}", *"abcdefghijklmnopqrstuvwxyzabcd"]), "real", 1.0) for n in range(500)]
    assert len(many[0].name.split(".")) < PARTS_MAX
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    kept = [nested(many) for _ in range(20)]
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (after - before) / len(kept) < 4 * len(msgspec.json.encode(kept[0]))


def test_products_are_counted_as_large_as_they_are_shown() -> None:
    name = "n" * 500
    found = typed({"products": [{name: 1}] * (PROPERTIES_BYTES_MAX // 510)}, products=True)
    event = Event(n=1, t=1, at=1, name="Order Completed", properties=found.properties, products=found.products)
    shown = len(msgspec.json.encode(nested(found.properties, found.products)))
    assert shown > 100 * len(msgspec.json.encode(event))
    assert shown <= shown_bytes([event]) < 1.1 * shown
    assert spread_bytes(msgspec.structs.replace(event, products=None)) == 0
