"""Addresses of the internet are taken out of what a batch brings, however they are written (PV-1)."""

from __future__ import annotations

import json

import msgspec
import pytest

from passerby.wire.unkept import IN_CONTEXT, IN_EVENT, without_address


@pytest.mark.parametrize(
    "written",
    [
        b'{"name": "e", "context": {"location": {"ip_address": "9.9.9.9", "city": "B"}}}',
        b'{"name": "e", "context": {"location": {"ipAddress": "9.9.9.9", "city": "B"}}}',
        b'{"name": "e", "context": {"location": {"ip\\u005faddress": "9.9.9.9", "city": "B"}}}',
        b'{"name": "e", "context": {"location": {"ip_address": "9.9.9.9", "city": "B", "ip_address": "9.9.9.9"}}}',
        b'{"name": "e", "context": {"location": {"ip_address": "9.9.9.9"}}, "context": {"location": {"city": "B"}}}',
    ],
)
def test_an_address_goes_and_all_else_stays(written: bytes) -> None:
    told = without_address(msgspec.Raw(written), IN_EVENT)
    assert b"9.9.9" not in bytes(told)
    assert json.loads(bytes(told)) == {"name": "e", "context": {"location": {"city": "B"}}}


@pytest.mark.parametrize(
    "written",
    [
        b'{"name": "ip_address", "properties": {"ip_address": "mine", "location": {"ip_address": "mine"}}}',
        b'{"name": "ip_address", "context": [{"location": 1}]}',
        b'{"name": "ip_address", "context": {"location": "ip_address"}}',
        b'{"name": "ip_address", "n": 1e999}',
        b'["ip_address"]',
        b"7",
        b"null",
    ],
)
def test_what_is_no_address_of_a_location_stays(written: bytes) -> None:
    assert bytes(without_address(msgspec.Raw(written), IN_EVENT)).replace(b" ", b"") == written.replace(b" ", b"")


def test_a_context_by_itself_loses_its_own() -> None:
    told = without_address(msgspec.Raw(b'{"location": {"ip_address": "9.9.9.9"}}'), IN_CONTEXT)
    assert bytes(told) == b'{"location":{}}'
