"""fs.js, the Python client and the service are of one mind about every uid (ID-9)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import passerby_client.placeholder
import passerby_client.uid
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import passerby.wire.limits
import passerby.wire.placeholder
import passerby.wire.uid
from tests.clients import uids
from tests.clients.uids import ROOT, SPEC, Word, written

CASES: dict[str, list[Any]] = SPEC["cases"]
PATTERNS = [row[0] for part in ("whole", "anywhere", "suspicious") for row in SPEC[part]]
WRAPPING = [
    chr(point)
    for row in SPEC["wrapping"]
    for low, high in [(row[0].split("-") * 2)[:2]]
    for point in range(int(low, 16), int(high, 16) + 1)
]

BROKEN = [tuple(int(end, 16) for end in (row[0].split("-") * 2)[:2]) for row in SPEC["broken"]]
TOLD = [(kind, written(case)) for kind in ("invalid", "placeholder", "suspicious", "accepted") for case in CASES[kind]]
TOLD += [(kind, case) for kind in ("invalid", "suspicious") for case in CASES[f"{kind}_json"]]

pieces = st.sampled_from(
    [*WRAPPING, *"-./0_ax1@", "\u0130", "\u017f", "\u212a", "\u00b5", "\u03bc", "\ud83d", "\ufffd", "\U0001f4a9"]
    + [text for kind in ("placeholder", "suspicious", "accepted") for text in CASES[kind] if isinstance(text, str)]
)
texts = st.text(st.characters(codec=None), max_size=12) | st.lists(pieces, max_size=5).map("".join)
numbers = st.integers() | st.integers(-(2**54), 2**54) | st.floats(allow_nan=False, allow_infinity=False)


@pytest.fixture(scope="module")
def browser() -> Iterator[Callable[[str], Word]]:
    if not (ROOT / "sdk/js/node_modules").is_dir():
        pytest.skip("the npm workspace is not set up: script/setup sdk")
    with uids.browser() as ask:
        yield ask


@pytest.mark.parametrize(("kind", "text"), TOLD)
def test_a_uid_is_what_the_list_says(browser: Callable[[str], Word], kind: str, text: str) -> None:
    assert browser(text)[0] == uids.client(text)[0] == uids.service(text)[0] == kind


@pytest.mark.parametrize("text", [written(case) for case in CASES["accepted"] + CASES["suspicious"]])
def test_what_is_accepted_is_kept_as_it_was_given(browser: Callable[[str], Word], text: str) -> None:
    assert browser(text)[1] == uids.client(text)[1] == uids.service(text)[1] == json.loads(text)


@pytest.mark.parametrize(("text", "uid"), CASES["printed"])
def test_a_number_is_the_text_that_ecmascript_prints(browser: Callable[[str], Word], text: str, uid: str) -> None:
    assert browser(text)[1] == uids.client(text)[1] == uids.service(text)[1] == uid


@settings(max_examples=1500, deadline=None)
@given(texts)
def test_they_agree_about_any_text(browser: Callable[[str], Word], text: str) -> None:
    asked = json.dumps(text)
    assert browser(asked) == uids.client(asked) == uids.service(asked)


@settings(max_examples=500, deadline=None)
@given(numbers)
def test_they_agree_about_any_number(browser: Callable[[str], Word], number: float) -> None:
    asked = json.dumps(number)
    assert browser(asked) == uids.client(asked) == uids.service(asked)


@pytest.mark.slow
def test_they_agree_about_every_character_of_the_basic_plane(browser: Callable[[str], Word]) -> None:
    around = [f"{chr(point)}null{chr(point)}" for point in range(0x10000)]
    for text in (*map(chr, range(0x10000)), *around):
        asked = json.dumps(text)
        assert browser(asked) == uids.client(asked) == uids.service(asked), asked


@pytest.mark.parametrize("module", [passerby.wire.placeholder, passerby_client.placeholder])
def test_the_patterns_in_python_are_those_of_the_list(module: ModuleType) -> None:
    kept = [*module.WHOLE, *module.ANYWHERE, *module.SUSPICIOUS]
    assert kept == PATTERNS
    assert [chr(n) for n in range(0x10000) if re.fullmatch(f"[{module.WRAPPING}]", chr(n))] == WRAPPING


def test_the_bounds_in_python_are_those_of_the_list() -> None:
    assert {passerby.wire.limits.UID_CHARS_MAX, passerby_client.uid.UID_CHARS_MAX} == {SPEC["chars_max"]}
    assert {passerby.wire.uid.NUMBER_MAX, passerby_client.uid.NUMBER_MAX} == {SPEC["number_max"]}
    lost = {chr(n) for low, high in BROKEN for n in range(low, high + 1)}
    for module in (passerby.wire.placeholder, passerby_client.placeholder):
        assert {chr(n) for n in range(0x10000) if re.fullmatch(f"[{module.BROKEN}]", chr(n))} == lost


def test_the_two_modules_in_python_are_the_same() -> None:
    service, client = (Path(str(m.__file__)) for m in (passerby.wire.placeholder, passerby_client.placeholder))
    assert service.read_text() == client.read_text()


def test_the_patterns_in_the_browser_are_those_of_the_list() -> None:
    source = (ROOT / "sdk/js/core/src/placeholder.ts").read_text().replace(r"\/", "/")
    for part in ("whole", "anywhere", "suspicious"):
        joined = "|".join(row[0] for row in SPEC[part])
        assert f"({joined})" in source or f"|{joined}/i" in source, part


@pytest.mark.parametrize("pattern", PATTERNS)
def test_no_pattern_is_there_without_a_case(pattern: str) -> None:
    cases = [case for kind in ("placeholder", "suspicious") for case in CASES[kind]]
    around = "".join(map(re.escape, WRAPPING))
    wanted = re.compile(f"[{around}]*(?:{pattern})[{around}]*", re.ASCII | re.IGNORECASE)
    assert any(wanted.search(case) for case in cases)
