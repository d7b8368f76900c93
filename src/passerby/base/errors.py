"""What can go wrong on our side of the line, and the refusals that end a request.

    PasserbyError
    ├── Refusal          a whole request is refused: what the caller did wrong, by code
    ├── Unfinished       what was being told may not be told on
    ├── SettingsError    the configuration cannot be used
    ├── StoreError       the store failed; nothing of the work was kept
    │   └── StoreClosed  work was handed in after close
    └── BindingViolation ID-1 would have been broken: a bug of ours, stopped by the store

What a client did wrong in one operation is no exception but an outcome (`passerby.model.outcome`).
"""

from __future__ import annotations

import re
from typing import Final

_QUOTED: Final = re.compile(r""" (['"]).*\1(?= - at `)""", re.DOTALL)


class PasserbyError(Exception):
    """The root of the errors that Passerby raises."""


class Refusal(PasserbyError):
    """A request is refused as a whole.

    `code` is snake_case and never changes; `message` is prose and may. The mapping to a status
    is `passerby.wire.replies`.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class Unfinished(PasserbyError):
    """What was being told changed meanwhile, and the rest may not be told (PV-2.3)."""


class SettingsError(PasserbyError):
    """A setting is unknown, of the wrong type or contradicts another."""


class StoreError(PasserbyError):
    """The store could not do the work; nothing of it was kept."""


class StoreClosed(StoreError):
    """Work was handed to a store that is closed."""


class BindingViolation(PasserbyError):
    """A device would have been bound twice (ID-1)."""


def without_value(prose: str) -> str:
    """The text of a validation error, which ends with a path, without the value that it may quote (PV-3)."""
    return _QUOTED.sub("", prose)
