"""Proofs: short texts that a browser brings back, which only this service can have made.

A proof has a purpose, and serves no other; it is in clear and can be read, but not changed.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from typing import Final

import msgspec

from passerby.model.org import Org

_CHARS_MAX: Final = 4096


def proof(org: Org, purpose: str, *said: str) -> str:
    """A text that says `said` for this org and purpose."""
    body = urlsafe_b64encode(msgspec.json.encode(said)).decode().rstrip("=")
    return f"{body}.{_mac(org, purpose, body)}"


def proved(org: Org, purpose: str, text: str) -> tuple[str, ...] | None:
    """What `text` says, if this service made it for this org and purpose."""
    body, _, mac = text.rpartition(".")
    if len(text) > _CHARS_MAX or not text.isascii() or not hmac.compare_digest(mac, _mac(org, purpose, body)):
        return None
    try:
        return msgspec.json.decode(urlsafe_b64decode(body + "=" * (-len(body) % 4)), type=tuple[str, ...])
    except (Error, ValueError, msgspec.MsgspecError):
        return None


def _mac(org: Org, purpose: str, body: str) -> str:
    key = hmac.new(org.secret, b"passerby proof " + purpose.encode(), hashlib.sha256).digest()
    return hmac.new(key, f"{org.id}\n{body}".encode(), hashlib.sha256).hexdigest()
