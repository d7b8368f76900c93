"""Recording settings: what the org has chosen about capture, now and before, read only (AP-18).

They are told under the names of the contract. What there is no choice about here is told as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Final, Generic, Literal, TypeAlias, TypeVar

import msgspec
from msgspec import Meta

from passerby.base.errors import Refusal
from passerby.faces.api.endpoint import Answer, Call, Endpoint
from passerby.ingest.choosing import latest_version, version
from passerby.model.choice import Version, first_version
from passerby.model.org import Auto, Block, OrgSettings
from passerby.wire.instants import iso_text

Part = TypeVar("Part")

_PAGE: Final = 20
_PAGE_MAX: Final = 100
_BLOCKED: Final = {"exclude": "BLOCK_EXCLUDE", "mask": "BLOCK_MASK", "unmask": "BLOCK_UNMASK"}


class Metadata(msgspec.Struct, frozen=True):
    """Who changed this part of the settings last, and who made them."""

    lastUpdated: str
    lastUpdatedBy: str
    created: str
    createdBy: str


class BlockingShape(msgspec.Struct, frozen=True, kw_only=True):
    """Who is not recorded: nobody is left out here."""

    blockedIps: list[str] = []
    blockedUas: list[str] = []
    blockedAppIds: list[str] = []
    metadata: Metadata


class DomainEntry(msgspec.Struct, frozen=True):
    """A domain, and whether it is left out."""

    domain: str
    disabled: bool


class DomainShape(msgspec.Struct, frozen=True, kw_only=True):
    """Which domains are recorded: all that send."""

    onlyRecordKnownDomains: bool = False
    domains: list[DomainEntry] = []
    metadata: Metadata


class GeoShape(msgspec.Struct, frozen=True, kw_only=True):
    """Which countries are recorded: all, since no address is looked up (PV-1)."""

    recordGeoMode: Literal["GEO_ALL"] = "GEO_ALL"
    recordGeoZones: list[str] = []
    metadata: Metadata


class FeaturesShape(msgspec.Struct, frozen=True, kw_only=True):
    """What is recorded. From `autoEvents` on the fields are ours."""

    enabled: bool
    consoleWatcher: bool = False
    ajaxWatcher: bool = False
    resourceUploading: bool = False
    recordingShutoff: bool = False
    clientSideRageClick: bool = False
    autoEvents: Auto
    sessionIdleMs: int
    sessionAgeMs: int
    splitOnIdentify: bool
    identify: Literal["open", "signed"]
    metadata: Metadata


class TargetingShape(msgspec.Struct, frozen=True, kw_only=True):
    """Rules by which sessions are chosen: there are none, all are recorded."""

    sessionTargetingRules: list[dict[str, Any]] = []
    metadata: Metadata


class ElementBlock(msgspec.Struct, frozen=True, kw_only=True):
    """Elements of which nothing, or no text, is recorded; or of which it is again."""

    selector: str
    type: Literal["BLOCK_EXCLUDE", "BLOCK_MASK", "BLOCK_UNMASK"]
    scope: Literal["ALL_SESSIONS"] = "ALL_SESSIONS"
    consent: bool = False
    notes: str = ""
    label: str = ""
    exceptionSelectors: list[str] = []
    groupId: int = 0


class PrivacyShape(msgspec.Struct, frozen=True, kw_only=True):
    """What is hidden. No requests of pages are watched, and no address is kept (PV-1)."""

    elementBlocks: list[ElementBlock]
    ajaxWatches: list[dict[str, Any]] = []
    discardIpAddresses: Literal[True] = True
    defaultPrivacyMode: Literal["PRIVACY_MODE_OFF"] = "PRIVACY_MODE_OFF"
    elementRuleGroups: dict[str, Any] = {}
    metadata: Metadata


class History(msgspec.Struct, Generic[Part], frozen=True, kw_only=True, omit_defaults=True):
    """Versions of a part of the settings, the latest first."""

    versions: list[Part]
    nextPaginationToken: str | None = None


class HistoryQuery(msgspec.Struct, frozen=True):
    """Which versions."""

    limit: Annotated[int, Meta(ge=1, le=_PAGE_MAX)] = _PAGE
    paginationToken: Annotated[str, Meta(pattern="^[0-9]{0,10}$")] = ""


Told: TypeAlias = Callable[[OrgSettings, Metadata], msgspec.Struct]


def _features(settings: OrgSettings, metadata: Metadata) -> FeaturesShape:
    return FeaturesShape(
        enabled=settings.capture,
        autoEvents=settings.auto,
        sessionIdleMs=settings.idle_ms,
        sessionAgeMs=settings.age_ms,
        splitOnIdentify=settings.split_on_identify,
        identify=settings.identify,
        metadata=metadata,
    )


def _privacy(settings: OrgSettings, metadata: Metadata) -> PrivacyShape:
    return PrivacyShape(elementBlocks=[_element(block) for block in settings.blocks], metadata=metadata)


def _element(block: Block) -> ElementBlock:
    return msgspec.convert({"selector": block.selector, "type": _BLOCKED[block.block]}, ElementBlock)


def _in_force(call: Call) -> Version:
    with call.desk.store.read() as reader:
        return latest_version(reader, call.org.id) or first_version(call.org.settings, 0)


def _metadata(found: Version, part: str) -> Metadata:
    last, first = found.last_touch(part), found.first
    return Metadata(iso_text(last.at_ms), last.by, iso_text(first.at_ms), first.by)


def _current(part: str, told: Told) -> Callable[[Call], Answer]:
    def run(call: Call) -> Answer:
        return Answer(told(call.org.settings, _metadata(_in_force(call), part)))

    run.__name__, run.__doc__ = f"get_{part}_settings", f"The {part} settings."
    return run


def _history(part: str, told: Told) -> Callable[[Call], Answer]:
    def run(call: Call) -> Answer:
        query: HistoryQuery = call.query
        found = _in_force(call)
        with call.desk.store.read() as reader:
            if query.paginationToken:
                found = version(reader, call.org.id, int(query.paginationToken)) or _unknown()
            versions: list[msgspec.Struct] = []
            following: Version | None = found
            while following is not None and len(versions) < query.limit:
                versions.append(told(following.settings, _metadata(following, part)))
                following = version(reader, call.org.id, following.last_touch(part).number - 1)
        token = str(following.touch.number) if following else None
        return Answer(History(versions=versions, nextPaginationToken=token))

    run.__name__ = f"get_{part}_settings_history"
    run.__doc__ = f"Versions of the {part} settings, the latest first."
    return run


def _unknown() -> Version:
    raise Refusal("invalid_argument", "paginationToken is not one that this API gave, or its version is not kept")


def _without(shape: Callable[..., msgspec.Struct]) -> Told:
    """What a part says about which there is no choice."""
    return lambda _settings, metadata: shape(metadata=metadata)


_PARTS: Final[tuple[tuple[str, Told, Any, Any], ...]] = (
    ("features", _features, FeaturesShape, History[FeaturesShape]),
    ("privacy", _privacy, PrivacyShape, History[PrivacyShape]),
    ("blocking", _without(BlockingShape), BlockingShape, History[BlockingShape]),
    ("domain", _without(DomainShape), DomainShape, History[DomainShape]),
    ("geo", _without(GeoShape), GeoShape, History[GeoShape]),
    ("targeting", _without(TargetingShape), TargetingShape, History[TargetingShape]),
)
_PATH: Final = "/settings/recording/v1"

ENDPOINTS = tuple(
    endpoint
    for part, told, shape, history in _PARTS
    for endpoint in (
        Endpoint("GET", f"{_PATH}/{part}", "read", _current(part, told), shape),
        Endpoint("GET", f"{_PATH}/{part}/history", "read", _history(part, told), history, HistoryQuery),
    )
)
