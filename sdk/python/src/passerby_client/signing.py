"""What an app's server signs of a uid (WI-11), for `setIdentity` to bring along (ID-18).

It is for servers, and no part of the core: a core signs nothing.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Final

from passerby_client.uid import uid_text

EXPIRES_S_MAX: Final = 10**12 - 1


def sign(secret: str, org: str, uid: str | int | float, expires_s: int) -> str:
    """The signature that proves to `org` that its user is `uid`, until `expires_s`, in whole seconds since 1970.

    `secret` is one of the org's, as it was shown. It stays on the server, and `uid` is who signed in there: to sign one
    that the browser named proves nothing. ValueError: there is no secret, no uid (ID-9.1), or no such time.
    """
    text = uid_text(uid)
    if not secret or text is None:
        raise ValueError("a signature needs a secret and a uid")
    if isinstance(expires_s, bool) or not isinstance(expires_s, int) or not 0 < expires_s <= EXPIRES_S_MAX:
        raise ValueError("a signature expires at a whole second since 1970")
    said = f"passerby-identify-v1\n{org}\n{text}\n{expires_s}"
    mac = hmac.digest(secret.encode(), said.encode(), hashlib.sha256)
    return f"v1.{expires_s}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"
