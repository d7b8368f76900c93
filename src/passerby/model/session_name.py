"""What a session is called: every form that was handed out, or that clients make of it (AP-17)."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote

import msgspec

from passerby.base.ids import UUID, DeviceId, SessionId

_CHARS_MAX: Final = 4096
_ENCODINGS_MAX: Final = 2
_NAME: Final = re.compile(rf"(?:(?:{UUID}[:!])?({UUID})[:!])?({UUID})(?::([0-9]{{1,15}})|![0-9]{{1,15}})?")
_PATH: Final = "/session/"


class SessionName(msgspec.Struct, frozen=True):
    """A session as somebody named it: the device only where they said it. `moment_ms` since 1970 is a place in it."""

    session: SessionId
    device: DeviceId | None = None
    moment_ms: int | None = None


def session_named(text: str) -> SessionName | None:
    """Which session `text` names, or None if it names none (AP-17). It says nothing of whether there is one."""
    found = _NAME.fullmatch(_bare(text)) if len(text) <= _CHARS_MAX else None
    if found is None:
        return None
    device, session, moment = found.groups()
    return SessionName(SessionId(session), DeviceId(device) if device else None, int(moment) if moment else None)


def _bare(text: str) -> str:
    """The name in `text`: it may be encoded for a URL, and be the end of the path of one."""
    for _ in range(_ENCODINGS_MAX):
        text = unquote(text)
    path = text.strip().partition("?")[0].partition("#")[0]
    _, is_path, name = path.rpartition(_PATH)
    return name.partition("/")[0] if is_path else path
