"""The verdicts as a table for people."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from bench.leakprobe.scenarios import SCENARIOS
from bench.leakprobe.verdict import Verdict

_RANDOM: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|(?<=_)[0-9a-f]{4,}(?=\b)|(?<=\.)[0-9a-f]{4,}\b")
_WRAPPING: Final = re.compile(r"^((batch|events|data|ops)\.)*(properties\.)?")


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
    """What was found, by kind; what was not found in every run says in how many."""
    seen = Counter(finding for verdict in verdicts for finding in dict.fromkeys(_findings(verdict)))
    if not seen:
        return "nothing"
    kinds: dict[str, list[str]] = {}
    for (kind, what), times in seen.items():
        share = "" if times == len(verdicts) else f"({times} of {len(verdicts)})"
        kinds.setdefault(kind, []).append(f"{what} {share}".strip())
    return "<br>".join(f"{kind}: {', '.join(found)}".removesuffix(": ") for kind, found in kinds.items())


def _findings(verdict: Verdict) -> Iterator[tuple[str, str]]:
    """Each finding as its kind and what it was found in."""
    for _, after in verdict.shared.values():
        yield "goes on", _place(after)
    for _, after in verdict.skews.values():
        yield "how wrong the clock is", _place(after)
    for _, after in verdict.clocks.values():
        yield "clock goes on", _place(after)
    if verdict.both:
        yield "both in one request", ""
    for kind, names in (
        ("lost", verdict.lost),
        ("no longer hers", verdict.hers_as_nobodys),
        ("under her name", verdict.nobodys_as_hers),
    ):
        for name in names:
            yield kind, f"*{name}*"
    for place in verdict.kept:
        yield "her uid is kept", _place(place)


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
