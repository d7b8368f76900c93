"""What a `setIdentity` asks for, and whether it may (ID-9). Nothing here knows how the device stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from passerby_client import codes
from passerby_client.json_text import number_text
from passerby_client.placeholder import is_placeholder, is_text

UID_CHARS_MAX: Final = 256
NUMBER_MAX: Final = 2**53 - 1
"""Beyond it, two whole numbers are one to ECMAScript."""

ABSENT: Final = object()
"""What stands for an option that was not given."""

_PAGE: Final = "page"


@dataclass(frozen=True, slots=True)
class Identify:
    uid: str
    sig: Any = ABSENT
    """What is to prove the uid to the service, unlooked at (ID-18)."""
    properties: Any = None
    schema: Any = None
    consent: bool | None = None
    is_page: bool = False
    """Whether it is for this page alone (ID-15)."""


@dataclass(frozen=True, slots=True)
class Anonymize:
    force: bool = False
    has_properties: bool = False
    consent: bool | None = None
    is_page: bool = False


@dataclass(frozen=True, slots=True)
class Consent:
    granted: bool


Asked = Identify | Anonymize | Consent


def asked_by(options: Any) -> Asked | str:
    """What the options of a `setIdentity` ask for, or the code that refuses them."""
    if not isinstance(options, Mapping):
        options = {"uid": options}
    uid, anonymous = options.get("uid"), options.get("anonymous")
    given, scope = options.get("consent"), options.get("scope")
    consent = given if isinstance(given, bool) else None
    if anonymous is True and uid is not None and uid is not False:
        return codes.UID_AND_ANONYMOUS
    if scope is not None and scope != _PAGE:
        return codes.INVALID_SCOPE
    if anonymous is True or uid is False:
        has_properties = options.get("properties") is not None
        return Anonymize(options.get("force") is True, has_properties, consent, scope == _PAGE)
    if "anonymous" in options and uid is None:
        return codes.INVALID_ANONYMOUS
    if "uid" in options:
        text = uid_text(uid)
        if text is None:
            return codes.INVALID_UID
        if is_placeholder(text):
            return codes.PLACEHOLDER_UID
        sig = options.get("signature", ABSENT)
        return Identify(text, sig, options.get("properties"), options.get("schema"), consent, scope == _PAGE)
    return codes.EMPTY_IDENTITY if consent is None else Consent(consent)


def uid_text(uid: Any) -> str | None:
    """The uid as a string; None when it is none."""
    if isinstance(uid, int | float) and not isinstance(uid, bool):
        return number_text(uid) if abs(uid) <= NUMBER_MAX else None
    if not isinstance(uid, str) or len(uid) > UID_CHARS_MAX or not is_text(uid):
        return None
    return uid
