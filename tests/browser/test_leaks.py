"""The leak probe: it finds what leaks, and in our own SDK it finds nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Browser

from bench.leakprobe.collector import Collector, collecting
from bench.leakprobe.scenarios import SCENARIOS, person_at, traces
from bench.leakprobe.subjects import Subject, ours
from bench.leakprobe.verdict import Verdict, judge
from tests.browser.conftest import FS_JS
from tests.browser.site import Site

_TOY: Final = """<script>
const id = () => crypto.randomUUID();
const me = JSON.parse(localStorage.me || JSON.stringify({ device: id(), uid: '' }));
const offset = () => Date.now() - performance.timeOrigin - performance.now();
const said = () => ({ url: location.href, title: document.title, offset: offset() });
const wait = () => { if (queue.length) post(queue); queue = [] };
const save = () => { localStorage.me = JSON.stringify(me) };
const post = (events) => navigator.sendBeacon('https://COLLECTOR/toy', JSON.stringify(events));
let queue = [];
save();
window.subject = {
  ready: Promise.resolve(),
  identify: (uid) => { me.uid = uid; save() },
  track: (name) => { TRACK },
  reset: () => { RESET },
};
</script>"""
_CLEAN: Final = {
    "TRACK": "Object.assign(me, JSON.parse(localStorage.me)); post([{ name, ...me }])",
    "RESET": "me.device = id(); me.uid = ''; save()",
}
_LEAKY: Final = {
    "TRACK": "queue.push({ name, ...me, ...said() }); setTimeout(wait, 100)",
    "RESET": "me.uid = ''; save()",
}


def _toy(manner: dict[str, str]) -> Subject:
    text = _TOY.replace("TRACK", manner["TRACK"]).replace("RESET", manner["RESET"])
    return Subject("toy", "reset()", lambda host: text.replace("COLLECTOR", host))


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collector]:
    with collecting(tmp_path_factory.mktemp("collector")) as collector:
        yield collector


def test_an_sdk_that_starts_anew_is_found_clean(browser: Browser, site: Site, collector: Collector) -> None:
    found = judge(traces(_toy(_CLEAN), browser, site, collector))

    assert [verdict for verdict in found.values() if not verdict.is_clean] == []


def test_an_sdk_that_carries_things_over_is_found_out(browser: Browser, site: Site, collector: Collector) -> None:
    found = judge(traces(_toy(_LEAKY), browser, site, collector))

    her = person_at(0)
    assert found["same task"].shared.keys() >= {her.name, her.token}
    assert ("device", "device") in found["same task"].shared.values()
    assert found["same task"].skews == {"skew": ("offset", "offset")}
    assert found["same task"].both == ["/toy"]
    assert found["navigation"].lost == ["Went out", "Walked by"]
    assert found["second tab"].nobodys_as_hers == ["Stood by", "Stood on"]


@pytest.fixture(scope="module")
def verdicts(browser: Browser, site: Site, collector: Collector, _built_sdk: None) -> dict[str, Verdict]:
    collector.files["/s/fs.js"] = FS_JS.read_bytes()
    return judge(traces(ours(), browser, site, collector))


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_nothing_connects_who_left_our_sdk_with_who_came_after(verdicts: dict[str, Verdict], scenario: str) -> None:
    assert verdicts[scenario].is_clean, verdicts[scenario]
