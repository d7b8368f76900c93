"""Whatever is called, answered, refused by storage or written by somebody else: what must never happen does not.

Two tabs of one browser share storage and clock. After every single step everything they recorded, keep and send is
looked at.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from passerby_client import Machine

from sdk.python.tests.world import World

RECORD, OUTBOX = "fs_uid", "fs_out."
LEAVING = {"anonymize", "reidentify", "forget"}
ANONYMOUS = {"anonymous": True}
Op = dict[str, Any]


class Tab(World):
    """One page load in the browser, and what came of it."""

    def __init__(self, browser: Browser) -> None:
        super().__init__({"clock": {"wall_ms": browser.now_ms}, "ids": {}, "storage": None})
        self.browser = browser
        self.stored = browser.stored
        self.under_way: dict[str, dict[str, Any]] = {}
        self.device = ""
        self.told: set[str | None] = {None}
        self.last_told: str | None = None
        self.left: set[str] = set()
        self.identified: set[str] = set()
        self.machine = Machine(self.ports())
        self.machine.start(browser.config)

    def wall_ms(self) -> int:
        return self.browser.now_ms

    def mint(self, kind: str) -> str:
        self.write_from_elsewhere(self.at_mint)
        self.at_mint = {}
        return self.browser.mint(kind)

    def write(self, key: str, value: str | None) -> bool:
        self.storage_fails = self.browser.storage_fails
        done = super().write(key, value)
        if done and value is not None and key == RECORD:
            self.browser.records.append(value)
        return done

    def queue(self) -> list[Op]:
        """The operations not yet answered, each with its stamp."""
        return [{**entry.stamp, **entry.op} for entry in self.machine.entries]


class Browser:
    """Two tabs over one storage; every step ends by looking at everything."""

    def __init__(self, **config: Any) -> None:
        self.config = {"org": "o1", **config}
        self.now_ms = 1_750_000_000_000
        self.stored: dict[str, str] = {}
        self.storage_fails: bool | str = False
        self.records: list[str] = []
        self.calm = True
        self.is_rewritten = False
        self._ids = count(1)
        self._recorded: dict[tuple[str, int], Op] = {}
        self._identity_waits: dict[tuple[str, int], Tab] = {}
        self._device_of: dict[str, str] = {}
        self._uid_of: dict[str, str] = {}
        self._left: set[str] = set()
        self._settled: list[list[str | None]] = []
        self.tabs = [Tab(self), Tab(self)]
        self.look()

    def mint(self, kind: str) -> str:
        if kind == "key":
            return f"{next(self._ids):032x}"
        return f"{'d59'[['device', 'session', 'page'].index(kind)]}0000000-0000-4000-8000-{next(self._ids):012x}"

    def call(self, tab: Tab, name: str, options: Any, api: int = 2) -> None:
        before = tab.machine.state()
        answer = tab.machine.call(name, options, api)
        after = tab.machine.state()
        if name == "setProperties" and api == 1:
            options = options["properties"]
        if name in ("setIdentity", "setProperties") or (name == "restart" and before["capture"] == "shutdown"):
            self.hear(tab, options, answer.error)
        if before["device"] and after["device"] is None:
            tab.left.add(before["device"])
        if options == ANONYMOUS or (name == "restart" and before["capture"] == "shutdown"):
            assert after["bound"] is False
            assert after["uid"] is None
            assert after["device"] not in tab.identified, "a user was not released"

    def call_with_ack(self, tab: Tab, options: Any) -> None:
        settled: list[str | None] = []
        self._settled.append(settled)
        answer = tab.machine.call("setIdentity", {**options, "ack": True})
        tab.machine.settle(answer, lambda code, _: settled.append(code))
        self.hear(tab, options, settled[0] if settled else None)

    def hear(self, tab: Tab, options: Any, error: str | None) -> None:
        """The page was told of somebody, or of nobody; what the call recorded may be of whom it was told before, too.

        One that was refused may have let the user go (LI-3).
        """
        uid = options.get("uid") if isinstance(options, dict) else options
        if isinstance(options, dict) and not options.keys() & {"uid", "anonymous"} and error is None:
            return
        tab.told = {*tab.told, None} if error else {tab.last_told, str(uid) if uid else None}
        tab.last_told = None if error or not uid else str(uid)

    def advance(self, ms: int) -> None:
        until_ms = self.now_ms + ms
        for tab in self.tabs:
            while name := tab.due(until_ms):
                self.now_ms = max(self.now_ms, tab.timers.pop(name))
                tab.machine.timer(name)
        self.now_ms = until_ms

    def answer(self, tab: Tab, status: int) -> None:
        for request in list(tab.under_way)[:1]:
            body = tab.under_way.pop(request)
            if status < 300 or (status < 500 and status != 429 and not (status == 413 and len(body["ops"]) > 1)):
                for op in body["ops"]:
                    self._identity_waits.pop((body["page"], op["n"]), None)
            tab.machine.reply(request, status, None, {"stored": 1} if status else None)

    def reload(self, at: int) -> None:
        gone = self.tabs[at]
        self._identity_waits = {key: tab for key, tab in self._identity_waits.items() if tab is not gone}
        self.tabs[at] = Tab(self)

    def finish(self) -> None:
        """Every call that waits for an acknowledgement settles, once, when its time is there."""
        for tab in self.tabs:
            if "settle" in tab.timers:
                self.now_ms = max(self.now_ms, tab.timers["settle"] + self.config.get("settle_ms", 5000))
                tab.machine.timer("settle")

    def look(self) -> None:
        for tab in self.tabs:
            queue = tab.queue()
            for op in queue:
                if (op["page"], op["n"]) not in self._recorded:
                    self._look_at(op, tab)
            tab.told = {tab.last_told}
            unanswered = {(op["page"], op["n"]) for op in queue}
            waiting = {key for key, owner in self._identity_waits.items() if owner is tab}
            assert waiting <= unanswered, "an identity operation was dropped"
            for request in tab.diary.requests:
                self._look_at_bundle(request["body"])
                tab.under_way[request["id"]] = request["body"]
            tab.diary.requests.clear()
        for key, value in self.stored.items():
            if key.startswith(OUTBOX):
                bundles = json.loads(value)
                assert len({bundle["device"] for bundle in bundles}) == 1
                assert {bundle["page"] for bundle in bundles} == {key.removeprefix(OUTBOX)}
                for bundle in bundles:
                    self._look_at_bundle(bundle)

    def _look_at(self, op: Op, tab: Tab) -> None:
        page, n, device = op["page"], op["n"], op["device"]
        assert n == 1 or (page, n - 1) in self._recorded or "queue_operations_max" in self.config, "n has a gap"
        assert self._device_of.setdefault(page, device) == device, "a page id on two devices"
        assert self._device_of.setdefault(op["session"], device) == device, "a session on two devices"
        is_swept = op.get("why") == "lost" and n == 1
        if device != tab.device and not is_swept:
            if not self._went_apart(tab):
                tab.left.add(tab.device)
            tab.device = device
        assert is_swept or device not in tab.left, "an operation on a device that its page has left"
        if self.calm and op["op"] != "end":
            assert device not in self._left, "an operation on a device that another tab has left"
        if op["op"] == "identify":
            first = self._uid_of.setdefault(device, op["uid"])
            uid = first if self.calm else op["uid"]
            assert uid == op["uid"], "two uids on one device"
            tab.identified.add(device)
        else:
            self._look_whose(op, tab)
        if op["op"] in ("identify", "end"):
            self._identity_waits[page, n] = tab
            if not self.storage_fails:
                kept = [one["n"] for bundle in json.loads(self.stored[OUTBOX + page]) for one in bundle["ops"]]
                assert n in kept, "an identity operation is not durable"
        if op.get("why") in LEAVING:
            tab.left.add(device)
            self._left.add(device)
        self._recorded[page, n] = op

    def _look_whose(self, op: Op, tab: Tab) -> None:
        """A page acts only for whom it was told: what it records of anything else is nobody's (ID-15).

        A record that stands without the binding it should have says nothing of that, and misleads a page it is new to.
        """
        uid = self._uid_of.get(op["device"])
        if op["op"] != "end" and not self.is_rewritten and uid is not None and None not in tab.told:
            assert uid in tab.told, "an operation under another user than its page was told of"

    def _went_apart(self, tab: Tab) -> bool:
        """Whether the page left the device it recorded on for one of its own, and so may come back to it (ID-15)."""
        return any(change["from"] == tab.device and change["why"] in ("apart", "page") for change in tab.diary.changes)

    def _look_at_bundle(self, bundle: dict[str, Any]) -> None:
        numbers = [op["n"] for op in bundle["ops"]]
        assert numbers == sorted(set(numbers))
        for op in bundle["ops"]:
            recorded = self._recorded[bundle["page"], op["n"]]
            assert [recorded[name] for name in ("device", "session")] == [bundle["device"], bundle["session"]]
            assert op.items() <= recorded.items()

    @property
    def unsettled(self) -> list[list[str | None]]:
        return [settled for settled in self._settled if len(settled) != 1]


uids = st.sampled_from(["u1", "u2", "u3"])
identities = st.one_of(
    uids.map(lambda uid: {"uid": uid}),
    st.just(ANONYMOUS),
    st.sampled_from(
        [
            {"anonymous": True, "force": True},
            {"uid": "u2", "scope": "page"},
            {**ANONYMOUS, "scope": "page"},
            {"uid": False},
            {"consent": True},
            {},
            {"uid": None},
            None,
            7,
        ]
    ),
)
calls = st.one_of(
    st.tuples(st.just("setIdentity"), identities),
    st.tuples(st.just("trackEvent"), st.just({"name": "e", "properties": {"a": 1}})),
    st.tuples(st.just("setProperties"), st.just({"type": "user", "properties": {"uid": "u1", "a": 1}})),
    st.tuples(st.sampled_from(["activity", "start", "getSession", "dance"]), st.none()),
    st.tuples(st.just("log"), st.just({"msg": "m"})),
)
tabs = st.integers(0, 1)
ordinary = st.one_of(
    st.tuples(st.just("call"), tabs, calls, st.sampled_from([1, 2])),
    st.tuples(st.just("call"), tabs, st.tuples(st.just("setIdentity"), identities), st.just(2)),
    st.tuples(st.just("call"), tabs, st.tuples(st.sampled_from(["shutdown", "restart"]), st.none()), st.just(2)),
    st.tuples(st.just("ack"), tabs, st.one_of(uids.map(lambda uid: {"uid": uid}), st.just(ANONYMOUS))),
    st.tuples(st.just("advance"), st.sampled_from([1, 1000, 5000, 1_800_000])),
    st.tuples(st.just("answer"), tabs, st.sampled_from([200, 200, 400, 413, 429, 500, 0])),
    st.tuples(st.just("app"), tabs, st.sampled_from(["hide", "leave", "foreground", "ready", "look", "resume"])),
    st.tuples(st.just("navigate"), tabs, st.sampled_from(["/a", "/b"])),
    st.tuples(st.just("reload"), tabs),
)
disturbances = st.one_of(
    st.tuples(st.just("storage_fails"), st.sampled_from([True, "writes", "record", "outbox", False])),
    st.tuples(st.just("written_late"), st.integers(1, 3)),
    st.tuples(st.just("forgotten")),
    st.tuples(st.just("overtaken"), tabs, st.integers(1, 3)),
    st.tuples(st.just("moved"), tabs, st.integers(1, 3)),
    st.tuples(st.just("jump"), st.sampled_from([-3_600_000, 90_000_000])),
)


def perform(browser: Browser, step: tuple[Any, ...]) -> None:
    match step:
        case "call", tab, (name, options), api:
            browser.call(browser.tabs[tab], name, options, api)
        case "ack", tab, options:
            browser.call_with_ack(browser.tabs[tab], options)
        case "advance", ms:
            browser.advance(ms)
        case "answer", tab, status:
            browser.answer(browser.tabs[tab], status)
        case "app", tab, event:
            browser.tabs[tab].machine.app(event)
        case "navigate", tab, path:
            browser.tabs[tab].page = {"url": f"https://app.example{path}"}
            browser.tabs[tab].machine.navigated()
        case "reload", tab:
            browser.reload(tab)
        case "storage_fails", fails:
            browser.calm, browser.is_rewritten, browser.storage_fails = False, True, fails
        case "written_late", age:
            browser.calm, browser.is_rewritten = False, True
            browser.stored[RECORD] = browser.records[-1 - age % len(browser.records)] if browser.records else "rubbish"
        case "overtaken", tab, age:
            browser.calm, browser.is_rewritten = False, True
            browser.tabs[tab].at_mint = {RECORD: browser.records[-1 - age % len(browser.records)]}
        case "moved", tab, age:
            browser.tabs[tab].elsewhere += browser.records[-age:]
        case ("forgotten",):
            browser.calm = False
            browser.stored.pop(RECORD, None)
        case "jump", ms:
            browser.now_ms += ms
        case _:
            raise AssertionError(step)


def run(steps: list[tuple[Any, ...]], **config: Any) -> Iterator[Browser]:
    browser = Browser(**config)
    for step in steps:
        perform(browser, step)
        browser.look()
        yield browser
    browser.finish()
    yield browser


@settings(max_examples=80, deadline=None)
@given(st.lists(ordinary, min_size=20, max_size=40))
def test_two_tabs_never_mix_two_people(steps: list[tuple[Any, ...]]) -> None:
    for _ in run(steps):
        pass


@settings(max_examples=120, deadline=None)
@given(st.lists(st.one_of(ordinary, disturbances), min_size=20, max_size=40))
def test_nor_when_storage_fails_and_others_write(steps: list[tuple[Any, ...]]) -> None:
    for _ in run(steps):
        pass


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(ordinary, disturbances), min_size=20, max_size=40), st.sampled_from(["page", "auth"]))
def test_nor_when_the_first_page_waits(steps: list[tuple[Any, ...]], hold: str) -> None:
    for _ in run(steps, hold=hold):
        pass


crowded = st.one_of(
    st.tuples(st.just("call"), tabs, calls, st.just(2)),
    st.tuples(st.just("answer"), tabs, st.sampled_from([200, 500])),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(crowded, min_size=20, max_size=40))
def test_a_full_queue_drops_no_identity(steps: list[tuple[Any, ...]]) -> None:
    for _ in run(steps, queue_operations_max=3, bundle_operations_max=2):
        pass


@settings(max_examples=80, deadline=None)
@given(st.lists(ordinary, max_size=20))
def test_every_acknowledged_call_settles_once(steps: list[tuple[Any, ...]]) -> None:
    *_, browser = run([step for step in steps if step[0] != "reload"])
    assert browser.unsettled == []
