"""What each call of an app means (CL-7, CL-9, CL-12, CL-13).

A call goes through the same stations each time (CL-14): it is refused, or the record is followed, a token taken, the
call remarked on, and only then is something recorded. Whom the page acts for is `identity`'s matter; how an operation
comes about, `recorder`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from passerby_client import codes
from passerby_client.activity import Activity
from passerby_client.identity import Identity
from passerby_client.limits import Bucket
from passerby_client.ports import Ports
from passerby_client.presence import Presence
from passerby_client.properties import UNUSABLE, again, copied, members, members_of, plain, traits, usable
from passerby_client.queue import Entry
from passerby_client.recorder import Recorder
from passerby_client.settings import Settings
from passerby_client.standing import Standing
from passerby_client.store import CONSENT, Store
from passerby_client.uid import ABSENT, Anonymize, Consent, Identify, asked_by

EVENT_NAME_CHARS_MAX: Final = 250
MESSAGE_CHARS_MAX: Final = 8192
LEVELS: Final = frozenset({"log", "info", "warn", "error", "debug"})
_VISIBILITY: Final = "visibility"
OBSERVED: Final = frozenset({"click", "navigate", "exception", _VISIBILITY, "change"})
_SET_IDENTITY: Final = "setIdentity"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call returned, or the code of why it was refused or dropped."""

    value: Any = None
    error: str | None = None
    entry: Entry | None = None
    """The operation whose answer the call is to wait for (ID-8)."""


@dataclass(frozen=True, slots=True)
class Call:
    name: str
    given: Any
    """The options, any JSON value."""
    api: int = 2
    source: str | None = None
    uid: Any = ABSENT
    """What user properties have as `uid`; it is no property (ID-10)."""

    @classmethod
    def made(cls, name: str, given: Any, api: int, source: str | None) -> Call:
        """The call as it is now: what the app changes in its options afterwards shows nowhere."""
        if not isinstance(given, Mapping):
            return cls(name, given, api, source)
        options, uid = members_of(given) or {}, ABSENT
        rest = members_of(options.get("properties"))
        if name == "setProperties" and options.get("type") == "user" and rest is not None:
            uid = rest.pop("uid", ABSENT)
            options["properties"] = rest
        for member in ("properties", "schema"):
            if member in options:
                options[member] = copied(options[member])
        if name == _SET_IDENTITY and (sig := plain(options.pop("signature", ABSENT))) is not UNUSABLE:
            options["signature"] = sig
        return cls(name, options, api, source, uid)

    def option(self, name: str) -> Any:
        return self.given.get(name) if isinstance(self.given, Mapping) else None

    def has(self, name: str) -> bool:
        return isinstance(self.given, Mapping) and name in self.given

    @property
    def v1_identity(self) -> dict[str, Any] | None:
        """The options of the `setIdentity` that a v1 `setProperties` stands for, if it does (ID-10)."""
        if self.uid is ABSENT or self.api != 1:
            return None
        rest = self.option("properties")
        return {"uid": self.uid, "schema": self.option("schema"), **({"properties": rest} if rest else {})}

    @property
    def says_who(self) -> bool:
        """Whether it speaks of who is there; it then waits for nothing (CL-16)."""
        if self.name == _SET_IDENTITY:
            return not isinstance(self.given, Mapping) or self.has("uid") or self.has("anonymous")
        return self.v1_identity is not None


class Calls:
    def __init__(
        self,
        ports: Ports,
        settings: Settings,
        store: Store,
        presence: Presence,
        activity: Activity,
        standing: Standing,
        recorder: Recorder,
        identity: Identity,
        tell: Callable[[str, Any], None],
    ) -> None:
        self._ports = ports
        self._settings = settings
        self._store = store
        self._presence = presence
        self._activity = activity
        self._standing = standing
        self._recorder = recorder
        self._identity = identity
        self._tell = tell
        self._known: dict[str, Callable[[Call], Answer]] = {
            _SET_IDENTITY: self._set_identity,
            "setProperties": self._set_properties,
            "trackEvent": self._track_event,
            "capture": self._capture,
            "log": self._log,
        }

    def know(self, name: str) -> bool:
        return name in self._known

    def perform(self, call: Call) -> Answer:
        """Do a call that is known, or keep it until it is known who is there."""
        if not call.says_who and self._recorder.wait(lambda: self._act(call)):
            return Answer()
        return self._act(call)

    def refuse(self, code: str) -> Answer:
        self._ports.note(code)
        return Answer(error=code)

    def touch(self) -> None:
        """A user's input (SE-1)."""
        standing = self._standing
        if standing.capture != "on":
            return
        self._identity.follow()
        is_new = standing.renew()
        self._activity.touch(is_beginning=False, is_apart=standing.is_apart)
        is_awaited = standing.is_unshown and not self._recorder.is_waiting
        if standing.is_page_due and ((is_new and standing.n > 0) or is_awaited):
            self._recorder.record_page()

    def _act(self, call: Call) -> Answer:
        if call.name == _SET_IDENTITY or self._standing.capture == "on" or call.v1_identity is not None:
            return self._known[call.name](call)
        return self.refuse(codes.NOT_CAPTURING)

    def _set_identity(self, call: Call) -> Answer:
        return self._change_identity(call.given, call)

    def _change_identity(self, options: Any, call: Call) -> Answer:
        asked = asked_by(options)
        if isinstance(asked, Anonymize):
            return self._anonymize(asked, call)
        if self._standing.capture != "on" and asked not in (codes.UID_AND_ANONYMOUS, codes.INVALID_SCOPE):
            return self.refuse(codes.NOT_CAPTURING)
        match asked:
            case str(code):
                return self.refuse(code)
            case Identify():
                return self._identify(asked, call)
            case Consent(granted):
                self._identity.follow()
                if not self._take("identity"):
                    return self.refuse(codes.RATE_LIMITED)
                self._record_consent(granted, call)
                return Answer()

    def _anonymize(self, asked: Anonymize, call: Call) -> Answer:
        if asked.has_properties:
            self._ports.note(codes.PROPERTIES_IGNORED)
        is_released = self._identity.anonymize(call.source, is_forced=asked.force, is_page=asked.is_page)
        if asked.consent is not None and self._standing.capture == "on":
            self._record_consent(asked.consent, call)
        if self._presence.is_stuck:
            return self.refuse(codes.NOT_RELEASED)
        if not is_released:
            self._ports.note(codes.ALREADY_ANONYMOUS)
        return Answer()

    def _identify(self, asked: Identify, call: Call) -> Answer:
        identity = self._identity
        identity.follow(asked.uid, call.source, speaks=not asked.is_page)
        is_others = identity.is_others(asked.uid)
        if not self._take("identity"):
            if is_others:
                identity.anonymize(call.source, is_forced=False, is_page=asked.is_page)
            return self.refuse(codes.RATE_LIMITED)
        if self._ports.is_suspicious is not None and self._ports.is_suspicious(asked.uid):
            self._ports.note(codes.SUSPICIOUS_UID)
        carried: dict[str, Any] = {}
        if usable(asked.properties, asked.schema):
            carried = self._carried(asked.properties, asked.schema, call)
        else:
            self._ports.note(codes.INVALID_PROPERTIES)
        if asked.sig is not ABSENT:
            carried["sig"] = asked.sig
        identity.identify(asked.uid, carried, call.source, is_page=asked.is_page)
        self._tell_user(carried)
        if asked.consent is not None:
            self._record_consent(asked.consent, call)
        if is_others and self._presence.is_stuck:
            return self.refuse(codes.NOT_RELEASED)
        return Answer()

    def _record_consent(self, granted: bool, call: Call) -> None:
        self.touch()
        self._recorder.record("consent", call.source, granted=granted)
        self._store.write(CONSENT, f"1.{granted:d}")

    def _set_properties(self, call: Call) -> Answer:
        if (options := call.v1_identity) is not None:
            return self._change_identity(options, call)
        kind, given, schema = call.option("type"), call.option("properties"), call.option("schema")
        if kind not in ("user", "page") or given is None or not usable(given, schema):
            return self.refuse(codes.INVALID_PROPERTIES)
        self._identity.follow()
        if not self._take("properties"):
            return self.refuse(codes.RATE_LIMITED)
        if call.uid is not ABSENT:
            self._ports.note(codes.UID_IN_PROPERTIES)
        if kind == "page":
            given = self._standing.names.kept(given)
        if carried := self._carried(given, schema, call):
            self._standing.renew()
            self._recorder.record("properties", call.source, type=kind, **carried)
            if kind == "user":
                self._tell_user(carried)
        return Answer()

    def _track_event(self, call: Call) -> Answer:
        name = call.option("name")
        if not _is_event_name(name):
            return self.refuse(codes.INVALID_EVENT_NAME)
        if not usable(call.option("properties"), call.option("schema")):
            return self.refuse(codes.INVALID_PROPERTIES)
        self._identity.follow()
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
        self._identity.follow()
        if kind != _VISIBILITY or self._standing.n > 0 or self._standing.is_unshown:
            self._record_event(call, name=kind if name is None else name, type=kind)
        return Answer()

    def _record_event(self, call: Call, **named: Any) -> None:
        carried = self._carried(call.option("properties"), call.option("schema"), call)
        self._standing.renew()
        self._recorder.record("event", call.source, **named, **carried)

    def _log(self, call: Call) -> Answer:
        level, message = call.option("level"), call.option("msg")
        if not call.has("msg"):
            level, message = None, level
        if not isinstance(message, str) or not message:
            return self.refuse(codes.INVALID_LOG)
        self._identity.follow()
        self._standing.renew()
        known = isinstance(level, str) and level in LEVELS
        cut = message[:MESSAGE_CHARS_MAX]
        self._recorder.record("log", call.source, level=level if known else "log", message=cut)
        return Answer()

    def _take(self, bucket: Bucket) -> bool:
        return self._standing.limits.take(bucket, self._ports.wall_ms())

    def _carried(self, properties: Any, schema: Any, call: Call) -> dict[str, Any]:
        return members(properties, schema, suffixes=call.api == 1 or self._settings.mobile)

    def _tell_user(self, carried: Mapping[str, Any]) -> None:
        standing = self._standing
        standing.user_properties |= traits(carried)
        user = {"uid": standing.uid, "properties": again(standing.user_properties)}
        self._tell("user", {"user": {name: value for name, value in user.items() if value}})


def _is_event_name(name: Any) -> bool:
    return isinstance(name, str) and 1 <= len(name) <= EVENT_NAME_CHARS_MAX
