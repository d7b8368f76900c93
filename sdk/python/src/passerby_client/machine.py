"""The machine: one page load, from outside (CL).

It owns the parts, knows whether capture is on, and hands what comes in to the part that understands it: calls to
`calls`, answers and timers to `queue`. At the end of each it sees that what is due is sent and observers are told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from passerby_client import codes
from passerby_client.acknowledgements import Acknowledgements, Settle
from passerby_client.activity import Activity
from passerby_client.address import Address
from passerby_client.calls import Answer, Call, Calls
from passerby_client.identity import Identity
from passerby_client.ports import Ports, State
from passerby_client.presence import Presence
from passerby_client.queue import Entry, Queue
from passerby_client.recorder import Recorder
from passerby_client.settings import Settings, settings_of
from passerby_client.standing import Standing
from passerby_client.store import Store

_ASKING: Final = "getSession"
"""The one call after which nothing is sent and nobody hears anything (SE-5)."""
_HEARD: Final = ("start", "session", "shutdown", "user")


class Machine:
    """One page load. Give it ports, `start` it once, then call. It raises nothing that a caller could cause."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._started = False
        self._begun = False
        self._heard: dict[str, Any] = {}
        self._build(settings_of({"org": ""}))
        self._own_calls: dict[str, Callable[[Call], Answer]] = {
            "start": self._start,
            "shutdown": self._shutdown,
            "restart": self._restart,
            _ASKING: self._get_session,
            "activity": self._activity,
        }

    def _build(self, settings: Settings) -> None:
        ports, tell = self._ports, self._tell
        self._settings = settings
        store = Store(ports.storage, ports.note)
        address = Address(ports.page)
        activity = Activity(ports, store, settings)
        self._acks = Acknowledgements(ports, settings.settle_ms)
        self._queue = Queue(ports, store, settings, self._acks.answered)
        self._presence = Presence(ports, store, settings.org)
        self._standing = Standing(ports, settings, self._presence, activity, address, tell)
        self._recorder = Recorder(ports, settings, self._standing, address, self._queue)
        self._identity = Identity(ports, settings, self._presence, activity, self._standing, self._recorder)
        self._calls = Calls(
            ports, settings, store, self._presence, activity, self._standing, self._recorder, self._identity, tell
        )

    def start(self, settings: Mapping[str, Any]) -> None:
        """Begin with `settings` (CL-3): `org`, and any of the names that spec/ gives. A second start does nothing."""
        if self._started:
            return
        self._started = True
        self._build(settings_of(settings))
        if self._settings.capture:
            self._begin()
        self._done()

    def call(self, name: str, options: Any = None, api: int = 2, source: str | None = None) -> Answer:
        """Do the v2 operation `name`; `options` is any JSON value, and stays the caller's."""
        call = Call.made(name, options, api, source)
        self._recorder.expect_identity()
        answer = self._answer(call)
        if answer.error is None and call.option("ack") is True:
            answer = replace(answer, entry=self._recorder.identity_made)
        if name != _ASKING:
            self._done()
        return answer

    def settle(self, answer: Answer, settle: Settle) -> None:
        """The Async form of the call just made: `settle` is called once, now or within `settle_ms` (ID-8)."""
        if answer.entry is None:
            settle(answer.error, answer.value)
        else:
            self._acks.await_answer(answer.entry, settle)

    def navigated(self) -> None:
        """The URL may have changed within the page (CL-11)."""
        standing, recorder = self._standing, self._recorder
        if standing.capture != "on" or self._ports.page().url == recorder.looked_at:
            return
        standing.names.look()
        if recorder.is_waiting:
            recorder.wait_to_record_page()
        else:
            self._identity.follow()
            standing.renew()
            recorder.record_page()
        self._done()

    def app(self, event: str) -> None:
        """`hide`, `leave`, `background`: this may be the last that the page hears. `foreground`: the user is back.

        `ready`: the page is not to be waited for any longer (CL-16). `resume`: it was frozen, and its requests are
        lost (QU-4). `look`: there is reason to look at storage. Others are passed over.
        """
        match event:
            case "hide" | "leave" | "background":
                self._ready()
                self._look()
                self._queue.hurry()
            case "foreground":
                self._calls.touch()
            case "ready":
                self._ready()
            case "resume":
                self._queue.revive()
            case "look":
                self._look()
            case _:
                return
        self._done()

    def timer(self, name: str) -> None:
        """The wall clock is at the time that the port `set_timer` was given for `name`."""
        match name:
            case "flush":
                self._queue.flush()
            case "retry":
                self._queue.retry()
            case "settle":
                self._acks.expire()
        self._queue.pump()

    def reply(self, request: str, status: int, retry_after: str | None, body: Any) -> None:
        """The server answered the request of that id, or (0) no answer came: no network, or none in time.

        `retry_after` is that header, `body` decoded JSON, or anything.
        """
        self._queue.reply(request, status, retry_after, body)
        self._queue.pump()

    def state(self) -> State:
        """What CL-8 shows."""
        return self._standing.state

    @property
    def entries(self) -> list[Entry]:
        """This core's own operations not yet answered, oldest first."""
        return list(self._queue.entries)

    def _answer(self, call: Call) -> Answer:
        own = self._own_calls.get(call.name)
        if own is None and not self._calls.know(call.name):
            return self._calls.refuse(codes.UNKNOWN_CALL)
        if not self._started:
            return self._calls.refuse(codes.NOT_CAPTURING)
        return own(call) if own is not None else self._calls.perform(call)

    def _done(self) -> None:
        """The end of a call or event: what is due goes, and observers hear how things stand now (CL-7)."""
        heard: dict[str, Any] = {}
        if not self._is_unknown:
            heard, self._heard = self._heard, {}
        self._queue.pump()
        if "start" in heard:
            heard["start"] = {"sessionUrl": self._standing.session_url(self._standing.here)}
        for name in _HEARD:
            if name in heard:
                self._ports.notify(name, heard[name])

    @property
    def _is_unknown(self) -> bool:
        """Whether this may be the device of somebody who is gone: then nobody hears of it yet (CL-16)."""
        record = self._standing.record
        return self._recorder.is_waiting and record is not None and bool(record.bound)

    def _tell(self, name: str, args: Any) -> None:
        self._heard[name] = args

    def _tell_start(self) -> None:
        self._tell("start", {})
        self._standing.tell_session()

    def _begin(self) -> None:
        """Capture begins on this page load."""
        standing, recorder = self._standing, self._recorder
        standing.capture, self._begun = "on", True
        self._identity.begin()
        if self._settings.hold == "auth":
            recorder.begin_to_wait()
            recorder.wait_to_record_page()
        elif not self._settings.hold:
            recorder.record_page()
        self._tell_start()
        self._queue.take_up()

    def _look(self) -> None:
        """See to what must not stay in storage for the next page to find (ID-11)."""
        if self._standing.capture == "on":
            self._identity.guard()

    def _ready(self) -> None:
        """The page has said nothing of who is there, and is not waited for any longer (CL-16)."""
        standing, recorder = self._standing, self._recorder
        is_done = not self._settings.hold or standing.n > 0 or standing.url is not None
        if standing.capture != "on" or (is_done and not recorder.is_waiting):
            return
        self._identity.wait_no_longer()
        if standing.is_page_due and standing.url is None:
            recorder.record_page()

    def _start(self, _: Call) -> Answer:
        if self._standing.capture == "shutdown":
            return self._calls.refuse(codes.NOT_CAPTURING)
        if self._standing.capture == "off":
            self._begin()
        return Answer()

    def _shutdown(self, call: Call) -> Answer:
        """End the session and stop capture (SE-3)."""
        standing = self._standing
        is_on = standing.capture == "on"
        if is_on:
            self._ready()
            self._identity.follow()
            self._recorder.record("end", call.source, why="shutdown")
        if standing.capture != "shutdown":
            self._tell("shutdown", {"reason": 0})
        standing.capture = "shutdown"
        if is_on:
            standing.begin_session("shutdown", pages=0)
        return Answer()

    def _restart(self, _: Call) -> Answer:
        if self._standing.capture == "shutdown" and not self._begun:
            self._begin()
        elif self._standing.capture == "shutdown":
            self._standing.capture = "on"
            self._identity.resume()
            self._recorder.record_page()
            self._tell_start()
        return Answer()

    def _activity(self, _: Call) -> Answer:
        self._calls.touch()
        return Answer()

    def _get_session(self, call: Call) -> Answer:
        standing = self._standing
        record = None if self._is_unknown else self._identity.peek()
        if record is None:
            return Answer()
        url = standing.session_url(record)
        match call.option("format"):
            case "id":
                return Answer(f"{record.device}:{record.session}")
            case "url.now":
                return Answer(f"{url}%3A{self._ports.wall_ms()}")
            case "all":
                page = standing.page if record.device == standing.state["device"] else None
                return Answer(
                    {"orgId": record.org, "userId": record.device, "sessionId": record.session, "pageId": page}
                )
            case _:
                return Answer(url)
