"""Cores compared with each other, script by script: says how far it is, and shows the first script they differ on.

    python -m tests.cores.compare [--seed N] [--scripts N] [--jobs N] [--core "COMMAND"]… [--keep-going]

The exit code is 1 when cores differ. The Python core is compared with each other one: the JavaScript core, or those
that commands are given for.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.cores.outcomes import Difference, difference, kind_of
from tests.cores.running import Command, Core, Here, js_core, scratch
from tests.cores.scripts import Script, script
from tests.cores.shrinking import shrunk

AT_ONCE: Final = 25
EVERY_S: Final = 5


@dataclass(frozen=True, slots=True)
class Found:
    """Two cores differ on the script of that seed."""

    seed: int
    core: int
    kind: str


class Comparison:
    """The first core with each of the others."""

    def __init__(self, first: Core, others: Sequence[Core]) -> None:
        self.first = first
        self.others = others

    def differences(self, scripts: Sequence[Script]) -> list[tuple[int, int, Difference]]:
        """Which of the scripts, with which of the other cores, in what."""
        lines = [json.dumps(one) for one in scripts]
        for core in (*self.others, self.first):
            core.take(lines)
        here = self.first.give()
        return [
            (at, number, found)
            for number, core in enumerate(self.others)
            for at, (ours, theirs) in enumerate(zip(here, core.give(), strict=True))
            if (found := difference(ours, theirs)) is not None
        ]

    def search(self, seeds: Sequence[int]) -> list[Found]:
        scripts = [script(seed) for seed in seeds]
        return [Found(seeds[at], number, kind(scripts[at], found)) for at, number, found in self.differences(scripts)]

    def smallest(self, whole: Script, core: int) -> tuple[Script, Difference]:
        """The script as small as it may be while this core differs in the same kind of thing."""
        pair = Comparison(self.first, [self.others[core]])

        def seen(one: Script) -> Difference | None:
            return next((found for _, _, found in pair.differences([one])), None)

        wanted = seen(whole)
        assert wanted is not None
        whole = {**whole, "steps": whole["steps"][: wanted.step + 1]}
        name = kind(whole, wanted)
        small = shrunk(whole, lambda one: (found := seen(one)) is not None and kind(one, found) == name)
        last = seen(small)
        assert last is not None
        return small, last


def kind(one: Script, found: Difference) -> str:
    return f"{kind_of(one['steps'][min(found.step, len(one['steps']) - 1)])}: {found.place}"


def shown(small: Script, found: Difference, seed: int, names: tuple[str, str]) -> str:
    """A script like a vector, a step a line, and what each core makes of the step they differ on."""
    steps = ",\n".join(f"    {json.dumps(step)}" for step in small["steps"])
    given = ", ".join(f'"{name}": {json.dumps(value)}' for name, value in small["given"].items())
    at = "".join(f"[{json.dumps(name)}]" for name in found.path)
    return "\n".join(
        [
            f'{{"id": "cores/seed-{seed}",\n  "given": {{{given}}},\n  "steps": [\n{steps}\n  ]}}',
            f"step {found.step + 1}, {found.member}{at}:",
            *(f"  {name:8} {_cut(value)}" for name, value in zip(names, (found.here, found.there), strict=True)),
        ]
    )


def _cut(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) < 2000 else f"{text[:2000]}… ({len(text)} characters)"


_mine: list[Comparison] = []


def _begin(commands: Sequence[str]) -> None:
    _mine[:] = [Comparison(Here(), [Command(command) for command in commands])]


def _search(seeds: Sequence[int]) -> tuple[int, list[Found]]:
    return len(seeds), _mine[0].search(seeds)


def compare(options: argparse.Namespace, commands: Sequence[str]) -> bool:
    """Whether they all did the same."""
    groups: dict[str, list[Found]] = {}
    seeds = range(options.seed, options.seed + options.scripts)
    chunks = [seeds[at : at + AT_ONCE] for at in range(0, len(seeds), AT_ONCE)]
    with multiprocessing.get_context("spawn").Pool(options.jobs, _begin, (commands,)) as pool:
        for found in _told(pool.imap_unordered(_search, chunks), len(seeds), groups):
            groups.setdefault(found.kind, []).append(found)
            if not options.keep_going:
                break
    if not groups:
        print(f"{len(seeds)} scripts from seed {options.seed}: the cores do the same")
        return True
    _tell(sorted(groups.values(), key=len, reverse=True), options.show, commands)
    return False


def _tell(groups: Sequence[Sequence[Found]], most: int, commands: Sequence[str]) -> None:
    """The kinds of differences with their counts, and of the most frequent ones a script."""
    for group in groups:
        print(f"{len(group):6}  {group[0].kind}    (seeds {', '.join(str(one.seed) for one in group[:5])})")
    for one in (min(group, key=lambda found: found.seed) for group in groups[:most]):
        with Command(commands[one.core]) as other:
            small, found = Comparison(Here(), [other]).smallest(script(one.seed), 0)
            print(f"\n{one.kind}\n{shown(small, found, one.seed, ('python', other.name))}", flush=True)


def _told(chunks: Iterator[tuple[int, list[Found]]], total: int, groups: dict[str, list[Found]]) -> Iterator[Found]:
    """What is found, with a line on the way now and then."""
    began = said = time.monotonic()
    done = 0
    for count, found in chunks:
        done += count
        yield from found
        now = time.monotonic()
        if now - said >= EVERY_S:
            said, rate = now, done / (now - began)
            differ = sum(map(len, groups.values()))
            left = f"{(total - done) / rate:.0f} s left"
            print(f"{done} of {total} scripts, {rate:.0f}/s, {left}; {differ} differ", file=sys.stderr, flush=True)


def options_of(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0, help="the first seed (0)")
    parser.add_argument("--scripts", type=int, default=10_000, help="how many (10000)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes at once (one a processor)")
    parser.add_argument("--core", action="append", default=[], help="the command of another core (the JavaScript one)")
    parser.add_argument("--keep-going", action="store_true", help="find all, and count them by kind")
    parser.add_argument("--show", type=int, default=5, help="how many kinds to show a script of (5)")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    options = options_of(arguments)
    with scratch() as folder:
        return 0 if compare(options, options.core or [js_core(Path(folder))]) else 1


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        sys.exit(main())
    sys.exit(130)
