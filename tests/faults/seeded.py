"""The seeded faults: what a tired hand could do to the core, each with vectors that notice."""

from __future__ import annotations

from typing import Final

from tests.faults.planting import Fault

_DEVICE: Final = "passerby.model.device"
_PLAN: Final = "passerby.lifecycle.plan"
_LEARNING: Final = "passerby.ingest.learning"
_SETTLING: Final = "passerby.ingest.settling"
_DECIDE: Final = "passerby.lifecycle.decide"
_SESSION: Final = "passerby.lifecycle.session"
_SUBSTITUTE: Final = "passerby.lifecycle.substitute"
_OPERATION: Final = "passerby.model.operation"
_RECORDING: Final = "passerby.ingest.recording"
_DECODE: Final = "passerby.wire.decode"
_ENVELOPE: Final = "passerby.wire.envelope"
_PROPERTIES: Final = "passerby.wire.properties"
_REPLIES: Final = "passerby.wire.replies"
_UID: Final = "passerby.wire.uid"
_PLACEHOLDER: Final = "passerby.wire.placeholder"

FAULTS: Final = (
    Fault(
        "operations of one page are ordered by the clock",
        _DEVICE,
        "return self.n < other.n",
        "return self.t < other.t",
        ("attribution/same-page-by-n",),
    ),
    Fault(
        "a minute's difference is another clock",
        _DEVICE,
        "<= SAME_CLOCK_MS",
        "< SAME_CLOCK_MS",
        ("attribution/clocks-that-differ-by-a-minute-are-one",),
    ),
    Fault(
        "one clock is compared by server time",
        _DEVICE,
        "return self.t < other.t",
        "return self.at < other.at",
        (
            "attribution/clocks-that-differ-by-a-minute-are-one",
            "attribution/late-seal-finds-what-its-clock-dated-ahead",
        ),
    ),
    Fault(
        "different clocks are compared by client time",
        _DEVICE,
        "return self.at < other.at",
        "return self.t < other.t",
        ("attribution/different-clocks-by-corrected-time",),
    ),
    Fault(
        "a tie with the seal is the user's",
        _DEVICE,
        "return self.before(end)",
        "return not end.before(self)",
        (
            "attribution/seal-in-the-millisecond-of-an-identify",
            "attribution/same-clock-by-client-time",
            "attribution/different-clocks-by-corrected-time",
        ),
    ),
    Fault(
        "an identify that ties with a seal binds what follows",
        _DEVICE,
        "self.identifies or ",
        "",
        ("attribution/seal-in-the-millisecond-of-an-identify",),
    ),
    Fault(
        "a seal shuts out the end that set it",
        _DEVICE,
        "(self.page, self.n) == (end.page, end.n)",
        "False",
        (
            "attribution/reidentify-with-a-rotated-device",
            "attribution/anonymize-ends-what-belongs-to-the-user",
            "attribution/forget-seals-an-unbound-device",
        ),
    ),
    Fault(
        "a second uid on a page is taken for the first",
        _PLAN,
        "told = earlier[-1] if earlier else None",
        "told = earlier[0] if earlier else None",
        ("attribution/conflict-goes-to-a-substitute", "attribution/a-page-that-says-two-uids"),
    ),
    Fault(
        "a claim does not reach back to its page's beginning",
        _PLAN,
        "if behind is not None and _reaches_back(instant, behind, around, known):",
        "if False:",
        ("attribution/cloned-device", "attribution/cloned-device-that-was-unbound"),
    ),
    Fault(
        "a claim reaches back over an end of another page",
        _PLAN,
        "return not known.has_end_between(instant, claim.instant)",
        "return True",
        ("attribution/a-claim-reaches-back-over-no-end", "attribution/older-seal-comes-late"),
    ),
    Fault(
        "a claim reaches over an end of its own page",
        _PLAN,
        "if told is not None and any(told.instant.n < end.instant.n < instant.n for end in around.ends):",
        "if False:",
        ("attribution/an-own-end-begins-the-page-anew",),
    ),
    Fault(
        "an end lets go everybody",
        _DEVICE,
        "return self.lets_go in (EVERYBODY, uid)",
        "return True",
        ("attribution/anonymize-by-one-of-two",),
    ),
    Fault(
        "an end of a silent page lets go nobody",
        _DEVICE,
        "return self.lets_go in (EVERYBODY, uid)",
        "return self.lets_go == uid",
        ("attribution/end-of-a-silent-page-lets-go-everybody", "attribution/let-go-and-somebody-else-claims-later"),
    ),
    Fault(
        "what was let go is of whoever claims the page next",
        _PLAN,
        "if behind is None or behind.uid != forward.uid:",
        "if behind is None:",
        ("attribution/let-go-and-somebody-else-claims-later",),
    ),
    Fault(
        "a silent page stays the first user's after a contradiction",
        _PLAN,
        "if is_clear and all(instant.before(other) for other in summary.contradictions):",
        "if True:",
        ("attribution/conflict-of-another-page", "attribution/silent-pages-around-a-contradiction"),
    ),
    Fault(
        "the owner is whoever says to have been there first",
        _DEVICE,
        "return (self.received_at_ms, at.at, at.t, at.page, at.n)",
        "return (at.at, at.t, self.received_at_ms, at.page, at.n)",
        ("attribution/older-contradiction-comes-late",),
    ),
    Fault(
        "a silent page is somebody's after an end",
        _PLAN,
        "if not is_before_all(instant, summary) or any(end.instant.n < instant.n for end in around.ends):",
        "if any(end.instant.n < instant.n for end in around.ends):",
        ("attribution/bleed-of-a-stale-tab",),
    ),
    Fault(
        "what bleeds counts as diverted",
        _PLAN,
        "return Outcome.BLEED if lane.is_bleed else Outcome.DIVERTED",
        "return Outcome.DIVERTED",
        (
            "attribution/forget-seals-an-unbound-device",
            "attribution/bleed-of-the-same-page",
            "attribution/identify-on-a-substitute",
        ),
    ),
    Fault(
        "a key is not compared",
        _RECORDING,
        "return bool(bundle.key) and hmac.compare_digest(given, device.key)",
        "return True",
        ("attribution/another-key-touches-nothing", "attribution/another-key-takes-no-page"),
    ),
    Fault(
        "a bundle without a key has every key",
        _RECORDING,
        "return bool(bundle.key) and hmac.compare_digest(given, device.key)",
        "return not bundle.key or hmac.compare_digest(given, device.key)",
        ("attribution/another-key-touches-nothing",),
    ),
    Fault(
        "what is kept apart keeps its page",
        _RECORDING,
        "page=substitutes.page(device, bundle.page),",
        "page=bundle.page,",
        ("attribution/another-key-takes-no-page",),
    ),
    Fault(
        "a lost record ends nothing",
        _OPERATION,
        '{"anonymize", "reidentify", "forget", "lost"}',
        '{"anonymize", "reidentify", "forget"}',
        ("attribution/lost-record-ends-its-device",),
    ),
    Fault(
        "a shutdown seals",
        _OPERATION,
        '{"anonymize", "reidentify", "forget", "lost"}',
        '{"anonymize", "reidentify", "forget", "lost", "shutdown"}',
        ("attribution/shutdown-seals-nothing",),
    ),
    Fault(
        "a forget seals nothing",
        _OPERATION,
        '{"anonymize", "reidentify", "forget", "lost"}',
        '{"anonymize", "reidentify", "lost"}',
        (
            "attribution/forget-seals-an-unbound-device",
            "attribution/identify-after-forget-takes-nothing-from-before",
            "attribution/older-seal-comes-late",
        ),
    ),
    Fault(
        "a repeat is stored again",
        _DECIDE,
        "if op.n not in answered\n    ]",
        "]",
        (
            "attribution/repeat-changes-nothing",
            "attribution/repeat-in-part",
            "attribution/repeat-of-a-refusal-that-would-pass-now",
        ),
    ),
    Fault(
        "a late seal moves nothing",
        _RECORDING,
        "return end is None or not has_past(transaction.pieces_past(org.id, device.id, end), end)",
        "return True",
        (
            "attribution/late-seal-moves-what-came-after",
            "attribution/late-seal-splits-a-bundle",
            "attribution/same-clock-by-client-time",
        ),
    ),
    Fault(
        "a changed summary moves nothing",
        _LEARNING,
        "    if is_shared or not is_local:",
        "    if False:",
        ("attribution/silent-pages-around-a-contradiction",),
    ),
    Fault(
        "an end moves nothing of other pages",
        _SETTLING,
        "dict.fromkeys([page, *(own.page for _, own in later)])",
        "dict.fromkeys([page])",
        ("attribution/an-end-lets-go-the-same-user-on-other-pages",),
    ),
    Fault(
        "a late claim moves nothing of its page",
        _SETTLING,
        "if reach.extent is Extent.NOTHING:",
        "if reach.extent is not Extent.DEVICE:",
        ("attribution/late-claim-of-the-first-user",),
    ),
    Fault(
        "whom an end lets go is never asked again",
        _LEARNING,
        "affected = [end for end in again if end in changed or end.instant.n in new]",
        "affected = [end for end in again if end.instant.n in new]",
        ("attribution/an-end-learns-late-whom-it-let-go",),
    ),
    Fault(
        "a piece is not brought back to the page it came from",
        "passerby.lifecycle.frames",
        "session, page = SessionId(_text(plain[:16])), PageId(_text(plain[16:]))",
        "session, page = SessionId(_text(plain[:16])), piece.page",
        ("attribution/late-claim-of-a-third-page",),
    ),
    Fault(
        "a substitute keeps the session's name",
        _SUBSTITUTE,
        'self._uuid("session", device, session)',
        "session",
        (
            "attribution/conflict-goes-to-a-substitute",
            "attribution/bleed-of-the-same-page",
            "attribution/bleed-of-a-stale-tab",
        ),
    ),
    Fault(
        "all that is nobody's on a device shares one substitute",
        _SUBSTITUTE,
        'self._uuid("nobody", device, page, str(after))',
        'self._uuid("nobody", device)',
        ("attribution/bleed-of-a-stale-tab",),
    ),
    Fault(
        "two uids share one substitute",
        _SUBSTITUTE,
        'self._uuid("told", device, uid, str(after))',
        'self._uuid("told", device)',
        ("attribution/conflict-upon-conflict",),
    ),
    Fault(
        "the age limit is reached a moment late",
        _SESSION,
        "ages = (t - started)",
        "ages = (t - 1 - started)",
        ("attribution/age-limit-opens-a-successor",),
    ),
    Fault(
        "two devices share the successor of a session",
        _SUBSTITUTE,
        'self._uuid("aged", device, session, str(ages))',
        'self._uuid("aged", session, str(ages))',
        ("attribution/aged-session-of-two-devices",),
    ),
    Fault(
        "a session is joined by another device",
        _RECORDING,
        "if holder in (None, bundle.device):",
        "if True:",
        ("attribution/session-of-another-device",),
    ),
    Fault(
        "a page is taken over by another device",
        _RECORDING,
        "if receipt.device != bundle.device:",
        "if False:",
        ("attribution/page-of-another-device",),
    ),
    Fault(
        "a clock ahead of its bundle dates into the future",
        _DECODE,
        "at = min(t, envelope.sent) + offset_ms",
        "at = t + offset_ms",
        ("attribution/client-time-after-sent",),
    ),
    Fault(
        "a clock that was put back costs the operation",
        _DECODE,
        "        t = envelope.sent\n",
        "        raise _Bad(Outcome.TIME_TOO_OLD)\n",
        ("attribution/clock-put-right-while-offline", "attribution/time-in-future"),
    ),
    Fault(
        "five minutes ahead is too far",
        _DECODE,
        "if t > envelope.sent + limits.FUTURE_MS_MAX:",
        "if t >= envelope.sent + limits.FUTURE_MS_MAX:",
        ("attribution/time-in-future",),
    ),
    Fault("n may repeat", _DECODE, "if any(later <= earlier", "if any(later < earlier", ("decode/n-must-ascend",)),
    Fault(
        "a second device rides along",
        _ENVELOPE,
        "if top.count(key) > 1 or listed:",
        "if listed:",
        ("decode/two-devices",),
    ),
    Fault("an operation names a device", _DECODE, "if key in found:", "if False:", ("decode/two-devices",)),
    Fault(
        "however little inflates to 4 MiB",
        _ENVELOPE,
        "bytes_max = min(limits.INFLATED_BYTES_MAX, max(",
        "bytes_max = max(limits.INFLATED_BYTES_MAX, max(",
        ("decode/inflates-beyond-proportion",),
    ),
    Fault(
        "a number that none can be costs the bundle",
        _DECODE,
        "except (msgspec.DecodeError, RecursionError):\n        return None",
        "except RecursionError:\n        return None",
        ("decode/number-that-no-number-can-be",),
    ),
    Fault(
        "an envelope may be as wide as the body",
        _ENVELOPE,
        "if len(rest) > limits.ENVELOPE_BYTES_MAX:",
        "if False:",
        ("decode/envelope-too-wide",),
    ),
    Fault(
        "every note is named",
        "passerby.wire.notes",
        "room = NOTES_MAX - len(self._named)",
        "room = 1000",
        ("decode/notes-beyond-what-is-named",),
    ),
    Fault("a substitute can be claimed", _ENVELOPE, "[0-79a-f]", "[0-9a-f]", ("decode/ids-of-the-servers-own",)),
    Fault(
        "what follows a gzip stream is let through",
        _ENVELOPE,
        "if not stream.eof or stream.unused_data:",
        "if not stream.eof:",
        ("decode/broken-gzip",),
    ),
    Fault(
        "half a character costs the bundle",
        _ENVELOPE,
        "if not _SURROGATE.search(body) or",
        "if True or",
        (
            "decode/lone-surrogate",
            "decode/lone-surrogate-in-a-uid",
        ),
    ),
    Fault(
        "placeholders are uids",
        _UID,
        "if is_placeholder(text):",
        "if False:",
        (
            "attribution/refused-identify-leaves-identity",
            "decode/placeholder-uid",
            "decode/reply-names-what-was-refused",
        ),
    ),
    Fault(
        "white space is a uid",
        _UID,
        " or not is_text(text)",
        " or not text",
        ("decode/uid-of-the-wrong-kind", "decode/uid-with-nothing-to-see", "decode/uid-with-a-lost-character"),
    ),
    Fault(
        "a rounded number is a uid",
        _UID,
        "NUMBER_MAX: Final = 2**53 - 1",
        "NUMBER_MAX: Final = 2**53",
        ("decode/uid-number-not-exact",),
    ),
    Fault("a template is a uid", _PLACEHOLDER, "_ANYWHERE.search(uid)", "None", ("decode/unfilled-templates",)),
    Fault("a printed nothing is a uid", _PLACEHOLDER, "_WHOLE.fullmatch(uid)", "None", ("decode/printed-nothings",)),
    Fault(
        "whole numbers are int",
        _PROPERTIES,
        '("real", float(value)) if abs',
        '("int" if isinstance(value, int) else "real", value) if abs',
        (
            "decode/types-without-a-schema",
            "decode/mixed-arrays",
            "decode/names",
        ),
    ),
    Fault(
        "a suffix beats the schema",
        _PROPERTIES,
        "suffixed | {bare(name)[0]: declared for name, declared in types.items()}",
        "{bare(name)[0]: declared for name, declared in types.items()} | suffixed",
        ("decode/a-schema-wins-over-a-suffix",),
    ),
    Fault(
        "a schema finds a name only with its suffix",
        _PROPERTIES,
        "{bare(name)[0]: declared",
        "{name: declared",
        ("decode/a-schema-wins-over-a-suffix",),
    ),
    Fault(
        "null is remarked on",
        _PROPERTIES,
        """    if value is None or value == []:
        return
    clean =""",
        "    clean =",
        ("decode/null-is-no-value",),
    ),
    Fault(
        "a name without its type keeps the other's",
        "passerby.wire.suffixes",
        "        types.pop(path, None)\n",
        "",
        ("decode/two-names-that-become-one",),
    ),
    Fault(
        "what happened is shown as it arrived",
        "passerby.query.happened",
        "delays[mark.row] = mark.offset_ms - fastest_ms",
        "delays[mark.row] = 0",
        ("attribution/shown-as-it-was-made",),
    ),
    Fault(
        "a page whose clock was set back is shown out of order",
        "passerby.query.happened",
        "max(at_ms, operation.at - delay)",
        "operation.at - delay",
        ("attribution/shown-across-clocks",),
    ),
    Fault(
        "of two properties the one whose bundle travelled longer stands",
        "passerby.store.projection",
        "if kept.device == other.device:",
        "if False:",
        (
            "attribution/properties-of-a-bundle-that-was-held-up",
            "attribution/properties-of-a-page-whose-clock-was-put-back",
            "attribution/properties-of-the-page-before-held-up",
        ),
    ),
    Fault(
        "properties of different clocks are compared by client time",
        _DEVICE,
        "return self.at < other.at",
        "return self.t < other.t",
        ("attribution/properties-under-another-clock",),
    ),
    Fault(
        "nameless refusals are one",
        _REPLIES,
        "nameless + refused",
        "nameless[:1] + refused",
        ("decode/operation-without-n",),
    ),
)
