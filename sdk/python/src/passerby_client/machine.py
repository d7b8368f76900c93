"""The machine: what every call of an app does to identity, session and queue (CL).

A call goes through the same stations each time (CL-14): it is refused, or the record is followed, a token taken, the
call remarked on, its properties checked, and only then is something recorded. Who the page is, is `presence`'s matter;
how an operation comes about, `recorder`'s; what waits to be sent, `queue`'s. Here is only what a call means.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from passerby_client import codes
from passerby_client.acknowledgements import Acknowledgements, Settle
from passerby_client.config import Config, config_of
from passerby_client.limits import Bucket
from passerby_client.ports import Ports
from passerby_client.presence import Presence
from passerby_client.properties import Checked, checked, usable
from passerby_client.queue import Queue
from passerby_client.recorder import Recorder
from passerby_client.store import CONSENT, Store
from passerby_client.uid import Anonymize, Asked, Consent, Identify, asked_by

EVENT_NAME_CHARS_MAX: Final = 250
PAGE_NAMES_MAX: Final = 50
LEVELS: Final = frozenset({"log", "info", "warn", "error", "debug"})
OBSERVED: Final = frozenset({"click", "navigate", "exception", "visibility", "change"})

_ORDER_COMPLETED: Final = "Order Completed"
_PAGE_NAME: Final = "pageName"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call returned, or the code of why it was refused or dropped."""

    value: Any = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class _Call:
    options: Mapping[str, Any]
    given: Any
    """The options as they were given, if they were no object."""
    api: int
    source: str | None


class Machine:
    """One page load. Give it ports, `start` it once, then call. It raises nothing that a caller could cause."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._started = False
        self._begun = False
        self._capture = "off"
        self._heard: list[tuple[str, Any]] = []
        self._build(config_of({"org": ""}))
        self._calls: dict[str, Callable[[_Call], Answer]] = {
            "start": self._start,
            "shutdown": self._shutdown,
            "restart": self._restart,
            "setIdentity": self._set_identity,
            "setProperties": self._set_properties,
            "trackEvent": self._track_event,
            "capture": self._capture_event,
            "log": self._log,
            "getSession": self._get_session,
            "activity": self._activity,
        }

    def _build(self, config: Config) -> None:
        ports = self._ports
        self._config = config
        self._store = Store(ports.storage, ports.note)
        self._acks = Acknowledgements(ports, config.settle_ms)
        self._queue = Queue(ports, self._store, config, self._acks.answered)
        self._presence = Presence(ports, self._store, config, self._tell)
        self._recorder = Recorder(ports, config, self._presence, self._queue)

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
        answer = self._answer(name, options, api, source)
        self._done()
        return answer

    def call_async(self, name: str, options: Any, settle: Settle, api: int = 2, source: str | None = None) -> None:
        """As `call`; `settle` is called once, now or, with `{"ack": True}`, within `settle_ms` (ID-8)."""
        self._recorder.expect_identity()
        answer = self._answer(name, options, api, source)
        made = self._recorder.identity_made
        acked = name == "setIdentity" and isinstance(options, Mapping) and options.get("ack") is True
        if answer.error is None and acked and made is not None:
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
            self._answer("activity", None, 2, None)
        else:
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

    def _answer(self, name: str, options: Any, api: int, source: str | None) -> Answer:
        call = self._calls.get(name)
        if call is None:
            return self._refuse(codes.UNKNOWN_CALL)
        if not self._started:
            return self._refuse(codes.NOT_CAPTURING)
        return call(_Call(options if isinstance(options, Mapping) else {}, options, api, source))

    def _done(self) -> None:
        """The end of whatever came from outside: what is due is sent, and observers hear of what changed."""
        self._queue.pump()
        while self._heard:
            self._ports.notify(*self._heard.pop(0))

    def _tell(self, name: str, args: Any) -> None:
        self._heard.append((name, args))

    def _refuse(self, code: str) -> Answer:
        self._ports.note(code)
        return Answer(error=code)

    def _take(self, bucket: Bucket) -> bool:
        return self._presence.limits.take(bucket, self._ports.clock.wall_ms())

    def _begin(self) -> None:
        self._capture, self._begun = "on", True
        self._presence.begin()
        self._queue.take_up()
        self._recorder.record_page(self._recorder.look_around(), referrer=True)

    def _start(self, _: _Call) -> Answer:
        if self._capture == "shutdown":
            return self._refuse(codes.NOT_CAPTURING)
        if self._capture == "off":
            self._begin()
        return Answer()

    def _shutdown(self, call: _Call) -> Answer:
        if self._capture == "shutdown":
            return Answer()
        if self._capture == "on":
            self._presence.follow()
            self._recorder.record("end", call.source, why="shutdown")
            self._presence.begin_session("shutdown", pages=0)
        self._capture = "shutdown"
        self._tell("shutdown", {"reason": 0})
        return Answer()

    def _restart(self, _: _Call) -> Answer:
        if self._capture != "shutdown":
            return Answer()
        if not self._begun:
            self._begin()
            return Answer()
        self._capture = "on"
        self._presence.resume()
        self._recorder.record_page(self._recorder.look_around())
        return Answer()

    def _activity(self, _: _Call) -> Answer:
        if self._capture == "on":
            self._presence.follow()
            opened = self._recorder.open_session()
            self._presence.touch()
            if opened:
                self._recorder.open_page()
        return Answer()

    def _set_identity(self, call: _Call) -> Answer:
        return self._identity(asked_by(call.given), call)

    def _identity(self, asked: Asked | str, call: _Call) -> Answer:
        if self._capture != "on":
            return self._release(asked) if isinstance(asked, Anonymize) else self._refuse(codes.NOT_CAPTURING)
        match asked:
            case str():
                return self._refuse(asked)
            case Anonymize():
                self._presence.follow()
                self._anonymize(asked, call)
                consent = asked.consent
            case Identify():
                self._presence.follow()
                if not self._identify(asked, call):
                    return Answer(error=codes.RATE_LIMITED)
                consent = asked.consent
            case Consent():
                self._presence.follow()
                if not self._take("identity"):
                    return self._refuse(codes.RATE_LIMITED)
                consent = asked.granted
        if consent is not None:
            self._set_consent(consent, call)
        return Answer()

    def _release(self, asked: Anonymize) -> Answer:
        if asked.properties is not None:
            self._ports.note(codes.PROPERTIES_IGNORED)
        if not self._presence.release(force=asked.force):
            self._ports.note(codes.ALREADY_ANONYMOUS)
        return Answer()

    def _anonymize(self, asked: Anonymize, call: _Call) -> None:
        if asked.properties is not None:
            self._ports.note(codes.PROPERTIES_IGNORED)
        if self._presence.here.bound:
            self._leave("anonymize", call)
        elif asked.force:
            self._leave("forget", call)
        else:
            self._ports.note(codes.ALREADY_ANONYMOUS)

    def _leave(self, why: str, call: _Call, uid: str | None = None) -> None:
        """The present device ends here; what follows is on a new one (CL-6)."""
        self._recorder.record("end", call.source, why=why)
        self._presence.mint(why, uid)

    def _identify(self, asked: Identify, call: _Call) -> bool:
        presence = self._presence
        bound, another = bool(presence.here.bound), not presence.here.belongs_to(asked.uid)
        if not self._take("identity"):
            self._ports.note(codes.RATE_LIMITED)
            if bound and another:
                self._leave("anonymize", call)
            return False
        if asked.suspicious:
            self._ports.note(codes.SUSPICIOUS_UID)
        found = Checked()
        if usable(asked.properties, asked.schema):
            found = self._checked(asked.properties, asked.schema, call)
        else:
            self._ports.note(codes.INVALID_PROPERTIES)
        if bound and another:
            self._leave("reidentify", call, asked.uid)
        else:
            self._recorder.open_session(split=self._config.split_on_identify and not bound)
            presence.touch()
            presence.bind(asked.uid)
        self._recorder.record("identify", call.source, uid=asked.uid, **found.members())
        self._tell_user(found)
        return True

    def _set_consent(self, granted: bool, call: _Call) -> None:
        self._recorder.open_session()
        self._presence.touch()
        self._store.write(CONSENT, f"1.{granted:d}")
        self._recorder.record("consent", call.source, granted=granted)

    def _set_properties(self, call: _Call) -> Answer:
        kind, schema = call.options.get("type"), call.options.get("schema")
        given: Any = call.options.get("properties")
        valid = kind in ("user", "page") and isinstance(given, Mapping) and usable(given, schema)
        if valid and kind == "user" and call.api == 1 and "uid" in given:
            rest = {name: value for name, value in given.items() if name != "uid"}
            asked = asked_by({"uid": given["uid"], "properties": rest or None, "schema": schema})
            return self._identity(asked, call)
        if self._capture != "on":
            return self._refuse(codes.NOT_CAPTURING)
        if not valid:
            return self._refuse(codes.INVALID_PROPERTIES)
        self._presence.follow()
        if not self._take("properties"):
            return self._refuse(codes.RATE_LIMITED)
        if kind == "user" and "uid" in given:
            self._ports.note(codes.UID_IN_PROPERTIES)
            given = {name: value for name, value in given.items() if name != "uid"}
        found = self._checked(given, schema, call)
        if kind == "page":
            self._keep_to_page(found)
        if found.properties:
            self._recorder.record("properties", call.source, type=kind, **found.members())
            if kind == "user":
                self._tell_user(found)
        return Answer()

    def _keep_to_page(self, found: Checked) -> None:
        """The first name of a page stays, and it has room for 50 names more (PR-3)."""
        self._recorder.look_around()
        names = self._presence.page_names
        for name in list(found.properties):
            if name == _PAGE_NAME and name in names:
                self._ports.note(codes.PAGE_NAME_KEPT)
                found.drop(name)
            elif name != _PAGE_NAME and name not in names and len(names - {_PAGE_NAME}) >= PAGE_NAMES_MAX:
                self._ports.note(codes.TOO_MANY_PROPERTIES, name)
                found.drop(name)
            else:
                names.add(name)

    def _track_event(self, call: _Call) -> Answer:
        if self._capture != "on":
            return self._refuse(codes.NOT_CAPTURING)
        name = call.options.get("name")
        if not _is_event_name(name):
            return self._refuse(codes.INVALID_EVENT_NAME)
        if not usable(call.options.get("properties"), call.options.get("schema")):
            return self._refuse(codes.INVALID_PROPERTIES)
        self._presence.follow()
        if not self._take("events"):
            return self._refuse(codes.RATE_LIMITED)
        self._record_event(call, name=name)
        return Answer()

    def _capture_event(self, call: _Call) -> Answer:
        if self._capture != "on":
            return self._refuse(codes.NOT_CAPTURING)
        kind, name = call.options.get("type"), call.options.get("name")
        if not isinstance(kind, str) or kind not in OBSERVED:
            return self._refuse(codes.INVALID_EVENT_TYPE)
        if name is not None and not _is_event_name(name):
            return self._refuse(codes.INVALID_EVENT_NAME)
        if not usable(call.options.get("properties"), call.options.get("schema")):
            return self._refuse(codes.INVALID_PROPERTIES)
        self._presence.follow()
        if kind != "visibility" or self._presence.n > 0:
            self._record_event(call, name=kind if name is None else name, type=kind)
        return Answer()

    def _record_event(self, call: _Call, **members: Any) -> None:
        products = members["name"] == _ORDER_COMPLETED
        found = self._checked(call.options.get("properties"), call.options.get("schema"), call, products=products)
        self._recorder.record("event", call.source, **members, **found.members())

    def _log(self, call: _Call) -> Answer:
        if self._capture != "on":
            return self._refuse(codes.NOT_CAPTURING)
        level, message = call.options.get("level"), call.options.get("msg")
        if message is None:
            level, message = None, level
        if not isinstance(message, str) or not message:
            return self._refuse(codes.INVALID_LOG)
        self._presence.follow()
        known = isinstance(level, str) and level in LEVELS
        self._recorder.record("log", call.source, level=level if known else "log", message=message)
        return Answer()

    def _get_session(self, call: _Call) -> Answer:
        presence = self._presence
        record = presence.stored() if self._capture == "on" else None
        if record is None:
            return Answer()
        url = presence.session_url(record)
        match call.options.get("format"):
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

    def _checked(self, properties: Any, schema: Any, call: _Call, *, products: bool = False) -> Checked:
        suffixes = call.api == 1 or self._config.mobile
        found = checked(properties, schema, suffixes=suffixes, products=products)
        for code, name in found.notes:
            self._ports.note(code, name)
        return found

    def _tell_user(self, found: Checked) -> None:
        presence = self._presence
        presence.user_properties |= found.properties
        user = {"uid": presence.uid, "properties": dict(presence.user_properties)}
        self._tell("user", {"user": {name: value for name, value in user.items() if value}})


def _is_event_name(name: Any) -> bool:
    return isinstance(name, str) and 1 <= len(name) <= EVENT_NAME_CHARS_MAX
