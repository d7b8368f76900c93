"""The named statements of `statements.sql`."""

from __future__ import annotations

import re
from importlib.resources import files
from types import SimpleNamespace
from typing import Final

_HERE: Final = files(__package__)


def _statements() -> SimpleNamespace:
    text = re.sub(r"^-- (?!name:).*$", "", _HERE.joinpath("statements.sql").read_text(), flags=re.M)
    parts = re.split(r"^-- name: (\w+)$", text, flags=re.M)[1:]
    return SimpleNamespace(**{name: sql.strip() for name, sql in zip(parts[::2], parts[1::2], strict=True)})


SQL: Final = _statements()
"""Each statement as an attribute; a name that is not in the file is an AttributeError."""
