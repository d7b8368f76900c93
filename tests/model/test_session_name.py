"""What a session is called (AP-17)."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from passerby.model.session_name import SessionName, session_named

PERSON, DEVICE, SESSION = (f"{n}0000000-0000-4000-8000-00000000000f" for n in "123")
NAME = f"{DEVICE}:{SESSION}"
BOTH = SessionName(SESSION, DEVICE)  # type: ignore[arg-type]
ALONE = SessionName(SESSION)  # type: ignore[arg-type]
THEN = SessionName(SESSION, DEVICE, 1_750_000_000_000)  # type: ignore[arg-type]
PAGE = "https://p.example:8443/ui/o1/session/"

FORMS = [
    (NAME, BOTH),
    (quote(NAME), BOTH),
    (quote(quote(NAME)), BOTH),
    (f"{DEVICE}!{SESSION}", BOTH),
    (SESSION, ALONE),
    (f"{PERSON}:{DEVICE}!{SESSION}", BOTH),
    (f"{PERSON}:{NAME}", BOTH),
    (f"{NAME}:1750000000000", THEN),
    (quote(f"{NAME}:1750000000000"), THEN),
    (f"{NAME}!90000", BOTH),
    (f"{SESSION}:90000", SessionName(SESSION, None, 90_000)),  # type: ignore[arg-type]
    (f" {NAME}\n", BOTH),
    (PAGE + NAME, BOTH),
    (PAGE + quote(NAME), BOTH),
    (quote(PAGE + quote(NAME), safe=""), BOTH),
    (f"{PAGE}{quote(NAME)}%3A1750000000000?from=100&x=/session/y#z", THEN),
    (f"{PAGE}{NAME}/share", BOTH),
    (f"{PAGE}{PERSON}:{DEVICE}!{SESSION}/", BOTH),
    (f"8443/ui/o1/session/{quote(NAME)}", BOTH),
    (f"//p.example/ui/o1/session/{quote(NAME)}", BOTH),
]
NONE = [
    "",
    "rubbish",
    ":",
    f"{DEVICE}:",
    f":{SESSION}",
    f"{DEVICE}:{SESSION[:-1]}",
    f"{DEVICE.upper()}:{SESSION.replace('f', 'F')}",
    f"{PERSON}:{PERSON}:{NAME}",
    f"{NAME}:soon",
    f"{NAME}:1234567890123456",
    f"{NAME}:٣",
    f"{NAME}/why",
    f"{DEVICE}/{SESSION}",
    f"https://p.example/ui/o1/user/{DEVICE}",
    f"https://p.example/?session={NAME}",
    quote(quote(quote(NAME))),
    f"https://p.example/{'a' * 4096}/session/{NAME}",
]


@pytest.mark.parametrize(("text", "named"), FORMS)
def test_a_session_has_these_names(text: str, named: SessionName) -> None:
    assert session_named(text) == named


@pytest.mark.parametrize("text", NONE)
def test_what_is_none_of_them_names_no_session(text: str) -> None:
    assert session_named(text) is None
