"""What an org chose about capture, version by version: who chose, and when (AP-18)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

import msgspec

from passerby.model.org import OrgSettings

CHOICE: Final = "choice"
VERSIONS_KEPT: Final = 500
NOBODY: Final = "passerby"
"""Who made a first version: the service itself."""
_NUMBER_MAX: Final = 10**9

Part: TypeAlias = Literal["features", "privacy"]
PARTS: Final[Mapping[Part, frozenset[str]]] = {
    "privacy": frozenset({"blocks"}),
    "features": frozenset(OrgSettings.__struct_fields__) - {"blocks"},
}
"""The settings that each part of the API's has; its other parts have none."""


class Touch(msgspec.Struct, frozen=True):
    """Who changed something last, and when; `number` is the version that did."""

    number: int
    at_ms: int
    by: str


class Version(msgspec.Struct, frozen=True):
    """The settings as somebody left them. `changed` are the names of those that they changed.

    `first` is the making of the first version, `touched` the last change of each part that changed since. So what
    older versions said of them is known when those are no longer kept.
    """

    touch: Touch
    settings: OrgSettings
    first: Touch
    changed: tuple[str, ...] = ()
    touched: dict[Part, Touch] = {}

    @property
    def id(self) -> str:
        """The name of its entry: in order of these the latest version comes first."""
        return name_of(self.touch.number)

    def last_touch(self, part: str) -> Touch:
        """The last change of a part, or the first version."""
        return next((touch for name, touch in self.touched.items() if name == part), self.first)


def first_version(settings: OrgSettings, at_ms: int) -> Version:
    """The version that nobody chose."""
    touch = Touch(1, at_ms, NOBODY)
    return Version(touch, settings, touch)


def next_version(known: Version, settings: OrgSettings, by: str, at_ms: int) -> Version | None:
    """The version behind `known`; None if nothing changed."""
    fields = OrgSettings.__struct_fields__
    changed = tuple(name for name in fields if getattr(settings, name) != getattr(known.settings, name))
    if not changed:
        return None
    touch = Touch(known.touch.number + 1, at_ms, by)
    touched: dict[Part, Touch] = {part: touch for part, names in PARTS.items() if names & set(changed)}
    return Version(touch, settings, known.first, changed, {**known.touched, **touched})


def name_of(number: int) -> str:
    """The name of a version's entry."""
    return f"{_NUMBER_MAX - number:010d}"
