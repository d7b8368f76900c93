"""How much may come in: every bound of the wire, each with its rule."""

from __future__ import annotations

from typing import Final

from passerby.base.units import DAY_MS
from passerby.model.device import FUTURE_MS_MAX as FUTURE_MS_MAX

BODY_BYTES_MAX: Final = 1 << 20  # WI-1, as received
INFLATED_BYTES_MAX: Final = 4 << 20  # WI-1
INFLATED_BYTES_FREE: Final = 32 << 10  # WI-1: so much may come of however little
INFLATED_RATIO_MAX: Final = 30  # WI-1
ENVELOPE_BYTES_MAX: Final = 16 << 10  # WI-2, without ops
DEPTH_MAX: Final = 32  # WI-3
OPERATIONS_MAX: Final = 500  # WI-2
SEQUENCE_MAX: Final = 2**31 - 1  # WI-4
INSTANT_MAX: Final = 2**53 - 1  # WI-2
SOURCE_CHARS_MAX: Final = 64  # WI-4
SDK_CHARS_MAX: Final = 64  # WI-2
URL_CHARS_MAX: Final = 8192  # WI-4
TITLE_CHARS_MAX: Final = 1024  # WI-4
MESSAGE_CHARS_MAX: Final = 8192  # WI-4
EVENT_NAME_CHARS_MAX: Final = 250  # PR-3
SIGNATURE_BYTES_MAX: Final = 2000  # WI-11: 200 characters, however they are written
UID_CHARS_MAX: Final = 256  # ID-9
PAST_MS_MAX: Final = 30 * DAY_MS  # AT-7
PROPERTY_NAME_CHARS_MAX: Final = 512  # PR-1
PROPERTY_VALUE_BYTES_MAX: Final = 8192  # PR-1
PROPERTIES_MAX: Final = 500  # PR-1
USER_PROPERTIES_MAX: Final = 10_000  # WI-1, of all operations of a bundle together
NOTES_MAX: Final = 32  # WI-6
PROPERTIES_BYTES_MAX: Final = 512 << 10  # PR-1
