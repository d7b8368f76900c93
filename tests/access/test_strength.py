"""What others would guess is refused, in words that do not hold it; what the service makes itself is not."""

from __future__ import annotations

import pytest

from passerby.access.strength import key_weakness, password_weakness
from passerby.base.errors import SettingsError
from passerby.boot import MEMORY, compose
from passerby.config import Settings
from passerby.host import new_api_key, new_password


@pytest.mark.parametrize(
    "password",
    [
        "short", "elevenchars", "aaaaaaaaaaaaaaaaaaaa", "abababababababab", "password1234", "Passw0rd2024!",
        "administrator1", "qwertyuiop123", "1234567890123", "admin-admin-admin", "acme-industries",
        "Acme-Industries-2026",
        "changeme!!!!", "letmein-letmein", "passerby-passerby", "1q2w3e4r1q2w3e4r",
    ],
)  # fmt: skip
def test_a_password_that_others_try_first_is_refused(password: str) -> None:
    why = password_weakness(password, "admin", "acme-industries")
    assert why is not None
    assert password.lower() not in why.lower()


@pytest.mark.parametrize(
    "password", ["correct horse battery", "jetzt-wird-gezählt", "a password for the tests", "x7!kQ2z#vM0p"]
)
def test_a_password_of_ones_own_is_not(password: str) -> None:
    assert password_weakness(password, "admin", "o1") is None


def test_what_is_made_here_is_strong() -> None:
    for _ in range(200):
        assert password_weakness(new_password(), "admin", "acme") is None
        assert key_weakness(new_api_key()) is None


@pytest.mark.parametrize("key", ["k", "na1.0123456789", "a" * 40, "abcabcabcabcabcabcabcabc"])
def test_a_key_that_others_would_guess_is_refused(key: str) -> None:
    assert key_weakness(key) is not None


@pytest.mark.parametrize(("setting", "value"), [("api_key", "sesame-sesame"), ("password", "password1234")])
def test_no_service_is_composed_with_one(setting: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^{setting}: ") as refused:
        compose(Settings(data=MEMORY, **{setting: value}))
    assert value not in str(refused.value)
