"""One frozen Settings, from flags over environment over file over defaults; unknown keys are refused."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from passerby.base.errors import SettingsError, without_value

PREFIX: Final = "PASSERBY_"
_ELSEWHERE: Final = frozenset({"PASSERBY_CONFIG", "PASSERBY_FS_SKILLS"})


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How this service runs.

    `data` is a directory, or `:memory:`. `org`, `api_key` and `password` (of the member
    `admin`) are made at the first start when empty. `port` 0
    takes any free one. `public_url` is how browsers reach the service when it stands behind a proxy.
    `api_requests_per_second` limits each API key; 0 does not. `webhook_private_hosts` lets webhooks go to addresses
    of this host and its private networks (AP-12). `scrub_delay_s` lets erasures wait for one another before the
    database is rewritten, for which all writing waits (PV-2.1). `log_requests` logs a line a request (OP-7).
    `metrics_port` answers `/metrics` to this machine without a key; 0 does not (OP-6).
    `trusted_proxies` are addresses and networks, with commas between, whose `X-Forwarded-For` and
    `X-Forwarded-Proto` are believed; the limits after it are those of LI-6 and LI-7, where 0 a second is no limit.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535)] = 8000
    data: str = "data"
    tls: bool = False
    org: Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]{0,64}\Z")] = ""
    api_key: str = ""
    password: str = ""
    public_url: str = ""
    scrub_delay_s: Annotated[int, Meta(ge=0, le=30 * 86_400)] = 0
    webhook_private_hosts: bool = False
    api_requests_per_second: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    trusted_proxies: str = "127.0.0.1,::1"
    connections: Annotated[int, Meta(ge=16, le=100_000)] = 1000
    connections_per_address: Annotated[int, Meta(ge=1, le=100_000)] = 128
    requests_per_second_per_address: Annotated[int, Meta(ge=0, le=1_000_000)] = 500
    bundles_per_second_per_device: Annotated[int, Meta(ge=0, le=1_000_000)] = 50
    bundles_per_second_per_org: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    log: Literal["auto", "text", "json", "off"] = "auto"
    log_requests: bool = False
    metrics_port: Annotated[int, Meta(ge=0, le=65535)] = 0


def load(flags: Mapping[str, Any], environment: Mapping[str, str], file: Path | None) -> Settings:
    """The settings. SettingsError names the key, and never its value (a password may be one)."""
    found: dict[str, Any] = {}
    for origin, values in (("file", _file(file)), ("environment", _environment(environment)), ("flag", flags)):
        given = {name: value for name, value in values.items() if value is not None}
        unknown = sorted(set(given) - set(Settings.__struct_fields__))
        if unknown:
            known = ", ".join(Settings.__struct_fields__)
            raise SettingsError(f"{origin}: unknown setting {', '.join(unknown)} (known: {known})")
        found |= given
    try:
        return msgspec.convert(found, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(without_value(str(error))) from None


def _file(path: Path | None) -> Mapping[str, Any]:
    if path is None:
        return {}
    try:
        return tomllib.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise SettingsError(f"cannot read {path.name}: {error}") from error


def _environment(environment: Mapping[str, str]) -> Mapping[str, str]:
    return {
        name.removeprefix(PREFIX).lower(): value
        for name, value in environment.items()
        if name.startswith(PREFIX) and name not in _ELSEWHERE
    }
