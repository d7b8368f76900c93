"""What a tired hand could do to limits, properties, queue and storage, each with vectors that notice."""

from __future__ import annotations

from typing import Final

from tests.faults.planting import Fault

_ACKNOWLEDGEMENTS: Final = "passerby_client.acknowledgements"
_CALLS: Final = "passerby_client.calls"
_LIMITS: Final = "passerby_client.limits"
_PROPERTIES: Final = "passerby_client.properties"
_QUEUE: Final = "passerby_client.queue"
_REMAINS: Final = "passerby_client.remains"
_STORE: Final = "passerby_client.store"

FAULTS: Final = (
    Fault(
        "a refused call takes tokens of one window",
        _LIMITS,
        "if not all(tokens.is_enough for tokens in pair):",
        "if not any(tokens.is_enough for tokens in pair):",
        (
            "limits/each-kind-has-its-buckets",
            "limits/forty-events-a-second",
        ),
    ),
    Fault(
        "a clock that runs backwards empties buckets",
        _LIMITS,
        "max(0, now_ms - self._at_ms)",
        "now_ms - self._at_ms",
        (
            "queue/a-clock-that-jumps-back-holds-nothing-up",
            "session/a-clock-that-jumps-forward-ends-it",
        ),
    ),
    Fault(
        "a clock that ran backwards stops the refill",
        _LIMITS,
        """self._at_ms = now_ms
        self._level = min""",
        """self._at_ms = max(self._at_ms, now_ms)
        self._level = min""",
        ("limits/a-clock-that-jumps-back-refills-nothing",),
    ),
    Fault(
        "an identify waits for the flush",
        _QUEUE,
        """            self._all_due()
            self._keep(entry.page)
""",
        """            self._keep(entry.page)
""",
        (
            "identity/ack-waits-for-the-end",
            "identity/force-rotates-an-unbound-device",
        ),
    ),
    Fault(
        "an identify is not kept",
        _QUEUE,
        """            self._all_due()
            self._keep(entry.page)
""",
        """            self._all_due()
""",
        (
            "identity/identify-survives-death",
            "privacy/no-outbox-has-two-devices",
        ),
    ),
    Fault(
        "a bundle holds two devices",
        _QUEUE,
        "most and _is_together(last[0], entry):",
        "most:",
        (
            "identity/reidentify-rotates",
            "privacy/no-request-has-two-devices",
        ),
    ),
    Fault(
        "a full queue drops identities",
        _QUEUE,
        "lambda op: op not in NEVER_GIVEN_UP):",
        "lambda op: True):",
        (
            "capture/the-order-of-notes",
            "queue/a-full-queue-drops-properties-last",
        ),
    ),
    Fault(
        "two requests at a time",
        _QUEUE,
        "if self._retrying or self._under_way:",
        "if self._retrying:",
        (
            "queue/bundles-are-bounded",
            "queue/one-request-at-a-time",
        ),
    ),
    Fault(
        "every 4xx is final",
        _QUEUE,
        "_WORTH_A_RETRY: Final = frozenset({408, 425, 429})",
        "_WORTH_A_RETRY: Final = frozenset({408, 425})",
        (
            "queue/retried-after-429",
            "queue/retry-after-429",
        ),
    ),
    Fault(
        "the wait is not bounded",
        _QUEUE,
        "min(self._settings.retry_max_ms, self._settings.retry_ms * 2 ** min(self._attempts, 32))",
        "self._settings.retry_ms * 2 ** min(self._attempts, 32)",
        ("queue/backoff-doubles-up-to-a-bound",),
    ),
    Fault(
        "a success does not reset the wait",
        _QUEUE,
        """            self._attempts = 0
""",
        "",
        ("queue/success-resets-the-wait",),
    ),
    Fault(
        "a shorter Retry-After counts",
        _QUEUE,
        "max(int(longest_ms * (0.5 + self._ports.random() / 2)), at_least_ms)",
        "at_least_ms or int(longest_ms * (0.5 + self._ports.random() / 2))",
        ("queue/retry-after-short",),
    ),
    Fault(
        "remains are removed unread",
        _QUEUE,
        """            if self._store.read(remains.key) == remains.text:
                self""",
        """            if True:
                self""",
        ("queue/remains-that-grew-are-left-alone",),
    ),
    Fault(
        "remains are removed with their first bundle",
        _QUEUE,
        """        del remains.envelopes[0]
""",
        """        del remains.envelopes[0]
        self._store.write(remains.key, None, say=False)
""",
        ("queue/remains-stay-until-all-is-answered",),
    ),
    Fault(
        "leaving keeps nothing",
        _QUEUE,
        """        self._keep_all()
        if all(""",
        """        if all(""",
        (
            "queue/background-is-leaving",
            "storage/an-outbox-that-cannot-be-written",
        ),
    ),
    Fault(
        "a too large bundle is lost",
        _QUEUE,
        "elif status == 413 and carried > 1:",
        "elif status == 413 and carried > 1000:",
        ("queue/too-large-bundles-are-halved",),
    ),
    Fault(
        "a flush comes later with every operation",
        _QUEUE,
        "head.due_at_ms = min(head.due_at_ms, self._now_ms() + self._settings.flush_ms)",
        "head.due_at_ms = self._now_ms() + self._settings.flush_ms",
        ("queue/a-clock-that-jumps-back-holds-nothing-up",),
    ),
    Fault(
        "remains without a device are sent",
        _REMAINS,
        'for name in ("device", "session", "page"))',
        'for name in ("session", "page"))',
        ("queue/broken-remains-are-removed",),
    ),
    Fault(
        "a failing storage is noted each time",
        _STORE,
        """            self._failed = True
""",
        "",
        (
            "storage/a-binding-that-cannot-be-written",
            "storage/storage-that-refuses-from-the-start",
        ),
    ),
    Fault(
        "a refused operation is acknowledged",
        _QUEUE,
        'reply is not None and landed.op["n"] not in numbers',
        "reply is not None",
        ("identity/ack-of-a-refused-bundle",),
    ),
    Fault(
        "a call without an answer never settles",
        _ACKNOWLEDGEMENTS,
        "if waiting.until_ms <= now_ms",
        "if waiting.until_ms < now_ms",
        (
            "identity/ack-times-out",
            "identity/two-acks-settle-each-in-its-time",
        ),
    ),
    Fault(
        "names carry types under every version",
        _CALLS,
        "suffixes=call.api == 1 or self._settings.mobile",
        "suffixes=True",
        (
            "properties/as-they-were-given",
            "properties/names-may-carry-types-under-version-1",
        ),
    ),
    Fault(
        "names never carry types on mobile",
        _CALLS,
        "suffixes=call.api == 1 or self._settings.mobile",
        "suffixes=call.api == 1",
        ("properties/names-may-carry-types-on-mobile",),
    ),
    Fault(
        "an empty schema travels",
        _PROPERTIES,
        "if value}",
        "if value or name == 'schema'}",
        ("properties/as-they-were-given",),
    ),
    Fault(
        "a schema travels without properties",
        _PROPERTIES,
        """    if not properties:
        return {}
""",
        """    properties = properties or {}
""",
        ("properties/as-they-were-given",),
    ),
    Fault(
        "observers hear names with their types",
        _PROPERTIES,
        '_SUFFIX.sub("", name) if suffixes else name',
        "name",
        (
            "capture/user-observers",
            "properties/names-may-carry-types-under-version-1",
        ),
    ),
    Fault(
        "bytes are counted as characters",
        _PROPERTIES,
        "len(text.encode())",
        "len(text)",
        ("properties/exactly-512-kib",),
    ),
    Fault(
        "what the server says of properties is not passed on",
        _QUEUE,
        'for one in _named(reply, "notes"):',
        "for one in []:",
        (
            "privacy/notes-name-no-value",
            "properties/what-the-server-says-of-them",
        ),
    ),
    Fault(
        "any 2xx is an answer",
        _QUEUE,
        'if 200 <= status < 300 and _is_whole_number(_member(body, "stored")):',
        "if 200 <= status < 300:",
        (
            "queue/only-the-services-word-is-an-answer",
            "queue/answers-that-are-none",
        ),
    ),
    Fault(
        "any 4xx refuses",
        _QUEUE,
        '(_is_refusal(status) and isinstance(_member(body, "code"), str))',
        "_is_refusal(status)",
        (
            "queue/only-the-services-word-is-an-answer",
            "queue/answers-that-are-none",
        ),
    ),
    Fault(
        "a portal's 413 is none",
        _QUEUE,
        'elif status == 413 or (_is_refusal(status) and isinstance(_member(body, "code"), str)):',
        'elif _is_refusal(status) and isinstance(_member(body, "code"), str):',
        (
            "queue/too-large-bundles-are-halved",
            "queue/too-large-counts-by-its-status",
        ),
    ),
    Fault(
        "a note of nothing is named",
        _QUEUE,
        'f"{one[\'code\']}:{name}" if name and isinstance(name, str) else one["code"]',
        "f\"{one['code']}:{name}\"",
        ("queue/notes-without-a-name",),
    ),
    Fault(
        "an outbox has no bound",
        _QUEUE,
        "if others + chars <= self._settings.outbox_chars_max:",
        "if True:",
        (
            "queue/outboxes-have-a-bound",
            "queue/other-pages-outboxes-count",
        ),
    ),
    Fault(
        "an outbox counts itself alone",
        _QUEUE,
        "if others + chars <=",
        "if chars <=",
        ("queue/other-pages-outboxes-count",),
    ),
    Fault(
        "a small outbox is counted",
        _QUEUE,
        "if chars < OUTBOX_CHARS_SMALL or needed == mine:",
        "if needed == mine:",
        ("queue/a-small-outbox-is-not-counted",),
    ),
    Fault(
        "an outbox that is full keeps nothing",
        _QUEUE,
        "return self._text_of(needed)",
        'return "[]"',
        (
            "queue/outboxes-have-a-bound",
            "queue/other-pages-outboxes-count",
        ),
    ),
    Fault(
        "of too many remains the oldest stay whole",
        _REMAINS,
        "key=lambda aged: -aged[0]",
        "key=lambda aged: aged[0]",
        ("queue/of-too-many-remains-the-newest-stay-whole",),
    ),
    Fault(
        "remains have no bound",
        _REMAINS,
        "if chars > settings.outbox_chars_max and _thin(one):",
        "if False:",
        ("queue/of-too-many-remains-the-newest-stay-whole",),
    ),
    Fault(
        "remains are thinned of identities",
        _REMAINS,
        'op["op"] in NEVER_GIVEN_UP]} for',
        'op["op"] not in NEVER_GIVEN_UP]} for',
        ("queue/of-too-many-remains-the-newest-stay-whole",),
    ),
    Fault(
        "a page takes up its own",
        _REMAINS,
        "text = None if is_own(key) else store.read(key)",
        "text = store.read(key)",
        ("queue/what-a-page-keeps-itself-is-no-remains",),
    ),
    Fault(
        "a frozen page waits for ever",
        _QUEUE,
        """        for request in list(self._under_way):
            self._land(request)
""",
        "",
        ("queue/a-page-that-was-frozen",),
    ),
)
