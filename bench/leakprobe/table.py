"""The verdicts as a table for people."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from bench.leakprobe.scenarios import SCENARIOS
from bench.leakprobe.verdict import Verdict

_RANDOM: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|(?<=_)[0-9a-f]{4,}(?=\b)|(?<=\.)[0-9a-f]{4,}\b")
_WRAPPING: Final = re.compile(r"^(batch|events|data|ops)\.(properties\.)?")


def table(found: list[tuple[str, str, list[dict[str, Verdict]]]]) -> str:
    """Markdown: a row for each SDK (name, logout call, the verdicts of every run), a column for each scenario."""
    lines = [
        "| SDK and its logout call | " + " | ".join(SCENARIOS) + " |",
        "|---" * (len(SCENARIOS) + 1) + "|",
    ]
    for name, logout, runs in found:
        cells = [_cell([run[scenario] for run in runs]) for scenario in SCENARIOS]
        lines.append(f"| **{name}**<br>`{logout}` | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(verdicts: list[Verdict]) -> str:
    seen = Counter(piece for verdict in verdicts for piece in dict.fromkeys(_pieces(verdict)))
    if not seen:
        return "nothing"
    return "<br>".join(
        piece if times == len(verdicts) else f"{piece} ({times} of {len(verdicts)} runs)"
        for piece, times in seen.items()
    )


def _pieces(verdict: Verdict) -> Iterator[str]:
    """What was found, in words."""
    for _, after in verdict.shared.values():
        yield f"goes on: {_place(after)}"
    for _, after in verdict.clocks.values():
        yield f"clock goes on: {_place(after)}"
    if verdict.both:
        yield "both in one request"
    for name in verdict.lost:
        yield f"lost: *{name}*"
    for name in verdict.hers_as_nobodys:
        yield f"no longer hers: *{name}*"
    for name in verdict.nobodys_as_hers:
        yield f"under her name: *{name}*"
    if verdict.kept:
        yield f"her uid is kept: {', '.join(dict.fromkeys(_place(place) for place in verdict.kept))}"


def _place(place: str) -> str:
    """A place without what is random or ours in it, and no deeper than it needs to be."""
    plain = _RANDOM.sub("…", _WRAPPING.sub("", place)).replace("probe-write-key", "KEY").replace("probe-writ", "KEY")
    area, _, rest = plain.partition(".")
    if area in ("cookies", "local", "session", "databases"):
        word = {"cookies": "cookie", "local": "local storage", "session": "session storage", "databases": "database"}[
            area
        ]
        return f"{word} `{rest.split('.')[0]}`" if rest else f"a key of {word}"
    return f"`{plain}`"
