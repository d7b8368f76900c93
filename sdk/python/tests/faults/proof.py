"""What a tired hand could do to the signature of an identify."""

from __future__ import annotations

from typing import Final

from tests.faults.planting import Fault

_CALLS: Final = "passerby_client.calls"
_IDENTITY: Final = "passerby_client.identity"
_REMAINS: Final = "passerby_client.remains"
_UID: Final = "passerby_client.uid"

_GIVEN: Final = "if asked.sig is not ABSENT:"
_COPIED: Final = 'if name == _SET_IDENTITY and (sig := plain(options.pop("signature", ABSENT))) is not UNUSABLE:'

FAULTS: Final = (
    Fault(
        "a signature is left behind",
        _CALLS,
        _GIVEN,
        "if False:",
        ("identity/a-signature-goes-with-the-identify", "capture/held-until-a-user-with-a-signature"),
    ),
    Fault(
        "a signature is a text or none",
        _CALLS,
        _GIVEN,
        "if isinstance(asked.sig, str):",
        ("identity/any-signature-is-passed-on",),
    ),
    Fault(
        "an empty signature is none",
        _CALLS,
        _GIVEN,
        "if asked.sig is not ABSENT and asked.sig:",
        ("identity/any-signature-is-passed-on",),
    ),
    Fault(
        "a signature is cut",
        _CALLS,
        'carried["sig"] = asked.sig',
        'carried["sig"] = asked.sig[:MESSAGE_CHARS_MAX] if isinstance(asked.sig, str) else asked.sig',
        ("identity/any-signature-is-passed-on",),
    ),
    Fault(
        "a signature goes with properties alone",
        _CALLS,
        _GIVEN,
        "if asked.sig is not ABSENT and usable(asked.properties, asked.schema):",
        ("identity/a-signature-beside-broken-properties",),
    ),
    Fault(
        "a signature goes only where the device is not the user's yet",
        _CALLS,
        _GIVEN,
        "if asked.sig is not ABSENT and self._standing.uid != asked.uid:",
        ("identity/a-signature-said-again",),
    ),
    Fault(
        "a signature goes by the member it was given as",
        _CALLS,
        'carried["sig"] = asked.sig',
        'carried["signature"] = asked.sig',
        ("identity/a-signature-goes-with-the-identify",),
    ),
    Fault(
        "a signature may be of any length and depth",
        _CALLS,
        _COPIED,
        'if (sig := options.pop("signature", ABSENT)) is not ABSENT:',
        ("identity/a-signature-that-cannot-travel",),
    ),
    Fault(
        "observers hear of a signature",
        _CALLS,
        'user = {"uid": standing.uid, "properties"',
        'user = {"uid": standing.uid, "signature": carried.get("sig"), "properties"',
        ("identity/a-signature-goes-with-the-identify",),
    ),
    Fault(
        "an identity of version 1 has a signature",
        _CALLS,
        '{"uid": self.uid, "schema"',
        '{"uid": self.uid, "signature": self.option("signature"), "schema"',
        ("identity/signatures-among-properties",),
    ),
    Fault(
        "a property is taken for the signature",
        _UID,
        'sig = options.get("signature", ABSENT)',
        'sig = options.get("signature", (options.get("properties") or {}).get("signature", ABSENT))',
        ("identity/signatures-among-properties",),
    ),
    Fault(
        "the end of another user has the signature of the new one",
        _IDENTITY,
        'self.leave("reidentify", source, uid)',
        'self._recorder.record("end", source, why="reidentify", **carried); self.mint("reidentify", uid)',
        ("identity/a-signature-of-another-user",),
    ),
    Fault(
        "a signature alone says who is there",
        _CALLS,
        'or self.has("uid") or self.has("anonymous")',
        'or self.has("uid") or self.has("anonymous") or self.has("signature")',
        ("capture/held-until-a-user-with-a-signature",),
    ),
    Fault(
        "remains lose their signatures",
        _REMAINS,
        'if name != "sent"}',
        """if name != "sent"} | {
            "ops": [{name: value for name, value in op.items() if name != "sig"} for op in envelope["ops"]]
        }""",
        ("identity/a-signature-waits-with-its-identify",),
    ),
)
