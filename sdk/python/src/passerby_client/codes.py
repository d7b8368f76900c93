"""Every code the core notes or answers with. A code never changes; the prose for people belongs to the platforms."""

from __future__ import annotations

from typing import Final

NOT_CAPTURING: Final = "not_capturing"
UNKNOWN_CALL: Final = "unknown_call"
RATE_LIMITED: Final = "rate_limited"
NOT_ACKNOWLEDGED: Final = "not_acknowledged"
NOT_RELEASED: Final = "not_released"
"""A user was let go, but storage keeps the record, and the next load finds it (ID-17)."""

INVALID_UID: Final = "invalid_uid"
PLACEHOLDER_UID: Final = "placeholder_uid"
UID_AND_ANONYMOUS: Final = "uid_and_anonymous"
INVALID_SCOPE: Final = "invalid_scope"
INVALID_ANONYMOUS: Final = "invalid_anonymous"
EMPTY_IDENTITY: Final = "empty_identity"
INVALID_EVENT_NAME: Final = "invalid_event_name"
INVALID_EVENT_TYPE: Final = "invalid_event_type"
INVALID_PROPERTIES: Final = "invalid_properties"
INVALID_LOG: Final = "invalid_log"

SUSPICIOUS_UID: Final = "suspicious_uid"
ALREADY_ANONYMOUS: Final = "already_anonymous"
PROPERTIES_IGNORED: Final = "properties_ignored"
UID_IN_PROPERTIES: Final = "uid_in_properties"
PAGE_NAME_KEPT: Final = "page_name_kept"
FOREIGN_RECORD: Final = "foreign_record"
RELEASED_DEVICE_RETURNED: Final = "released_device_returned"
STORAGE_FAILED: Final = "storage_failed"
BROKEN_REMAINS: Final = "broken_remains"
QUEUE_FULL: Final = "queue_full"
OUTBOX_FULL: Final = "outbox_full"
BUNDLE_REFUSED: Final = "bundle_refused"
REFUSED: Final = "refused"
"""With the server's code for the operation as its name."""

TOO_MANY_PROPERTIES: Final = "too_many_properties"
"""With the name of the property; the server's notes on properties are passed on as `code:name` too (PR-4)."""
