"""What a tired hand could do to answers, remains and outboxes."""

from __future__ import annotations

from typing import Final

from tests.faults.planting import Fault

_QUEUE: Final = "passerby_client.queue"
_REMAINS: Final = "passerby_client.remains"
_STORE: Final = "passerby_client.store"

FAULTS: Final = (
    Fault(
        "413 to remains drops them whole",
        _QUEUE,
        "elif status == 413 and carried > 1:",
        "elif status == 413 and carried > 1 and any(isinstance(one, Entry) for one in flight):",
        ("queue/all-of-a-bundle-that-was-too-large-is-gone", "queue/too-large-remains-are-halved"),
    ),
    Fault(
        "after a 413 remains travel whole all the same",
        _QUEUE,
        ".next(self._operations_max)",
        ".next(math.inf)",
        ("queue/remains-after-own-operations-that-were-too-large", "queue/too-large-remains-are-halved"),
    ),
    Fault(
        "halving counts what is left",
        _QUEUE,
        """        elif status == 413 and carried > 1:
            self._operations_max = min(self._operations_max, (carried + 1) // 2)""",
        """        elif status == 413 and len(flight) > 1:
            self._operations_max = min(self._operations_max, (len(flight) + 1) // 2)""",
        ("queue/halving-counts-what-was-sent", "queue/all-of-a-bundle-that-was-too-large-is-gone"),
    ),
    Fault(
        "a later 413 lets bundles grow",
        _QUEUE,
        "min(self._operations_max, (carried + 1) // 2)",
        "(carried + 1) // 2",
        ("queue/the-smallest-half-counts",),
    ),
    Fault(
        "the retry is forgotten though remains wait",
        _QUEUE,
        "if all(remains.request for remains in self._remains):",
        "if True:",
        ("queue/leaving-while-remains-wait-for-retry", "queue/leaving-while-some-remains-are-under-way"),
    ),
    Fault(
        "a retry of its own is kept when leaving",
        _QUEUE,
        "if all(remains.request for remains in self._remains):",
        "if False:",
        ("queue/leaving-does-not-wait-for-retry", "queue/leaving-ends-the-wait-for-a-retry"),
    ),
    Fault(
        "a reply stores true",
        _QUEUE,
        "return not isinstance(found, bool) and (isinstance",
        "return (isinstance",
        ("queue/answers-that-are-none", "queue/what-a-reply-may-name"),
    ),
    Fault(
        "a refusal without a code counts",
        _QUEUE,
        '_is_whole_number(one.get("n")) and one["n"] >= 0 and isinstance(one.get("code"), str)',
        '_is_whole_number(one.get("n")) and one["n"] >= 0 and "code" in one',
        ("queue/what-a-reply-may-name",),
    ),
    Fault(
        "a note's name of any type counts",
        _QUEUE,
        "if name and isinstance(name, str) else",
        "if name else",
        ("queue/what-a-reply-may-name",),
    ),
    Fault(
        "Retry-After has no bound",
        _QUEUE,
        "min(int(found[1]), _RETRY_AFTER_S_MAX) * 1000",
        "int(found[1]) * 1000",
        ("queue/retry-after-more-than-a-day",),
    ),
    Fault(
        "Retry-After may have any number of digits",
        _QUEUE,
        "[0-9]{1,9}",
        "[0-9]+",
        ("queue/retry-after-that-is-none",),
    ),
    Fault(
        "Retry-After may have any space around it",
        _QUEUE,
        'r"[ \\t]*([0-9]{1,9})[ \\t]*"',
        'r"\\s*([0-9]{1,9})\\s*"',
        ("queue/retry-after-that-is-none",),
    ),
    Fault(
        "Retry-After may have no space around it",
        _QUEUE,
        'r"[ \\t]*([0-9]{1,9})[ \\t]*"',
        'r"([0-9]{1,9})"',
        ("queue/retry-after-in-seconds",),
    ),
    Fault(
        "remains may have an empty device",
        _REMAINS,
        'return isinstance(found, str) and found != ""',
        "return isinstance(found, str)",
        ("queue/remains-without-a-device", "queue/remains-without-a-session"),
    ),
    Fault(
        "remains may have an operation 0",
        _REMAINS,
        '_is_number(found.get("n"), 1)',
        '_is_number(found.get("n"), 0)',
        ("queue/remains-with-operations-without-a-number",),
    ),
    Fault(
        "remains may have begun before time",
        _REMAINS,
        '_is_number(found.get("started"), 0)',
        '_is_number(found.get("started"), -9e99)',
        ("queue/remains-without-a-beginning",),
    ),
    Fault(
        "times of remains must be whole",
        _REMAINS,
        "isinstance(found, int | float) and not",
        "isinstance(found, int) and not",
        ("queue/unusual-remains-are-sent",),
    ),
    Fault(
        "remains may have true for a number",
        _REMAINS,
        "isinstance(found, int | float) and not isinstance(found, bool) and found",
        "isinstance(found, int | float) and found",
        ("queue/remains-with-operations-without-a-time", "queue/remains-without-a-beginning"),
    ),
    Fault(
        "remains with nothing in them are broken",
        _REMAINS,
        """        if envelopes is None:
            note""",
        """        if not envelopes:
            note""",
        ("queue/old-remains-are-deleted", "queue/remains-that-cannot-be-removed"),
    ),
    Fault(
        "remains are as old as their first bundle",
        _REMAINS,
        'max((envelope["ops"][-1]["t"] for',
        'min((envelope["ops"][-1]["t"] for',
        ("queue/the-age-of-remains",),
    ),
    Fault(
        "remains are taken in the order of characters",
        _STORE,
        "sorted(self._storage.keys(prefix), key=in_utf16)",
        "sorted(self._storage.keys(prefix))",
        ("queue/remains-go-in-the-order-of-their-keys",),
    ),
    Fault(
        "a page that leaves does not say so",
        _QUEUE,
        "self._send(bundle, _enveloped(bundle), is_leaving=True)",
        "self._send(bundle, _enveloped(bundle))",
        ("capture/a-held-page-and-leaving", "capture/requests-say-whether-the-page-goes-away"),
    ),
    Fault(
        "every request says that the page leaves",
        _QUEUE,
        "is_leaving: bool = False",
        "is_leaving: bool = True",
        ("capture/requests-say-whether-the-page-goes-away", "capture/looking-finds-a-loss"),
    ),
    Fault(
        "a full outbox is noted though nothing is left out",
        _QUEUE,
        "if chars < OUTBOX_CHARS_SMALL or needed == mine:",
        "if chars < OUTBOX_CHARS_SMALL:",
        ("queue/an-outbox-of-identity-operations-alone",),
    ),
    Fault(
        "remains are noted as thinned though they are not",
        _REMAINS,
        """    if kept == one.envelopes:
        return False
""",
        "",
        ("queue/remains-of-identity-operations-alone",),
    ),
    Fault(
        "a queue gives up no properties",
        _QUEUE,
        "lambda op: op not in NEVER_GIVEN_UP):",
        "lambda op: False):",
        ("queue/a-full-queue-drops-properties-last",),
    ),
)
