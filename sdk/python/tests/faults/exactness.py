"""What a tired hand could do to types, units, numbers and texts."""

from __future__ import annotations

from typing import Final

from tests.faults.planting import Fault

_CALLS: Final = "passerby_client.calls"
_JSON_TEXT: Final = "passerby_client.json_text"
_LIMITS: Final = "passerby_client.limits"
_PAGE_NAMES: Final = "passerby_client.page_names"
_RECORDER: Final = "passerby_client.recorder"
_SETTINGS: Final = "passerby_client.settings"
_UID: Final = "passerby_client.uid"

FAULTS: Final = (
    Fault(
        "a source is cut by UTF-16",
        _RECORDER,
        "source[:SOURCE_CHARS_MAX]",
        'source.encode("utf-16-le", "surrogatepass")[: 2 * SOURCE_CHARS_MAX].decode("utf-16-le", "replace")',
        ("capture/sources-are-cut-at-characters",),
    ),
    Fault(
        "a source is cut by bytes",
        _RECORDER,
        "source[:SOURCE_CHARS_MAX]",
        'source.encode("utf-8", "surrogatepass")[:SOURCE_CHARS_MAX].decode("utf-8", "replace")',
        ("capture/sources-are-cut-at-characters",),
    ),
    Fault(
        "a source of any type is one",
        _RECORDER,
        "if source and isinstance(source, str):",
        """if source:
            source = str(source)""",
        ("capture/sources-that-are-no-texts",),
    ),
    Fault(
        "a message is cut by UTF-16",
        _CALLS,
        "cut = message[:MESSAGE_CHARS_MAX]",
        'cut = message.encode("utf-16-le", "surrogatepass")[: 2 * MESSAGE_CHARS_MAX].decode("utf-16-le", "replace")',
        ("capture/log-messages-are-cut",),
    ),
    Fault(
        "an event's name is measured in UTF-16",
        _CALLS,
        "1 <= len(name) <= EVENT_NAME_CHARS_MAX",
        '1 <= len(name.encode("utf-16-le", "surrogatepass")) // 2 <= EVENT_NAME_CHARS_MAX',
        ("capture/event-names",),
    ),
    Fault(
        "outboxes are measured in characters",
        _JSON_TEXT,
        'len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2',
        "len(text)",
        ("queue/outboxes-count-units-of-utf-16", "queue/remains-count-in-units"),
    ),
    Fault(
        "outboxes are measured in bytes",
        _JSON_TEXT,
        'len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2',
        "len(text.encode())",
        ("queue/outboxes-count-what-is-not-escaped", "queue/outboxes-count-units-of-utf-16-exactly"),
    ),
    Fault(
        "numbers are printed as Python does",
        _JSON_TEXT,
        'return number_text(value) if math.isfinite(value) else "null"',
        'return repr(value) if math.isfinite(value) else "null"',
        ("capture/numbers-as-ecmascript-prints-them",),
    ),
    Fault(
        "everything beyond ASCII is escaped",
        _JSON_TEXT,
        "encode_basestring(text))",
        "__import__('json').dumps(text))",
        ("properties/exactly-512-kib", "properties/escapes-that-json-demands"),
    ),
    Fault(
        "a bucket has a tolerance",
        _LIMITS,
        "return self._level >= self._window_ms",
        "return self._level >= self._window_ms - self._most",
        ("limits/ten-identities-a-second", "limits/thirty-identities-a-minute"),
    ),
    Fault(
        "a bucket is rounded",
        _LIMITS,
        "self._level + gap_ms * self._most)",
        "self._level + gap_ms * self._most // self._window_ms * self._window_ms)",
        ("limits/ten-identities-a-second", "limits/thirty-identities-a-minute"),
    ),
    Fault(
        "any list of one word is a scope",
        _UID,
        "if scope is not None and scope != _PAGE:",
        "if scope is not None and scope not in (_PAGE, [_PAGE]):",
        ("identity/a-scope-is-a-text", "capture/scopes-are-texts"),
    ),
    Fault(
        "any list of one word is a type of event",
        _CALLS,
        """kind, name = call.option("type"), call.option("name")
""",
        """kind, name = call.option("type"), call.option("name")
        kind = kind[0] if isinstance(kind, list) and kind else kind
""",
        ("capture/platform-events-of-other-types",),
    ),
    Fault(
        "any list of one word is a level",
        _CALLS,
        "known = isinstance(level, str) and level in LEVELS",
        """level = level[0] if isinstance(level, list) and level else level
        known = isinstance(level, str) and level in LEVELS""",
        ("capture/logs-of-other-types",),
    ),
    Fault(
        "any list of one word is a type of properties",
        _CALLS,
        'if kind not in ("user", "page") or',
        """kind = kind[0] if isinstance(kind, list) and kind else kind
        if kind not in ("user", "page") or""",
        ("properties/a-type-is-a-text", "capture/properties-of-other-types"),
    ),
    Fault(
        "the same page name twice is noted",
        _PAGE_NAMES,
        "return bool(value == self._first)",
        "return False",
        ("properties/the-same-page-name-again", "properties/a-page-name-that-is-none"),
    ),
    Fault(
        "any page name counts as the first",
        _PAGE_NAMES,
        """        if isinstance(value, str):
            self._first = value""",
        """        if value:
            self._first = value""",
        ("properties/a-page-name-that-is-none",),
    ),
    Fault(
        "names of a page are counted as they come",
        _PAGE_NAMES,
        "sorted(given, key=in_utf16)",
        "list(given)",
        ("properties/page-names-in-order",),
    ),
    Fault(
        "names of a page are sorted by characters",
        _PAGE_NAMES,
        "sorted(given, key=in_utf16)",
        "sorted(given)",
        ("properties/page-names-in-order",),
    ),
    Fault(
        "page properties without names look at no address",
        _CALLS,
        'if kind == "page":',
        'if kind == "page" and given:',
        ("properties/page-properties-end-unseen",),
    ),
    Fault(
        "a uid counts to the size of user properties",
        _CALLS,
        "and rest is not None:",
        'and rest is not None and usable(copied(options.get("properties")), None):',
        ("properties/a-uid-that-is-left-out-does-not-count",),
    ),
    Fault(
        "properties of an anonymize that are false are not noted",
        _UID,
        'options.get("properties") is not None',
        'bool(options.get("properties"))',
        ("identity/anonymize-ignores-any-properties", "capture/any-properties-with-anonymous"),
    ),
    Fault(
        "mobile is no matter of limits",
        _SETTINGS,
        "rates=rates(mobile,",
        "rates=rates(False,",
        ("limits/mobile-preset", "limits/own-limits-on-mobile"),
    ),
    Fault(
        "a refused identity of no capture says what is wrong with it",
        _CALLS,
        "asked not in (codes.UID_AND_ANONYMOUS, codes.INVALID_SCOPE)",
        "not isinstance(asked, str)",
        ("capture/refusals-of-v1-identities", "session/refused-while-shut-down"),
    ),
    Fault(
        "without capture nothing is refused for its contradiction",
        _CALLS,
        "asked not in (codes.UID_AND_ANONYMOUS, codes.INVALID_SCOPE)",
        "True",
        ("identity/scopes", "capture/a-contradiction-releases-nobody"),
    ),
    Fault(
        "a call that waits is refused at once",
        _CALLS,
        "if not call.says_who and self._recorder.wait(",
        "if not call.says_who and call.given and self._recorder.wait(",
        ("capture/held-calls-are-refused-later",),
    ),
    Fault(
        "suspicious uids are a matter of the reply",
        _CALLS,
        "if self._ports.is_suspicious is not None and",
        "if self._ports.is_suspicious is None and",
        ("identity/suspicious-uids-are-accepted", "identity/suspicious-uids-in-any-case"),
    ),
)
