"""The envelope: from received bytes to the undecoded operations of one device (WI-1 to WI-3)."""

from __future__ import annotations

import json
import re
import zlib
from itertools import accumulate
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from passerby.base.errors import Refusal, without_value
from passerby.wire import limits

_UUID: Final = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-79a-f][0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\Z"
"""But version 8, of which substitutes and users are: nobody may claim to be one."""
_GZIP: Final = frozenset({"gzip", "x-gzip"})
_UuidText = Annotated[str, Meta(pattern=_UUID)]
_Instant = Annotated[int, Meta(ge=0, le=limits.INSTANT_MAX)]
IDENTITY_KEYS: Final = ("device", "session", "page")
_IDENTITY_KEY: Final = re.compile(rb'"(?:device|session|page)"\s*:|\\u00[67]')
"""Such a name, or an escaped ASCII letter, as which one could be written too."""
_STRING: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
"""One that does not end reaches to the end of the body, so that no body is searched twice."""
_NO_BRACKET: Final = bytes(set(range(256)) - set(b"[]{}"))
_STEPS: Final = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")
"""A bracket as the signed byte by which it changes the depth."""
_SURROGATE: Final = re.compile(rb"\\u[dD][89a-fA-F]")
_LONE: Final = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    rb"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
"""Half a pair, in a body whose escaped backslashes are out of the way."""
_AWAY: Final = b"\0\0"
"""What stands for an escaped backslash meanwhile: no JSON has it."""


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


class _Ops(msgspec.Struct):
    """Only where the operations are, of an envelope that is not of its shape."""

    ops: msgspec.Raw = msgspec.Raw()


_DECODER: Final = msgspec.json.Decoder(Envelope)
_OPS: Final = msgspec.json.Decoder(_Ops)


def inflates_beyond(body: bytes, encoding: str, size: int) -> bool:
    """Whether a body has more than `size` bytes without its encoding; looks no further than that."""
    if len(body) > size or encoding.strip().lower() not in _GZIP:
        return len(body) > size
    try:
        return len(zlib.decompressobj(wbits=31).decompress(body, size + 1)) > size
    except zlib.error:
        return False


def inflate(body: bytes, encoding: str) -> bytes:
    """The body without its `Content-Encoding`.

    Refusals: `unsupported_encoding`, `invalid_encoding`, `bundle_too_large`.
    """
    if len(body) > limits.BODY_BYTES_MAX:
        raise Refusal("bundle_too_large", f"the body is over {limits.BODY_BYTES_MAX} bytes")
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        return body
    if encoding in _GZIP:
        return _gunzip(body)
    raise Refusal("unsupported_encoding", "Content-Encoding may be gzip or identity")


def _gunzip(body: bytes) -> bytes:
    """The inflated body; no more of it is made than it may have."""
    bytes_max = min(limits.INFLATED_BYTES_MAX, max(limits.INFLATED_BYTES_FREE, limits.INFLATED_RATIO_MAX * len(body)))
    stream = zlib.decompressobj(wbits=31)
    try:
        plain = stream.decompress(body, bytes_max + 1)
    except zlib.error as error:
        raise Refusal("invalid_encoding", "the gzip stream is broken") from error
    if len(plain) > bytes_max:
        raise Refusal("bundle_too_large", f"the body inflates to over {bytes_max} bytes")
    if not stream.eof or stream.unused_data:
        raise Refusal("invalid_encoding", "the gzip stream does not end where the body does")
    return plain


def mended(body: bytes) -> bytes:
    """The body with each lone surrogate as U+FFFD; the same object if it has none (WI-4).

    JSON cannot say them, but browsers send them: half of a pair is left where a text was cut.
    """
    if not _SURROGATE.search(body) or b"\0" in body:
        return body
    found = body.replace(b"\\\\", _AWAY)
    whole = _LONE.sub(rb"\\ufffd", found)
    return body if whole == found else whole.replace(_AWAY, b"\\\\")


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
    rest = _without(body, envelope.ops)
    if len(_IDENTITY_KEY.findall(rest)) > len(IDENTITY_KEYS):
        _check_one_device(rest)
    if len({envelope.device, envelope.session, envelope.page}) != 3:
        raise Refusal("invalid_envelope", "device, session and page must be different ids")
    return envelope


def check_depth(body: bytes) -> None:
    """Refusal `too_deep` for JSON that nests over 32 deep (WI-3)."""
    if body.count(b"{") + body.count(b"[") <= limits.DEPTH_MAX:
        return
    brackets = _STRING.sub(b"", body).translate(_STEPS, _NO_BRACKET)
    if max(accumulate(memoryview(brackets).cast("b")), default=0) > limits.DEPTH_MAX:
        raise Refusal("too_deep", f"the JSON nests over {limits.DEPTH_MAX} deep")


def _envelope_refusal(body: bytes, error: msgspec.ValidationError) -> Refusal:
    try:
        ops = _OPS.decode(body).ops
    except msgspec.DecodeError:
        ops = msgspec.Raw()
    _check_one_device(_without(body, ops))
    prose = without_value(str(error))
    if "unknown field" in prose:
        return Refusal("unknown_field", prose)
    if prose.startswith("Expected `object`") and "path" not in prose:
        return Refusal("malformed_json", "the body is not a JSON object")
    return Refusal("invalid_envelope", prose)


def _without(body: bytes, ops: msgspec.Raw) -> bytes:
    """The body without its operations, and that is small. Of operations given twice the others stay."""
    rest = (body.replace(bytes(ops), b"0", 1) if ops else body).strip()
    if len(rest) > limits.ENVELOPE_BYTES_MAX:
        raise Refusal("invalid_envelope", f"the envelope without ops is over {limits.ENVELOPE_BYTES_MAX} bytes")
    return rest


def _check_one_device(rest: bytes) -> None:
    """Refuse an envelope that names an identity twice or as a list (WI-2).

    It comes without its operations, so that what is taken apart in Python is small whatever came: an identity inside of
    one of them is `decode`'s to see.
    """
    try:
        found = json.loads(rest, object_pairs_hook=_Pairs, parse_int=str)
    except (ValueError, RecursionError) as error:
        raise Refusal("malformed_json", "the body is not JSON") from error
    if not isinstance(found, _Pairs):
        return
    top = [name for name, _ in found.pairs]
    others = [op for name, value in found.pairs if name == "ops" and isinstance(value, list) for op in value]
    inside = {name for op in others if isinstance(op, _Pairs) for name, _ in op.pairs}
    for key in IDENTITY_KEYS:
        listed = any(name == key and isinstance(value, list | _Pairs) for name, value in found.pairs)
        if top.count(key) > 1 or listed or key in inside:
            raise mixed_devices(key)


def mixed_devices(key: str) -> Refusal:
    """The refusal of a body in which an identity stands where none may."""
    return Refusal("mixed_devices", f"a bundle has one {key}, in the envelope: send another bundle")


class _Pairs:
    """A JSON object as its pairs, so that a name given twice can be seen."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        self.pairs = pairs
