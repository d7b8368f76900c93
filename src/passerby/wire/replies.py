"""Replies: the one place where outcomes and refusals become a status and bytes (WI-6, WI-7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from passerby.base.errors import Refusal
from passerby.model.bundle import Bundle
from passerby.model.outcome import UNPROVED, Noted, Outcome

STATUS: Final[Mapping[str, int]] = {
    "malformed_json": 400,
    "invalid_envelope": 400,
    "unknown_field": 400,
    "unsupported_version": 400,
    "mixed_devices": 400,
    "bad_sequence": 400,
    "too_deep": 400,
    "too_many_operations": 400,
    "invalid_encoding": 400,
    "unsupported_encoding": 415,
    "bundle_too_large": 413,
    "unknown_org": 403,
    "page_of_another_device": 409,
    "too_many_requests": 429,
    "unavailable": 503,
}
"""Every refusal of the collector. A code that is not here is a bug of ours, and answered 500."""


class _RefusedReply(msgspec.Struct):
    n: int
    code: str
    message: str


class _Reply(msgspec.Struct, omit_defaults=True):
    stored: int
    refused: list[_RefusedReply] = []
    notes: list[Noted] = []


class _ErrorReply(msgspec.Struct):
    message: str
    code: str


_ENCODER: Final = msgspec.json.Encoder()
_SENT_BEFORE: Final = "refused when it was first sent"


def accepted(bundle: Bundle, outcomes: Mapping[int, Outcome]) -> bytes:
    """The body of the 200 that answers `bundle`."""
    prose = {refused.n: refused.message for refused in bundle.refused}
    nameless = [_RefusedReply(0, no.outcome.value, no.message) for no in bundle.refused if no.n == 0]
    refused = [
        _RefusedReply(n, outcome.value, prose.get(n) or UNPROVED.get(outcome, _SENT_BEFORE))
        for n, outcome in sorted(outcomes.items())
        if n and not outcome.accepted
    ]
    stored = sum(outcome.accepted for outcome in outcomes.values())
    return _ENCODER.encode(_Reply(stored, nameless + refused, list(bundle.notes)))


def error_body(message: str, code: str) -> bytes:
    """`{"message", "code"}` (RE-3)."""
    return _ENCODER.encode(_ErrorReply(message, code))


def refusal(refused: Refusal) -> tuple[int, bytes]:
    """Status and body for a refused bundle."""
    return STATUS.get(refused.code, 500), error_body(refused.message, refused.code)
