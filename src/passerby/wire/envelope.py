"""The envelope: from received bytes to the undecoded operations of one device (WI-1 to WI-3)."""

from __future__ import annotations

import json
import re
import zlib
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from passerby.base.errors import Refusal
from passerby.wire import limits

_UUID: Final = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-79a-f][0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\Z"
"""But version 8, of which substitutes and users are: nobody may claim to be one."""
_UuidText = Annotated[str, Meta(pattern=_UUID)]
_Instant = Annotated[int, Meta(ge=0, le=limits.INSTANT_MAX)]
_IDENTITY_KEYS: Final = ("device", "session", "page")
_IDENTITY_KEY: Final = re.compile(rb'"(?:device|session|page)"\s*:|\\u00[67]')
"""Such a name, or an escaped ASCII letter, as which one could be written too."""
_STRING: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
"""One that does not end reaches to the end of the body, so that no body is searched twice."""
_NO_BRACKET: Final = bytes(set(range(256)) - set(b"[]{}"))
_SURROGATE: Final = re.compile(rb"\\u[dD][89a-fA-F]")
_ESCAPE: Final = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<lone>\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\.",
    re.DOTALL,
)


class Envelope(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A bundle whose operations are still bytes."""

    v: int
    org: Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]{1,64}\Z")]
    device: _UuidText
    session: _UuidText
    page: _UuidText
    started: _Instant
    sent: _Instant
    ops: msgspec.Raw
    sdk: Annotated[str, Meta(max_length=limits.SDK_CHARS_MAX)] = ""
    key: Annotated[str, Meta(pattern=r"^[0-9a-f]{32}\Z")] = ""


_DECODER: Final = msgspec.json.Decoder(Envelope)


def inflate(body: bytes, encoding: str) -> bytes:
    """The body without its `Content-Encoding`.

    Refusals: `unsupported_encoding`, `invalid_encoding`, `bundle_too_large`.
    """
    if len(body) > limits.BODY_BYTES_MAX:
        raise Refusal("bundle_too_large", f"the body is over {limits.BODY_BYTES_MAX} bytes")
    match encoding.strip().lower():
        case "" | "identity":
            return body
        case "gzip" | "x-gzip":
            return _gunzip(body)
        case _:
            raise Refusal("unsupported_encoding", "Content-Encoding may be gzip or identity")


def _gunzip(body: bytes) -> bytes:
    stream = zlib.decompressobj(wbits=31)
    try:
        plain = stream.decompress(body, limits.INFLATED_BYTES_MAX + 1)
    except zlib.error as error:
        raise Refusal("invalid_encoding", "the gzip stream is broken") from error
    if len(plain) > limits.INFLATED_BYTES_MAX:
        raise Refusal("bundle_too_large", f"the body inflates to over {limits.INFLATED_BYTES_MAX} bytes")
    if not stream.eof or stream.unused_data:
        raise Refusal("invalid_encoding", "the gzip stream does not end where the body does")
    return plain


def mended(body: bytes) -> bytes:
    """The body with each lone surrogate as U+FFFD; the same object if it has none (WI-4).

    JSON cannot say them, but browsers send them: half of a pair is left where a text was cut.
    """
    if not _SURROGATE.search(body):
        return body
    whole = _ESCAPE.sub(lambda found: rb"\ufffd" if found["lone"] else found[0], body)
    return body if whole == body else whole


def open_envelope(body: bytes) -> Envelope:
    """The envelope of an inflated body.

    Refusals: `too_deep`, `malformed_json`, `unsupported_version`, `mixed_devices`, `unknown_field`, `invalid_envelope`.
    """
    check_depth(body)
    try:
        body.decode()
        envelope = _DECODER.decode(body)
    except msgspec.ValidationError as error:
        raise _envelope_refusal(body, error) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refusal("malformed_json", f"the body is not JSON: {error}") from error
    if envelope.v != 1:
        raise Refusal("unsupported_version", "v is not 1")
    if len(_IDENTITY_KEY.findall(body)) > len(_IDENTITY_KEYS):
        _check_one_device(body)
    if len({envelope.device, envelope.session, envelope.page}) != 3:
        raise Refusal("invalid_envelope", "device, session and page must be different ids")
    return envelope


def check_depth(body: bytes) -> None:
    """Refusal `too_deep` for JSON that nests over 32 deep (WI-3)."""
    if body.count(b"{") + body.count(b"[") <= limits.DEPTH_MAX:
        return
    depth = 0
    for bracket in _STRING.sub(b"", body).translate(None, _NO_BRACKET):
        depth += 1 if bracket in b"[{" else -1
        if depth > limits.DEPTH_MAX:
            raise Refusal("too_deep", f"the JSON nests over {limits.DEPTH_MAX} deep")


def _envelope_refusal(body: bytes, error: msgspec.ValidationError) -> Refusal:
    _check_one_device(body)
    prose = str(error)
    if "unknown field" in prose:
        return Refusal("unknown_field", prose)
    if prose.startswith("Expected `object`") and "path" not in prose:
        return Refusal("malformed_json", "the body is not a JSON object")
    return Refusal("invalid_envelope", prose)


def _check_one_device(body: bytes) -> None:
    """Refuse a body that names an identity twice, as a list, or inside an operation (WI-2)."""
    try:
        found = json.loads(body, object_pairs_hook=_Pairs)
    except ValueError as error:
        raise Refusal("malformed_json", "the body is not JSON") from error
    if not isinstance(found, _Pairs):
        return
    top = [name for name, _ in found.pairs]
    lists = [value for name, value in found.pairs if name == "ops" and isinstance(value, list)]
    inside = [op for ops in lists for op in ops if isinstance(op, _Pairs)]
    for key in _IDENTITY_KEYS:
        listed = any(name == key and isinstance(value, list | _Pairs) for name, value in found.pairs)
        if top.count(key) > 1 or listed or any(name == key for op in inside for name, _ in op.pairs):
            raise Refusal("mixed_devices", f"a bundle has one {key}, in the envelope: send another bundle")


class _Pairs:
    """A JSON object as its pairs, so that a name given twice can be seen."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        self.pairs = pairs
