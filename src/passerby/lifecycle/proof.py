"""Proofs: whether a customer's server signed that a page's user is who the page says (WI-11).

    "v1." expiry "." base64url(HMAC-SHA256(secret, "passerby-identify-v1\\n" org "\\n" uid "\\n" expiry))

`expiry` is in whole seconds since 1970, judged by the server's clock at receipt: the client's says what it likes.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable
from typing import Final

from passerby.base.ids import OrgId
from passerby.base.units import DAY_MS, MINUTE_MS, SECOND_MS
from passerby.model.outcome import Outcome

CHARS_MAX: Final = 200
LEEWAY_MS: Final = MINUTE_MS
AHEAD_MS_MAX: Final = 400 * DAY_MS
_FORM: Final = re.compile(r"v1\.([1-9][0-9]{0,11})\.([A-Za-z0-9_-]{43})", re.ASCII)


def signed(key: bytes, org: OrgId, uid: str, expiry_s: str) -> str:
    """The signature that proves `uid` to `org` until `expiry_s`."""
    said = f"passerby-identify-v1\n{org}\n{uid}\n{expiry_s}".encode()
    mac = hmac.digest(key, said, hashlib.sha256)
    return f"v1.{expiry_s}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


def fault_of(signature: str, org: OrgId, uid: str, keys: Iterable[bytes], received_at_ms: int) -> Outcome | None:
    """What is wrong with a signature that came with an identify of `uid`; None if it proves it."""
    form = _FORM.fullmatch(signature) if len(signature) <= CHARS_MAX else None
    if form is None:
        return Outcome.BAD_SIGNATURE
    if not any(hmac.compare_digest(signed(key, org, uid, form[1]), signature) for key in keys):
        return Outcome.BAD_SIGNATURE
    expiry_ms = int(form[1]) * SECOND_MS
    if expiry_ms > received_at_ms + AHEAD_MS_MAX:
        return Outcome.BAD_SIGNATURE
    return Outcome.EXPIRED_SIGNATURE if received_at_ms > expiry_ms + LEEWAY_MS else None
