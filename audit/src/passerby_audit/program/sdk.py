"""Which calls are calls of the SDK, under all the names it goes by, and what they ask for.

Known: the v2 command form `FS('setIdentity', …)`, the v1 methods, the mobile classes, their import aliases,
`window.FS` and its kin, injected `$FullStory`, names bound to any of them. Other products' `identify` and `reset` are
not it, nor is the snippet that defines the SDK.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from passerby_audit.program.resolve import Program
from passerby_audit.program.units import Unit, dotted, last_name
from passerby_audit.syntax import (
    Argument,
    Await,
    Call,
    Choice,
    Entry,
    Index,
    Lambda,
    Literal,
    Member,
    Name,
    Node,
    Operation,
    Record,
    Return,
    Sequence,
    Template,
)

_PACKAGE = re.compile(
    r"^(@fullstory/(?!.*(babel|annotate|segment|server|data-layer|dlo))|fullstory$|react-fullstory|vue-fullstory|"
    r"@passerby/|passerby([-_./]|$)|com\.fullstory|package:(fullstory|passerby)|FullStory$|Passerby$|dev\.passerby)",
    re.IGNORECASE,
)
_GLOBALS = {
    "window",
    "globalThis",
    "self",
    "global",
    "top",
    "parent",
    "unsafeWindow",
    "win",
    "w",
    "root",
    "document",
    "js",
}
_NAMED = {
    "FullStory",
    "fullStory",
    "fullstory",
    "Fullstory",
    "$FullStory",
    "$fullstory",
    "$fullStory",
    "$FS",
    "FullStoryAPI",
    "fullStoryApi",
}
_VERBS = {
    "identify": "identify",
    "anonymize": "anonymize",
    "event": "track",
    "trackEvent": "track",
    "setUserVars": "properties",
    "setUserProperties": "properties",
    "setVars": "page",
    "shutdown": "shutdown",
    "restart": "restart",
    "start": "start",
    "consent": "consent",
    "log": "log",
}
_ADAPTER_VERBS = _VERBS | {
    "reset": "anonymize",
    "anonymise": "anonymize",
    "anonymizeUser": "anonymize",
    "clearUser": "anonymize",
    "clearIdentity": "anonymize",
    "logout": "anonymize",
    "unidentify": "anonymize",
    "identifyUser": "identify",
    "setUser": "identify",
    "setIdentity": "identify",
    "track": "track",
}
_COMMANDS = {
    "setIdentity": "identity",
    "trackEvent": "track",
    "event": "track",
    "setProperties": "properties",
    "setUserVars": "properties",
    "shutdown": "shutdown",
    "restart": "restart",
    "start": "start",
    "log": "log",
    "anonymize": "mistaken",
    "identify": "mistaken",
    "clearIdentity": "mistaken",
    "setUser": "mistaken",
    "logout": "mistaken",
    "reset": "mistaken",
}
PLACEHOLDER = re.compile(
    r"^(anonymous|anon|guest|user|unknown|none|null|undefined|visitor|n/?a|-|0|logged.?out|anonymous.?user|"
    r"guest.?user|not.?logged.?in|default|nil|nobody|no.?user)$",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Request:
    """What a call asks the SDK for.

    verb: identify, anonymize, wrong (an attempt that does neither rightly), track, properties, shutdown, restart,
    start, consent, log. `uid` is the value given, None if it cannot be seen. `is_async`: the form that returns a
    promise.
    """

    verb: str
    uid: Node | None = None
    name: Node | None = None
    is_async: bool = False
    payload: Node | None = None
    adapter: bool = False
    wrong: str = ""


class Sdk:
    """Recognition over one program."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._known: dict[tuple[int, int], str] = {}

    def is_sdk(self, node: Node, unit: Unit, depth: int = 0) -> str:
        """'' if a value is not the SDK, 'sdk' if it is, 'adapter' if it is something named after it that is not here
        to be read."""
        if depth > 6:
            return ""
        key = (id(node), id(unit))
        known = self._known.get(key)
        if known is None:
            self._known[key] = ""
            known = self._known[key] = self._is_sdk(node, unit, depth)
        return known

    def _is_sdk(self, node: Node, unit: Unit, depth: int) -> str:
        if isinstance(node, Await):
            return self.is_sdk(node.value, unit, depth + 1)
        if isinstance(node, Name):
            return self._name(node.text, unit, depth)
        if isinstance(node, Member):
            return self._member(node, unit, depth)
        if isinstance(node, Index):
            return "sdk" if "_fs_namespace" in dotted(node.index) + dotted(node.base) else ""
        if isinstance(node, Operation) and node.operator in ("||", "??", "&&", "!!"):
            return self.is_sdk(node.operands[-1], unit, depth + 1) or self.is_sdk(node.operands[0], unit, depth + 1)
        if isinstance(node, Choice):
            return self.is_sdk(node.yes, unit, depth + 1) or self.is_sdk(node.no, unit, depth + 1)
        if isinstance(node, Call) and last_name(node.callee) in (
            "useFullStory",
            "useFullstory",
            "getFullStory",
            "useFS",
            "getFS",
        ):
            return self._hook(node, unit, depth)
        if isinstance(node, Call) and last_name(node.callee) in (
            "require",
            "import",
            "_interopRequireWildcard",
            "inject",
        ):
            first = node.arguments[0].value if node.arguments else None
            if isinstance(first, Literal):
                return "sdk" if _PACKAGE.match(first.value) or first.value in _NAMED | {"FS"} else ""
            return self.is_sdk(first, unit, depth + 1) if first is not None else ""
        if isinstance(node, Call) and not node.constructs:
            return self._given_back(node, unit, depth)
        return ""

    def _given_back(self, node: Call, unit: Unit, depth: int) -> str:
        """A function that gives the SDK back: `const getFS = () => window.FS`."""
        for made in self.program.target(node.callee, unit).units[:3]:
            for statement in made.function.body:
                if isinstance(statement, Return) and statement.value is not None:
                    found = self.is_sdk(statement.value, made, depth + 1)
                    if found:
                        return found
        return ""

    def _hook(self, node: Call, unit: Unit, depth: int) -> str:
        target = self.program.target(node.callee, unit)
        return self._given_back(node, unit, depth) if target.units else "sdk"

    def _name(self, text: str, unit: Unit, depth: int) -> str:
        binding = unit.lookup(text)
        if binding is None:
            if text == "FS":
                return "" if text in self.program.types and unit.file.language != "javascript" else "sdk"
            if text in _NAMED:
                return "" if text in self.program.types else "sdk"
            if unit.file.language != "javascript" and self.program.field_binding(text, unit) is not None:
                return self._field(text, unit, depth)
            return ""
        if binding.kind == "import":
            if _PACKAGE.match(binding.source):
                return (
                    "sdk"
                    if binding.key in ("*", "default", "FullStory", "FS", "Fullstory") or binding.key == text == "FS"
                    else ""
                )
            file = self.program.file_of(binding.source, unit.file)
            if file is not None:
                given = self.program.exported(file, binding.key)
                if given is None:
                    exported = file.exports.get(binding.key)
                    return (
                        "sdk"
                        if exported is not None and exported[1] is not None and _PACKAGE.match(exported[1])
                        else ""
                    )
                home, found = given
                if found.kind == "import":
                    return self._name(
                        found.key if found.key not in ("default", "*") else binding.key, home.top, depth + 1
                    ) or ("sdk" if _PACKAGE.match(found.source) else "")
                if found.kind == "value" and found.value is not None and not found.key:
                    return self.is_sdk(found.value, home.top, depth + 1)
                return ""
            if unit.file.language != "javascript":
                return "sdk" if binding.source.endswith(("fullstory.FS", "FullStory")) else ""
            local = binding.source.startswith((".", "@", "~", "src/", "#"))
            fullstory = re.search(r"full-?_?story", binding.source + text, re.IGNORECASE)
            return "adapter" if local and fullstory else ""
        if binding.kind == "parameter":
            if binding.type and binding.type.split(".")[-1] in self.program.types:
                return ""
            if (
                re.search(r"full-?_?story", binding.type + text, re.IGNORECASE)
                or text == "FS"
                or binding.type in ("FS", "FS.Type")
            ):
                return "sdk" if text != "fs" else ""
            return "sdk" if binding.key in _NAMED | {"FS"} else ""
        if binding.kind == "value" and binding.value is not None:
            if binding.key:
                if binding.key in _NAMED | {"FS"}:
                    source = binding.value
                    return (
                        "sdk"
                        if last_name(source) in _GLOBALS
                        or "fullstory" in dotted(source).lower()
                        or self.is_sdk(source, binding.unit or unit, depth + 1)
                        else ""
                    )
                return ""
            return self.is_sdk(binding.value, binding.unit or unit, depth + 1)
        if binding.kind == "value" and text in _NAMED | {"FS"} and binding.value is None:
            return "sdk"
        return ""

    def _member(self, node: Member, unit: Unit, depth: int) -> str:
        base = node.base
        if node.name == "FS" or node.name in _NAMED:
            if isinstance(base, Name):
                if base.text in ("this", "self"):
                    return self._field(node.name, unit, depth)
                if base.text in _GLOBALS:
                    return "sdk"
                binding = unit.lookup(base.text)
                if binding is not None and binding.kind == "import" and _PACKAGE.match(binding.source):
                    return "sdk"
                if (
                    binding is not None
                    and binding.kind == "value"
                    and binding.value is not None
                    and last_name(binding.value) in _GLOBALS
                ):
                    return "sdk"
            if isinstance(base, Member) and (
                base.name in _GLOBALS | {"defaultView", "prototype", "fullstory", "config", "globalProperties"}
            ):
                return "sdk"
            if isinstance(base, Call) and "window" in dotted(base).lower():
                return "sdk"
            return "sdk" if node.name.startswith("$") else ""
        if node.name in ("default", "current", "self"):
            return self.is_sdk(base, unit, depth + 1)
        if isinstance(base, Name) and base.text in ("this", "self"):
            return self._field(node.name, unit, depth)
        return ""

    def _field(self, name: str, unit: Unit, depth: int) -> str:
        binding = self.program.field_binding(name, unit)
        if binding is None:
            return "sdk" if name in _NAMED | {"FS"} else ""
        if binding.type in ("FS", "FS.Type", "com.fullstory.FS"):
            return "sdk"
        if binding.type and binding.type.split(".")[-1] in self.program.types:
            return ""
        if binding.value is not None:
            return self.is_sdk(binding.value, binding.unit or unit, depth + 1)
        named = re.search(r"full-?_?story", binding.type + name, re.IGNORECASE)
        return "adapter" if named or name == "FS" else ""

    def request(self, call: Call, unit: Unit) -> Request | None:
        """What a call asks for, or None when it is no call of the SDK."""
        callee = call.callee
        if isinstance(callee, Await):
            callee = callee.value
        if isinstance(callee, Member) and callee.name in ("call", "apply") and self.is_sdk(callee.base, unit):
            return None
        if isinstance(callee, (Name, Member, Index, Call)):
            direct = self.is_sdk(callee, unit)
            if direct and not call.constructs:
                made = self._command(call.arguments, unit)
                if made is not None:
                    made.adapter = direct == "adapter"
                return made
        if isinstance(callee, Member):
            kind = self.is_sdk(callee.base, unit)
            if kind:
                verb = (_ADAPTER_VERBS if kind == "adapter" else _VERBS).get(callee.name)
                return None if verb is None else self._method(verb, call, unit, kind == "adapter")
        if isinstance(callee, Name):
            binding = unit.lookup(callee.text)
            if binding is not None and binding.kind == "import" and _PACKAGE.match(binding.source):
                verb = _VERBS.get(binding.key)
                return None if verb is None else self._method(verb, call, unit, False)
        return None

    def _command(self, arguments: list[Argument], unit: Unit) -> Request | None:
        first = self.program.constant(arguments[0].value, unit) if arguments else None
        if not isinstance(first, Literal) or first.kind != "string":
            return None
        operation = first.value
        is_async = operation.endswith("Async")
        verb = _COMMANDS.get(operation.removesuffix("Async"))
        if verb is None:
            return None
        given = arguments[1].value if len(arguments) > 1 else None
        payload = self.program.constant(given, unit)
        if verb == "mistaken":
            return Request("wrong", wrong="command", payload=payload, is_async=is_async)
        if verb == "identity":
            return self.identity(payload, unit, is_async)
        name = payload.get("name") if isinstance(payload, Record) else None
        if verb == "properties" and isinstance(payload, Record):
            kind = payload.get("type")
            if isinstance(kind, Literal) and kind.value != "user":
                return None
        return Request(verb, None, name, is_async, payload)

    def identity(self, payload: Node | None, unit: Unit, is_async: bool) -> Request | None:
        """`setIdentity` by its payload."""
        if payload is None:
            return Request("wrong", is_async=is_async, wrong="empty")
        if isinstance(payload, Literal):
            if payload.kind == "boolean" and payload.value == "false":
                return Request("anonymize", is_async=is_async, payload=payload)
            if payload.kind in ("null", "undefined") or payload.value == "":
                return Request("wrong", is_async=is_async, payload=payload, wrong="empty")
            return Request("identify", payload, None, is_async, payload)
        if not isinstance(payload, Record):
            return Request("identify", None, None, is_async, payload)
        spread = any(entry.key is None for entry in payload.entries)
        anonymous = payload.get("anonymous")
        uid = payload.get("uid")
        if anonymous is not None:
            value = self.program.constant(anonymous, unit)
            if uid is not None and isinstance(value, Literal) and value.value == "false":
                return self._uid(uid, unit, is_async, payload)
            if uid is not None and not (isinstance(uid, Literal) and uid.kind != "string"):
                return Request("wrong", uid, None, is_async, payload, wrong="both")
            if isinstance(value, Literal) and value.kind == "boolean" and value.value == "true":
                return Request("anonymize", None, None, is_async, payload)
            if isinstance(value, Operation) and value.operator == "!" and isinstance(value.operands[0], Literal):
                return Request(
                    "anonymize" if value.operands[0].value in ("0", "false") else "wrong",
                    None,
                    None,
                    is_async,
                    payload,
                    wrong="anonymous",
                )
            if isinstance(value, Literal):
                return Request("wrong", None, None, is_async, payload, wrong="anonymous")
            return Request("anonymize", None, None, is_async, payload)
        if uid is None:
            if payload.get("consent") is not None:
                return Request("consent", None, None, is_async, payload)
            if spread or (payload.get("properties") is not None and payload.entries):
                return Request("identify" if spread else "properties", None, None, is_async, payload)
            return Request("wrong", None, None, is_async, payload, wrong="empty")
        return self._uid(uid, unit, is_async, payload)

    def _uid(self, uid: Node, unit: Unit, is_async: bool, payload: Node | None) -> Request:
        value = self.program.constant(uid, unit) or uid
        if isinstance(value, Literal):
            if value.kind == "boolean":
                wrong = value.value == "true"
                return Request(
                    "wrong" if wrong else "anonymize", uid, None, is_async, payload, wrong="boolean" if wrong else ""
                )
            if value.kind in ("null", "undefined") or (value.kind == "string" and not value.value.strip()):
                return Request("wrong", uid, None, is_async, payload, wrong="empty uid")
            if PLACEHOLDER.match(value.value):
                return Request("wrong", uid, None, is_async, payload, wrong="placeholder")
        if (
            isinstance(value, Operation)
            and value.operator == "!"
            and isinstance(value.operands[0], Literal)
            and value.operands[0].value == "1"
        ):
            return Request("anonymize", uid, None, is_async, payload)
        return Request("identify", uid, None, is_async, payload)

    def _method(self, verb: str, call: Call, unit: Unit, adapter: bool) -> Request | None:
        arguments = call.arguments
        named = {a.label: a.value for a in arguments if a.label}
        first = (
            named.get("uid")
            or named.get("userId")
            or named.get("uniqueId")
            or (arguments[0].value if arguments else None)
        )
        if verb == "identify":
            if adapter:
                uid = first if isinstance(first, (Member, Literal, Template)) else None
                return Request("identify", uid, payload=first, adapter=True)
            if first is None:
                return Request("wrong", wrong="empty")
            made = self._uid(first, unit, False, arguments[1].value if len(arguments) > 1 else None)
            if isinstance(first, (Record, Lambda, Sequence)) and made.verb == "identify":
                made.uid = None
            return made
        if verb == "page":
            scope = arguments[0].value if arguments else None
            return (
                Request("properties", payload=arguments[1].value if len(arguments) > 1 else None)
                if isinstance(scope, Literal) and scope.value == "user"
                else None
            )
        name = named.get("name") or first
        return Request(
            verb, None, name if verb == "track" else None, False, first if verb == "properties" else None, adapter
        )


def entry_at(payload: Node | None, key: str) -> Node | None:
    """A value in a record payload, if it can be seen."""
    return payload.get(key) if isinstance(payload, Record) else None


__all__ = ["Entry", "Request", "Sdk", "entry_at"]
