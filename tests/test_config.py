"""Settings come from flags over environment over file over defaults, and say no value when they are wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from passerby.base.errors import SettingsError
from passerby.config import Settings, load

SECRET = "a-secret-nobody-may-read"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "passerby.toml"


def test_without_anything_the_defaults_hold() -> None:
    assert load({}, {}, None) == Settings()


def test_a_flag_is_over_the_environment_which_is_over_the_file(file: Path) -> None:
    file.write_text('port = 1\nhost = "file"\norg = "file"\n')
    environment = {"PASSERBY_PORT": "2", "PASSERBY_HOST": "environment", "HOME": "elsewhere"}
    found = load({"port": 3, "host": None}, environment, file)
    assert (found.port, found.host, found.org) == (3, "environment", "file")


@pytest.mark.parametrize(("text", "is_tls"), [("true", True), ("1", True), ("false", False), ("0", False)])
def test_the_environment_says_yes_and_no(text: str, is_tls: bool) -> None:
    assert load({}, {"PASSERBY_TLS": text}, None).tls is is_tls


@pytest.mark.parametrize(
    ("flags", "environment", "text"),
    [({"colour": SECRET}, {}, ""), ({}, {"PASSERBY_COLOUR": SECRET}, ""), ({}, {}, f'colour = "{SECRET}"')],
)
def test_an_unknown_setting_is_refused_by_name(
    flags: dict[str, Any], environment: dict[str, str], text: str, file: Path
) -> None:
    file.write_text(text)
    with pytest.raises(SettingsError, match="colour") as refused:
        load(flags, environment, file)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("name", ["PORT", "TLS", "LOG", "ORG", "API_REQUESTS_PER_SECOND"])
def test_a_wrong_value_is_refused_by_name_and_not_said(name: str) -> None:
    with pytest.raises(SettingsError, match=name.lower()) as refused:
        load({}, {f"PASSERBY_{name}": f"{SECRET} '\n"}, None)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("port", ["-1", "65536"])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    with pytest.raises(SettingsError, match="port"):
        load({}, {"PASSERBY_PORT": port}, None)


def test_a_file_that_cannot_be_read_is_refused(file: Path) -> None:
    with pytest.raises(SettingsError, match=r"passerby\.toml"):
        load({}, {}, file)
    file.write_text(f'org = {SECRET}"')
    with pytest.raises(SettingsError) as refused:
        load({}, {}, file)
    assert SECRET not in str(refused.value)
