"""The cores do the same, whatever happens: same identities, operations, requests, writes, notes and timers.

The vectors say what is right. This says only that cores do not differ, where no vector looks; `script/soak cores` runs
more.
"""

from __future__ import annotations

import json
import shlex
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from passerby_client import codes

from sdk.python.tests.faults import acting, delivery, identity, waiting
from tests.cores.compare import Comparison, kind, shown
from tests.cores.dice import Dice
from tests.cores.outcomes import difference
from tests.cores.running import JS, Command, Here, js_core
from tests.cores.scripts import script, scripts
from tests.faults.planting import planted

SEEDS: Final = {0: 1000, 1_000_000: 500}
PYTHON: Final = Path(__file__).parents[2] / "sdk" / "python" / "src" / "passerby_client"
RUNNER: Final = "sdk.python.tests.runner"
CORE: Final = ("passerby_client", RUNNER, "sdk.python.tests.world")
FAULTS: Final = {fault.name: fault for fault in identity.FAULTS + acting.FAULTS + waiting.FAULTS + delivery.FAULTS}
FILES: Final = (
    *("acknowledgements", "activity", "address", "calls", "codes", "identity", "json_text", "limits", "machine"),
    *("page_names", "placeholder", "ports", "presence", "properties", "queue", "record", "recorder", "remains"),
    *("settings", "standing", "store", "uid"),
)

Outcome = dict[str, Any]


@pytest.fixture(scope="module")
def javascript(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Command]:
    with Command(js_core(tmp_path_factory.mktemp("cores"))) as core:
        yield core


@pytest.mark.parametrize("first", SEEDS)
def test_the_cores_do_the_same(javascript: Command, first: int) -> None:
    comparison = Comparison(Here(), [javascript])
    for seed in range(first, first + SEEDS[first], 25):
        for found in comparison.search(range(seed, seed + 25)):
            small, last = comparison.smallest(script(found.seed), found.core)
            pytest.fail(shown(small, last, found.seed, ("python", "js")))


@pytest.mark.parametrize("name", ["idle is a millisecond late", "a released device is taken up again"])
def test_a_difference_is_found_and_made_small(name: str) -> None:
    sound = Here()
    with planted(FAULTS[name], RUNNER, CORE) as runner:
        comparison = Comparison(sound, [Here(runner.Run, "faulty")])
        found = next(one for seed in range(0, 2000, 25) for one in comparison.search(range(seed, seed + 25)))
        small, last = comparison.smallest(script(found.seed), found.core)
    assert len(small["steps"]) <= 6
    assert last.step == len(small["steps"]) - 1
    assert kind(small, last) == found.kind


@pytest.mark.parametrize("program", ["pass", "print(input()[:9])", "print('[1]')", "input(); print('[]')"])
def test_a_core_that_gives_no_outcomes_differs(program: str) -> None:
    with Command(shlex.join([sys.executable, "-c", program])) as other:
        found = Comparison(Here(), [other]).differences([script(0), script(1)])
    assert [(at, one.member) for at, _, one in found] == [(0, "escaped"), (1, "escaped")]


@pytest.fixture(scope="module")
def reached() -> Counter[str]:
    """What comes of scripts in the Python core, and how often."""
    counts: Counter[str] = Counter()
    core = Here()
    for one in scripts(2_000_000, 600):
        core.take([json.dumps(one)])
        for outcome in json.loads(core.give()[0]):
            counts.update(_reached_by(outcome))
    return counts


def _reached_by(outcome: Outcome) -> Iterator[str]:
    yield f"capture {outcome['state']['capture']}"
    yield from (f"note {note.partition(':')[0]}" for note in outcome["notes"])
    yield from (f"error {settled.get('error')}" for settled in outcome["settled"])
    yield f"error {outcome['error']}"
    yield from (f"change {change['why']}" for change in outcome["changes"])
    yield from (f"heard {callback['name']}" for callback in outcome["callbacks"])
    yield from (f"timer {timer}" for timer in outcome["timers"])
    for request in outcome["requests"]:
        yield from (f"sent {op['op']} {op.get('why', '')}".strip() for op in request["body"]["ops"])


CODES: Final = {value for name, value in vars(codes).items() if name.isupper()}
ERRORS: Final = {
    *(code for code in CODES if code.startswith("invalid_")),
    *("unknown_call", "not_capturing", "rate_limited", "not_acknowledged", "not_released", "placeholder_uid"),
    *("uid_and_anonymous", "empty_identity"),
}
WHYS: Final = (
    *(
        "start",
        "identify",
        "reidentify",
        "anonymize",
        "forget",
        "idle",
        "age",
        "shutdown",
        "restart",
        "tab",
        "returned",
    ),
    *("lost", "apart", "page", "split"),
)


def test_scripts_reach_every_note_and_error(reached: Counter[str]) -> None:
    assert {code for code in CODES - {"not_acknowledged"} if not reached[f"note {code}"]} == set()
    assert {code for code in ERRORS if not reached[f"error {code}"]} == set()


def test_scripts_reach_every_kind_of_change_and_operation(reached: Counter[str]) -> None:
    ends = ("anonymize", "reidentify", "forget", "lost", "shutdown")
    kinds = ("page", "event", "log", "identify", "properties", "consent", *(f"end {why}" for why in ends))
    wanted = [
        *(f"change {why}" for why in WHYS),
        *(f"sent {kind}" for kind in kinds),
        *(f"heard {name}" for name in ("start", "session", "shutdown", "user")),
        *(f"timer {name}" for name in ("flush", "retry", "settle")),
        *(f"capture {name}" for name in ("on", "off", "shutdown")),
    ]
    assert [what for what in wanted if not reached[what]] == []


def test_a_seed_gives_the_same_script_for_ever() -> None:
    dice = Dice(7)
    assert [dice.below(1000) for _ in range(6)] == [323, 150, 650, 72, 535, 365]
    assert script(7) == script(7)
    assert script(7) != script(8)


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ('[{"returns": 1}]', '[{"returns": true}]'),
        ('[{"notes": []}]', '[{"notes": ["x"]}]'),
        ('[{"state": {"uid": null}}]', '[{"state": {}}]'),
        ('[{"storage": {"fs_out.x": "[1]"}}]', '[{"storage": {"fs_out.x": "[1.0]"}}]'),
        ('[{"storage": {"fs_out.x": "[1,2]"}}]', '[{"storage": {"fs_out.x": "[2,1]"}}]'),
        ("[{}, {}]", "[{}]"),
        ('[{"escaped": "it"}]', '[{"escaped": "it"}]'),
    ],
)
def test_what_differs_is_a_difference(here: str, there: str) -> None:
    assert difference(here, there) is not None


@pytest.mark.parametrize(
    ("here", "there"),
    [
        ('[{"returns": null}]', "[{}]"),
        ('[{"returns": 1.0}]', '[{"returns": 1}]'),
        (
            '[{"storage": {"fs_out.x": "{\\"a\\":1,\\"b\\":2}"}}]',
            '[{"storage": {"fs_out.x": "{\\"b\\":2,\\"a\\":1}"}}]',
        ),
    ],
)
def test_what_says_the_same_is_none(here: str, there: str) -> None:
    assert difference(here, there) is None


def test_both_cores_have_the_same_files() -> None:
    python = {path.stem for path in PYTHON.glob("*.py")} - {"__init__", "signing"}
    javascript = {path.stem.replace("-", "_") for path in (JS / "core" / "src").glob("*.ts")} - {"index", "tried"}
    assert (python, javascript) == ({*FILES}, {*FILES})
