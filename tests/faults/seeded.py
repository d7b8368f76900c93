"""The seeded faults: what a tired hand could do to the core, each with vectors that notice."""

from __future__ import annotations

from typing import Final

from tests.faults.planting import Fault

_DEVICE: Final = "passerby.model.device"
_IDENTITY: Final = "passerby.lifecycle.identity"
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
        "a second uid is taken for the first",
        _IDENTITY,
        "if binding.uid == uid:",
        "if binding.uid:",
        (
            "attribution/conflict-goes-to-a-substitute",
            "attribution/conflict-of-another-page",
            "attribution/conflict-upon-conflict",
        ),
    ),
    Fault(
        "an older contradiction seals the binding away",
        _IDENTITY,
        "if place.instant.before(binding.instant):",
        "if False:",
        (
            "attribution/older-contradiction-comes-late",
            "attribution/older-contradiction-moves-what-is-stored",
        ),
    ),
    Fault(
        "an older seal takes the binding with it",
        _IDENTITY,
        "if device.binding is not None and place.instant.before(device.binding.instant):",
        "if False:",
        (
            "attribution/older-seal-comes-late",
            "attribution/late-seal-moves-an-identify",
        ),
    ),
    Fault(
        "what bleeds counts as diverted",
        _IDENTITY,
        "if device.seal.why == CONFLICT else Outcome.BLEED",
        "if device.seal.why == CONFLICT else Outcome.DIVERTED",
        (
            "attribution/forget-seals-an-unbound-device",
            "attribution/bleed-of-the-same-page",
            "attribution/identify-on-a-substitute",
        ),
    ),
    Fault(
        "contradictions without end bind without end",
        _IDENTITY,
        "device = self.substitutes.nobody(place.device)",
        "place = msgspec.structs.replace(place, hops=0)",
        ("attribution/beyond-mending",),
    ),
    Fault(
        "a shutdown seals",
        _OPERATION,
        '{"anonymize", "reidentify", "forget"}',
        '{"anonymize", "reidentify", "forget", "shutdown"}',
        ("attribution/shutdown-seals-nothing",),
    ),
    Fault(
        "a forget seals nothing",
        _OPERATION,
        '{"anonymize", "reidentify", "forget"}',
        '{"anonymize", "reidentify"}',
        (
            "attribution/forget-seals-an-unbound-device",
            "attribution/identify-after-forget-takes-nothing-from-before",
            "attribution/older-seal-comes-late",
        ),
    ),
    Fault(
        "a repeat is stored again",
        _DECIDE,
        "if op.n not in answered]",
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
        "return transaction.pieces_past(org, change.device, change.seal.instant)",
        "return []",
        (
            "attribution/two-identifies-in-one-millisecond",
            "attribution/bleed-of-a-stale-tab",
            "attribution/same-clock-by-client-time",
        ),
    ),
    Fault(
        "a late contradiction moves nothing",
        _RECORDING,
        "return transaction.pieces(org, change.device)",
        "return []",
        (
            "attribution/older-contradiction-moves-what-is-stored",
            "attribution/older-seal-comes-late",
        ),
    ),
    Fault(
        "a moved identify binds nothing",
        _DECIDE,
        "_transitions(standing, [(piece.device, piece.session, instant, op) for piece, op, instant in moved])",
        "pass",
        (
            "attribution/same-user-between-an-older-contradiction",
            "attribution/earlier-of-two-seals-stands",
            "attribution/late-seal-moves-an-identify",
        ),
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
        "all sealed devices share one substitute",
        _SUBSTITUTE,
        'self._uuid("after", device)',
        'self._uuid("after")',
        (
            "attribution/conflict-upon-conflict",
            "attribution/beyond-mending",
            "attribution/two-identifies-in-one-millisecond",
        ),
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
        "five minutes ahead is too far",
        _DECODE,
        "if t > envelope.sent + limits.FUTURE_MS_MAX:",
        "if t >= envelope.sent + limits.FUTURE_MS_MAX:",
        ("attribution/time-in-future",),
    ),
    Fault("n may repeat", _DECODE, "if any(later <= earlier", "if any(later < earlier", ("decode/n-must-ascend",)),
    Fault("a second device rides along", _ENVELOPE, "> len(_IDENTITY_KEYS):", "> 1000:", ("decode/two-devices",)),
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
        "if not _SURROGATE.search(body):",
        "if True:",
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
        "nameless refusals are one",
        _REPLIES,
        "nameless + refused",
        "nameless[:1] + refused",
        ("decode/operation-without-n",),
    ),
)
