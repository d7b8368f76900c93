"""What each call of an app means while capture is on (CL-7, CL-9, CL-12, CL-13).

A call goes through the same stations each time (CL-14): it is refused, or the record is followed, a token taken, the
call remarked on, and only then is something recorded. Who the page is, is `presence`'s matter;
how an operation comes about, `recorder`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, assert_never

from passerby_client import codes
from passerby_client.config import Config
from passerby_client.limits import Bucket
from passerby_client.ports import Ports
from passerby_client.presence import Presence
from passerby_client.properties import members, traits, usable
from passerby_client.recorder import Recorder
from passerby_client.store import CONSENT, Store
from passerby_client.uid import Anonymize, Asked, Consent, Identify, asked_by

EVENT_NAME_CHARS_MAX: Final = 250
PAGE_NAMES_MAX: Final = 50
LEVELS: Final = frozenset({"log", "info", "warn", "error", "debug"})
_VISIBILITY: Final = "visibility"
OBSERVED: Final = frozenset({"click", "navigate", "exception", _VISIBILITY, "change"})

_PAGE_NAME: Final = "pageName"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call returned, or the code of why it was refused or dropped."""

    value: Any = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    name: str
    given: Any
    """The options, any JSON value."""
    api: int = 2
    source: str | None = None

    def option(self, name: str) -> Any:
        return self.given.get(name) if isinstance(self.given, Mapping) else None

    @property
    def asked(self) -> Asked | str | None:
        """What a call that concerns identity asks for, or the code that refuses it; None for any other (ID-10)."""
        if self.name == "setIdentity":
            return asked_by(self.given)
        properties: Any = self.option("properties")
        if self.name != "setProperties" or self.api != 1 or self.option("type") != "user":
            return None
        if not isinstance(properties, Mapping) or "uid" not in properties:
            return None
        rest = _without_uid(properties) or None
        return asked_by({"uid": properties["uid"], "properties": rest, "schema": self.option("schema")})


class Calls:
    def __init__(
        self,
        ports: Ports,
        config: Config,
        store: Store,
        presence: Presence,
        recorder: Recorder,
        tell: Callable[[str, Any], None],
    ) -> None:
        self._ports = ports
        self._config = config
        self._store = store
        self._presence = presence
        self._recorder = recorder
        self._tell = tell
        self._known: dict[str, Callable[[Call], Answer]] = {
            "setIdentity": self._set_identity,
            "setProperties": self._set_properties,
            "trackEvent": self._track_event,
            "capture": self._capture,
            "log": self._log,
        }

    def know(self, name: str) -> bool:
        return name in self._known

    def perform(self, call: Call) -> Answer:
        """Do a call that is known, on a page that captures."""
        return self._known[call.name](call)

    def refuse(self, code: str) -> Answer:
        self._ports.note(code)
        return Answer(error=code)

    def release(self, asked: Anonymize) -> Answer:
        """An anonymize while nothing is captured (SE-3)."""
        if asked.properties is not None:
            self._ports.note(codes.PROPERTIES_IGNORED)
        if not self._presence.release(force=asked.force):
            self._ports.note(codes.ALREADY_ANONYMOUS)
        return Answer()

    def _set_identity(self, call: Call) -> Answer:
        return self._change_identity(asked_by(call.given), call)

    def _change_identity(self, asked: Asked | str, call: Call) -> Answer:
        if isinstance(asked, str):
            return self.refuse(asked)
        self._presence.follow()
        match asked:
            case Anonymize(consent=consent):
                self._anonymize(asked, call)
            case Identify(consent=consent):
                if not self._identify(asked, call):
                    return Answer(error=codes.RATE_LIMITED)
            case Consent(granted=consent):
                if not self._take("identity"):
                    return self.refuse(codes.RATE_LIMITED)
            case _:
                assert_never(asked)
        if consent is not None:
            self._set_consent(consent, call)
        return Answer()

    def _anonymize(self, asked: Anonymize, call: Call) -> None:
        if asked.properties is not None:
            self._ports.note(codes.PROPERTIES_IGNORED)
        if self._presence.here.bound:
            self._leave("anonymize", call)
        elif asked.force:
            self._leave("forget", call)
        else:
            self._ports.note(codes.ALREADY_ANONYMOUS)

    def _leave(self, why: str, call: Call, uid: str | None = None) -> None:
        """The present device ends here; what follows is on a new one (CL-6)."""
        self._recorder.record("end", call.source, why=why)
        self._presence.mint(why, uid)

    def _identify(self, asked: Identify, call: Call) -> bool:
        presence = self._presence
        bound = bool(presence.here.bound)
        another = bound and not presence.here.belongs_to(asked.uid)
        if not self._take("identity"):
            self._ports.note(codes.RATE_LIMITED)
            if another:
                self._leave("anonymize", call)
            return False
        if asked.suspicious:
            self._ports.note(codes.SUSPICIOUS_UID)
        carried: dict[str, Any] = {}
        if usable(asked.properties, asked.schema):
            carried = self._carried(asked.properties, asked.schema, call)
        else:
            self._ports.note(codes.INVALID_PROPERTIES)
        if another:
            self._leave("reidentify", call, asked.uid)
        else:
            self._recorder.open_session(split=self._config.split_on_identify and not bound)
            presence.touch()
            presence.bind(asked.uid)
        self._recorder.record("identify", call.source, uid=asked.uid, **carried)
        self._tell_user(carried)
        return True

    def _set_consent(self, granted: bool, call: Call) -> None:
        self._recorder.open_session()
        self._presence.touch()
        self._store.write(CONSENT, f"1.{granted:d}")
        self._recorder.record("consent", call.source, granted=granted)

    def _set_properties(self, call: Call) -> Answer:
        kind, given, schema = call.option("type"), call.option("properties"), call.option("schema")
        if kind not in ("user", "page") or not isinstance(given, Mapping) or not usable(given, schema):
            return self.refuse(codes.INVALID_PROPERTIES)
        if (asked := call.asked) is not None:
            return self._change_identity(asked, call)
        self._presence.follow()
        if not self._take("properties"):
            return self.refuse(codes.RATE_LIMITED)
        if kind == "user" and "uid" in given:
            self._ports.note(codes.UID_IN_PROPERTIES)
            given = _without_uid(given)
        if kind == "page":
            given = self._kept_to_page(given)
        if carried := self._carried(given, schema, call):
            self._recorder.record("properties", call.source, type=kind, **carried)
            if kind == "user":
                self._tell_user(carried)
        return Answer()

    def _kept_to_page(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The first name of a page stays, and it has room for 50 names more (PR-3)."""
        self._recorder.look_around()
        names = self._presence.page_names
        kept: dict[str, Any] = {}
        for name, value in given.items():
            if name == _PAGE_NAME and name in names:
                self._ports.note(codes.PAGE_NAME_KEPT)
            elif name != _PAGE_NAME and name not in names and len(names - {_PAGE_NAME}) >= PAGE_NAMES_MAX:
                self._ports.note(codes.TOO_MANY_PROPERTIES, name)
            else:
                names.add(name)
                kept[name] = value
        return kept

    def _track_event(self, call: Call) -> Answer:
        name = call.option("name")
        if not _is_event_name(name):
            return self.refuse(codes.INVALID_EVENT_NAME)
        if not usable(call.option("properties"), call.option("schema")):
            return self.refuse(codes.INVALID_PROPERTIES)
        self._presence.follow()
        if not self._take("events"):
            return self.refuse(codes.RATE_LIMITED)
        self._record_event(call, name=name)
        return Answer()

    def _capture(self, call: Call) -> Answer:
        kind, name = call.option("type"), call.option("name")
        if not isinstance(kind, str) or kind not in OBSERVED:
            return self.refuse(codes.INVALID_EVENT_TYPE)
        if name is not None and not _is_event_name(name):
            return self.refuse(codes.INVALID_EVENT_NAME)
        if not usable(call.option("properties"), call.option("schema")):
            return self.refuse(codes.INVALID_PROPERTIES)
        self._presence.follow()
        if kind != _VISIBILITY or self._presence.n > 0:
            self._record_event(call, name=kind if name is None else name, type=kind)
        return Answer()

    def _record_event(self, call: Call, **named: Any) -> None:
        carried = self._carried(call.option("properties"), call.option("schema"), call)
        self._recorder.record("event", call.source, **named, **carried)

    def _log(self, call: Call) -> Answer:
        level, message = call.option("level"), call.option("msg")
        if message is None:
            level, message = None, level
        if not isinstance(message, str) or not message:
            return self.refuse(codes.INVALID_LOG)
        self._presence.follow()
        known = isinstance(level, str) and level in LEVELS
        self._recorder.record("log", call.source, level=level if known else "log", message=message)
        return Answer()

    def _take(self, bucket: Bucket) -> bool:
        return self._presence.limits.take(bucket, self._ports.clock.wall_ms())

    def _carried(self, properties: Any, schema: Any, call: Call) -> dict[str, Any]:
        return members(properties, schema, suffixes=call.api == 1 or self._config.mobile)

    def _tell_user(self, carried: Mapping[str, Any]) -> None:
        presence = self._presence
        presence.user_properties |= traits(carried)
        user = {"uid": presence.uid, "properties": dict(presence.user_properties)}
        self._tell("user", {"user": {name: value for name, value in user.items() if value}})


def _is_event_name(name: Any) -> bool:
    return isinstance(name, str) and 1 <= len(name) <= EVENT_NAME_CHARS_MAX


def _without_uid(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in properties.items() if name != "uid"}
