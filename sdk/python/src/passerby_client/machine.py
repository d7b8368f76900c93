"""The machine: one page load, from outside (CL).

It owns the parts, knows whether capture is on, and hands what comes in to the part that understands it: calls to
`calls`, answers and timers to `queue`. At the end of each it sees that what is due is sent and observers are told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from passerby_client import codes
from passerby_client.acknowledgements import Acknowledgements, Settle
from passerby_client.calls import Answer, Call, Calls
from passerby_client.config import Config, config_of
from passerby_client.ports import Ports
from passerby_client.presence import Presence
from passerby_client.queue import Queue
from passerby_client.recorder import Recorder
from passerby_client.store import Store
from passerby_client.uid import Anonymize

_ASKING: Final = "getSession"
"""The one call after which nothing is sent and nobody hears anything (SE-5)."""
_HEARD: Final = ("start", "session", "shutdown", "user")


class Machine:
    """One page load. Give it ports, `start` it once, then call. It raises nothing that a caller could cause."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._started = False
        self._begun = False
        self._capture = "off"
        self._heard: dict[str, Any] = {}
        self._build(config_of({"org": ""}))
        self._own_calls: dict[str, Callable[[Call], Answer]] = {
            "start": self._start,
            "shutdown": self._shutdown,
            "restart": self._restart,
            _ASKING: self._get_session,
            "activity": self._activity,
        }

    def _build(self, config: Config) -> None:
        ports, tell = self._ports, self._tell
        self._config = config
        store = Store(ports.storage, ports.note)
        self._acks = Acknowledgements(ports, config.settle_ms)
        self._queue = Queue(ports, store, config, self._acks.answered)
        self._presence = Presence(ports, store, config, tell)
        self._recorder = Recorder(ports, config, self._presence, self._queue)
        self._calls = Calls(ports, config, store, self._presence, self._recorder, tell)

    def start(self, config: Mapping[str, Any]) -> None:
        """Begin with `config` (CL-3): `org`, and any of the names that spec/ gives. A second start does nothing."""
        if self._started:
            return
        self._started = True
        self._build(config_of(config))
        if self._config.capture:
            self._begin()
        self._done()

    def call(self, name: str, options: Any = None, api: int = 2, source: str | None = None) -> Answer:
        """Do the v2 operation `name`; `options` is any JSON value."""
        answer = self._answer(Call(name, options, api, source))
        if name != _ASKING:
            self._done()
        return answer

    def call_async(self, name: str, options: Any, settle: Settle, api: int = 2, source: str | None = None) -> None:
        """As `call`; `settle` is called once, now or, with `{"ack": True}`, within `settle_ms` (ID-8)."""
        call = Call(name, options, api, source)
        self._recorder.expect_identity()
        answer = self._answer(call)
        made = self._recorder.identity_made
        if answer.error is None and made is not None and name == "setIdentity" and call.option("ack") is True:
            self._acks.await_answer(*made, settle)
        else:
            settle(answer.value, answer.error)
        self._done()

    def navigated(self) -> None:
        """The URL may have changed within the page (CL-11)."""
        if self._capture == "on":
            self._recorder.navigated()
        self._done()

    def app(self, event: str) -> None:
        """`hide`, `leave`, `background`: this may be the last that the page hears. `foreground`: the user is back."""
        if event == "foreground":
            self._activity(Call("activity", None))
        else:
            if self._capture == "on":
                self._presence.guard()
            self._queue.hurry()
        self._done()

    def timer(self, name: str) -> None:
        """The wall clock is at the time that the port `timers` was given for `name`."""
        match name:
            case "flush":
                self._queue.flush()
            case "retry":
                self._queue.retry()
            case "settle":
                self._acks.expire()

    def reply(self, request: str, status: int, headers: Mapping[str, str], body: Any) -> None:
        """The server answered the request of that id; `body` is decoded JSON, or anything."""
        self._queue.reply(request, status, headers, body)

    def fail(self, request: str) -> None:
        """The request of that id found no answer: no network, or none in time."""
        self._queue.fail(request)

    @property
    def state(self) -> dict[str, Any]:
        """What CL-8 shows."""
        record = self._presence.record
        return {"capture": self._capture, **self._presence.shown, "bound": record is not None and bool(record.bound)}

    @property
    def queue(self) -> list[dict[str, Any]]:
        """This core's own operations not yet answered, oldest first, each with its stamp."""
        return [{**entry.stamp, **entry.op} for entry in self._queue.own()]

    def _answer(self, call: Call) -> Answer:
        own = self._own_calls.get(call.name)
        if own is None and not self._calls.know(call.name):
            return self._calls.refuse(codes.UNKNOWN_CALL)
        if not self._started:
            return self._calls.refuse(codes.NOT_CAPTURING)
        if own is not None:
            return own(call)
        if self._capture == "on":
            return self._calls.perform(call)
        asked = call.asked
        return self._calls.release(asked) if isinstance(asked, Anonymize) else self._calls.refuse(codes.NOT_CAPTURING)

    def _done(self) -> None:
        """The call is over: what is due goes, and observers hear how things stand now (CL-7)."""
        self._queue.pump()
        heard, self._heard = self._heard, {}
        for name in _HEARD:
            if name in heard:
                self._ports.notify(name, heard[name])

    def _tell(self, name: str, args: Any) -> None:
        self._heard[name] = args

    def _begin(self) -> None:
        self._capture, self._begun = "on", True
        self._presence.begin()
        self._queue.take_up()
        self._recorder.record_page(self._recorder.look_around(), referrer=True)

    def _start(self, _: Call) -> Answer:
        if self._capture == "shutdown":
            return self._calls.refuse(codes.NOT_CAPTURING)
        if self._capture == "off":
            self._begin()
        return Answer()

    def _shutdown(self, call: Call) -> Answer:
        if self._capture == "shutdown":
            return Answer()
        if self._capture == "on":
            self._presence.follow()
            self._recorder.record("end", call.source, why="shutdown")
            self._presence.begin_session("shutdown", pages=0)
        self._capture = "shutdown"
        self._tell("shutdown", {"reason": 0})
        return Answer()

    def _restart(self, _: Call) -> Answer:
        if self._capture == "shutdown" and not self._begun:
            self._begin()
        elif self._capture == "shutdown":
            self._capture = "on"
            self._presence.resume()
            self._recorder.record_page(self._recorder.look_around())
        return Answer()

    def _activity(self, _: Call) -> Answer:
        if self._capture == "on":
            self._presence.follow()
            opened = self._recorder.open_session()
            self._presence.touch()
            if opened and self._presence.n > 0:
                self._recorder.open_page()
        return Answer()

    def _get_session(self, call: Call) -> Answer:
        presence = self._presence
        record = presence.stored() if self._capture == "on" else None
        if record is None:
            return Answer()
        url = presence.session_url(record)
        match call.option("format"):
            case "id":
                return Answer(f"{record.device}:{record.session}")
            case "url.now":
                return Answer(f"{url}%3A{self._ports.clock.wall_ms()}")
            case "all":
                page = presence.page if record.device == presence.here.device else None
                return Answer(
                    {"orgId": record.org, "userId": record.device, "sessionId": record.session, "pageId": page}
                )
            case _:
                return Answer(url)
