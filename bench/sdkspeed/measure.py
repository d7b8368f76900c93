"""The measurements: bytes of a bundle, ms of a logout call, ms of a script's evaluation."""

from __future__ import annotations

import gzip
import json
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


class Timing(msgspec.Struct, frozen=True):
    """Medians in ms; of the evaluation its CPU time, so that what else the machine does is not in it."""

    reset_ms: float
    evaluation_ms: float


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
    for _ in range(rounds):
        for name, address in addresses.items():
            with visiting(browser) as visitor:
                page = visitor.context.new_page()
                page.goto(site.put("empty", ""))
                browser.start_tracing(page=page, categories=["devtools.timeline", "v8"])
                page.goto(address)
                evaluations[name].append(_evaluation_ms(browser.stop_tracing()))
                is_isolated, times = page.evaluate(_RESETS, _CALLS + _WARM_UP)
                assert is_isolated, "the page's clock is coarse"
                broken = [complaint for complaint in visitor.complaints if complaint.startswith("uncaught")]
                assert not broken, f"{name}: {broken}"
                resets[name] += times[_WARM_UP:]
    return {name: Timing(median(resets[name]), median(evaluations[name])) for name in addresses}


def _evaluation_ms(trace: bytes) -> float:
    """The CPU time of scripts as they came in: those of the page itself, and those it asked for."""
    events: list[dict[str, Any]] = json.loads(trace)["traceEvents"]
    came_in = (event for event in events if event["name"] == "EvaluateScript" and "tdur" in event)
    return sum(float(event["tdur"]) for event in came_in if event["args"]["data"].get("url", "")[:6] == "https:") / 1000
