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
        "if any(tokens.left < 1 for tokens in pair):",
        "if all(tokens.left < 1 for tokens in pair):",
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
        "self._at_ms = now_ms\n        self.left = min",
        "self._at_ms = max(self._at_ms, now_ms)\n        self.left = min",
        ("limits/a-clock-that-jumps-back-refills-nothing",),
    ),
    Fault(
        "an identify waits for the flush",
        _QUEUE,
        """            self._all_due()
            self._keep(key)
""",
        """            self._keep(key)
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
            self._keep(key)
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
        "if entry.request is not None or entry.stamp != head.stamp or",
        "if entry.request is not None or",
        (
            "identity/reidentify-rotates",
            "privacy/no-request-has-two-devices",
        ),
    ),
    Fault(
        "a full queue drops identities",
        _QUEUE,
        "(_GIVEN_UP_FIRST, _GIVEN_UP_NEXT)",
        "(_GIVEN_UP_FIRST, _GIVEN_UP_NEXT | IDENTITY)",
        (
            "capture/the-order-of-notes",
            "queue/a-full-queue-drops-properties-last",
        ),
    ),
    Fault(
        "two requests at a time",
        _QUEUE,
        "if head is None or self._under_way or self._retrying:",
        "if head is None or self._retrying:",
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
        "min(self._config.retry_max_ms, self._config.retry_ms * 2 ** min(self._attempts - 1, 32))",
        "self._config.retry_ms * 2 ** min(self._attempts - 1, 32)",
        ("queue/backoff-doubles-up-to-a-bound",),
    ),
    Fault(
        "a success does not reset the wait",
        _QUEUE,
        "            self._attempts = 0\n",
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
        "if not entries and self._store.read(key) == self._remains.pop(key):",
        "if not entries and self._remains.pop(key):",
        ("queue/remains-that-grew-are-left-alone",),
    ),
    Fault(
        "remains are removed with their first bundle",
        _QUEUE,
        "if not entries and self._store.read(key) == self._remains.pop(key):",
        "if self._store.read(key) == self._remains[key]:",
        ("queue/remains-stay-until-all-is-answered",),
    ),
    Fault(
        "leaving keeps nothing",
        _QUEUE,
        "        self._keep_all()\n        if self._retrying:",
        "        if self._retrying:",
        (
            "queue/background-is-leaving",
            "storage/an-outbox-that-cannot-be-written",
        ),
    ),
    Fault(
        "a too large bundle is lost",
        _QUEUE,
        "elif status == 413 and len(entries) > 1:",
        "elif status == 413 and len(entries) > 1000:",
        ("queue/too-large-bundles-are-halved",),
    ),
    Fault(
        "a flush comes later with every operation",
        _QUEUE,
        "at_ms = min(at_ms, self._flush_at_ms)",
        "pass",
        ("queue/a-clock-that-jumps-back-holds-nothing-up",),
    ),
    Fault(
        "broken remains stop the start", _REMAINS, 'and bool(found["ops"])', "", ("queue/broken-remains-are-removed",)
    ),
    Fault(
        "a failing storage is noted each time",
        _STORE,
        "            self._failed = True\n",
        "",
        (
            "storage/a-binding-that-cannot-be-written",
            "storage/storage-that-refuses-from-the-start",
        ),
    ),
    Fault(
        "a refused operation is acknowledged",
        _ACKNOWLEDGEMENTS,
        "answered.accepted and waiting.n not in refused",
        "answered.accepted",
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
        "suffixes=call.api == 1 or self._config.mobile",
        "suffixes=True",
        (
            "properties/as-they-were-given",
            "properties/names-may-carry-types-under-version-1",
        ),
    ),
    Fault(
        "names never carry types on mobile",
        _CALLS,
        "suffixes=call.api == 1 or self._config.mobile",
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
        "    if not properties:\n        return {}\n",
        "    properties = properties or {}\n",
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
        'len(text.encode("utf-8", "surrogatepass"))',
        "len(text)",
        ("properties/exactly-512-kib",),
    ),
    Fault(
        "what the server says of properties is not passed on",
        _QUEUE,
        'for one in _named(body, "notes"):',
        "for one in []:",
        (
            "privacy/notes-name-no-value",
            "properties/what-the-server-says-of-them",
        ),
    ),
)
