"""The two cores do the same, whatever happens: same identities, operations, requests, writes, notes and timers.

The vectors say what is right. This says only that the two do not differ, where no vector looks.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest

from sdk.python.tests.runner import Run
from tests.cores.scripts import Script, script

JS: Final = Path(__file__).parents[2] / "sdk" / "js"
OTHER: Final = Path(__file__).with_name("other.ts")
SCRIPTS: Final = 300

Outcome = dict[str, Any]


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The JavaScript core with its world, as one module that Node runs."""
    built = tmp_path_factory.mktemp("cores") / "other.mjs"
    options = ["--bundle", "--platform=node", "--format=esm", f"--outfile={built}", "--log-level=warning"]
    subprocess.run([JS / "node_modules/.bin/esbuild", OTHER, *options], check=True)
    return built


def test_both_cores_do_the_same(other: Path) -> None:
    scripts = [script(Random(seed)) for seed in range(SCRIPTS)]
    lines = "\n".join(json.dumps(one) for one in scripts)
    said = subprocess.run(["node", other], input=lines, capture_output=True, text=True, check=True).stdout
    for seed, (one, line) in enumerate(zip(scripts, said.splitlines(), strict=True)):
        for number, (step, here, there) in enumerate(zip(one["steps"], ours(one), json.loads(line), strict=True)):
            assert comparable(here) == comparable(there), f"script {seed}, step {number}: {step}"


def ours(one: Script) -> Iterator[Outcome]:
    run = Run({**one, "id": "", "covers": []})
    for step in one["steps"]:
        yield run.outcome(step)


def comparable(outcome: Outcome) -> Outcome:
    """Without what is nothing, and with JSON instead of its text, which may differ in nothing but its form."""
    queue = [{name: value for name, value in op.items() if name not in ("v", "org")} for op in outcome["queue"]]
    return {name: _opened(value) for name, value in {**outcome, "queue": queue}.items() if value is not None}


def _opened(value: Any) -> Any:
    match value:
        case dict():
            return {key: _opened(inner) for key, inner in value.items() if inner is not None or key[:3] == "fs_"}
        case list():
            return [_opened(inner) for inner in value]
        case str() if value.startswith("[{"):
            return _opened(json.loads(value))
        case _:
            return value
