"""The measurements: bytes of a bundle, ms of a logout call, of a script's evaluation, of the longest task of a load."""

from __future__ import annotations

import gzip
import json
from bisect import bisect_left
from statistics import median
from typing import Any, Final

import msgspec
from playwright.sync_api import Browser

from bench.leakprobe.collector import Collector
from bench.leakprobe.subjects import Subject
from tests.browser.site import Site
from tests.browser.visitor import visiting

ISOLATED: Final = (
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-embedder-policy", b"credentialless"),
)
"""What gives a page a clock of 5 µs instead of 100."""

FLOOR: Final = Subject(
    "one cookie and one storage key",
    "",
    lambda _host: (
        """<script>
let n = 0;
window.subject = {
  ready: Promise.resolve(),
  identify: () => {},
  track: () => {},
  reset: () => { n++; document.cookie = `floor=${n}; path=/; secure`; localStorage.setItem('floor', String(n)) },
};
</script>"""
    ),
)
"""What any SDK that lets go of a person durably has to do at least."""

_CALLS: Final = 40
_RESETS: Final = """async (calls) => {
  const rest = () => new Promise((done) => setTimeout(done, 10));
  const times = [];
  await subject.ready;
  for (let at = 0; at < calls; at++) {
    subject.identify('person' + at);
    await rest();
    const began = performance.now();
    subject.reset();
    times.push(performance.now() - began);
    await rest();
  }
  return [crossOriginIsolated, times];
}"""
_WARM_UP: Final = 5
_TRACED: Final = ["devtools.timeline", "disabled-by-default-devtools.timeline", "v8"]
_SETTLING_MS: Final = 500
"""How long after a page has loaded what an SDK puts off until then may still count to its load."""
_SCRIPTED: Final = frozenset({"EvaluateScript", "FunctionCall", "RunMicrotasks", "TimerFire"})
"""What a trace calls the doings of scripts."""


class Timing(msgspec.Struct, frozen=True):
    """Medians in ms; of the evaluation its CPU time, so that what else the machine does is not in it.

    The longest task is that of a load, by the clock, of those that ran scripts.
    """

    reset_ms: float
    evaluation_ms: float
    longest_task_ms: float


def gzipped_bytes(script: bytes) -> int:
    """The size as a server sends it at its best."""
    return len(gzip.compress(script, 9, mtime=0))


def timings(
    subjects: list[Subject], rounds: int, browser: Browser, site: Site, collector: Collector
) -> dict[str, Timing]:
    """The times of every subject. In each round every subject has its turn."""
    addresses = {subject.name: site.put(f"s{at}", subject.head(collector.host)) for at, subject in enumerate(subjects)}
    resets: dict[str, list[float]] = {name: [] for name in addresses}
    evaluations: dict[str, list[float]] = {name: [] for name in addresses}
    tasks: dict[str, list[float]] = {name: [] for name in addresses}
    for _ in range(rounds):
        for name, address in addresses.items():
            with visiting(browser) as visitor:
                page = visitor.chromium.new_page()
                page.goto(site.put("empty", ""))
                browser.start_tracing(page=page, categories=_TRACED)
                page.goto(address)
                page.wait_for_timeout(_SETTLING_MS)
                events: list[dict[str, Any]] = json.loads(browser.stop_tracing())["traceEvents"]
                evaluations[name].append(_evaluation_ms(events))
                tasks[name].append(_longest_task_ms(events))
                is_isolated, times = page.evaluate(_RESETS, _CALLS + _WARM_UP)
                assert is_isolated, "the page's clock is coarse"
                broken = [complaint for complaint in visitor.complaints if complaint.startswith("uncaught")]
                assert not broken, f"{name}: {broken}"
                resets[name] += times[_WARM_UP:]
    return {name: Timing(median(resets[name]), median(evaluations[name]), median(tasks[name])) for name in addresses}


def _longest_task_ms(events: list[dict[str, Any]]) -> float:
    """The longest task of the page's main thread that ran any script."""
    scripted = [event for event in events if event["name"] in _SCRIPTED]
    main = {(event["pid"], event["tid"]) for event in scripted if event["name"] == "EvaluateScript"}
    starts = sorted(event["ts"] for event in scripted if (event["pid"], event["tid"]) in main)
    longest = 0
    for event in events:
        if event["name"] == "RunTask" and (event["pid"], event["tid"]) in main and "dur" in event:
            first = bisect_left(starts, event["ts"])
            if first < len(starts) and starts[first] <= event["ts"] + event["dur"]:
                longest = max(longest, event["dur"])
    return longest / 1000


def _evaluation_ms(events: list[dict[str, Any]]) -> float:
    """The CPU time of scripts as they came in: those of the page itself, and those it asked for."""
    came_in = (event for event in events if event["name"] == "EvaluateScript" and "tdur" in event)
    return sum(float(event["tdur"]) for event in came_in if event["args"]["data"].get("url", "")[:6] == "https:") / 1000
