"""What a script begins with: settings, clock, ids, what storage holds, where the page is."""

from __future__ import annotations

from typing import Any, Final

from tests.cores import others, wild
from tests.cores.dice import Dice
from tests.cores.profiles import Profile
from tests.cores.situation import Situation

IDS: Final = {kind: [others.id_of(kind, number) for number in range(1, 121)] for kind in ("device", "session", "page")}
KEYS: Final = [others.key_of(number) for number in range(1, 121)]


def given(dice: Dice, profile: Profile) -> dict[str, Any]:
    """The member `given` of a script."""
    now_ms = dice.pick((1_750_000_000_000, 1_750_000_000_000, 1_749_999_999_999, 1_750_000_000_001))
    found: dict[str, Any] = {
        "config": _config(dice, profile),
        "clock": {"wall_ms": now_ms},
        "ids": IDS,
        "keys": KEYS if dice.chance(0.7) else [],
        "storage": None,
        "page": _page(dice),
    }
    if dice.chance(0.6):
        found["storage"] = _storage(dice, now_ms)
    if dice.chance(profile.strays):
        found["strays"] = [Situation.any_record(dice, now_ms) for _ in range(dice.between(1, 3))]
    if dice.chance(0.3):
        found["random"] = [dice.pick((0, 0.25, 0.5, 0.999999, 0.1, 1e-9)) for _ in range(dice.between(1, 6))]
    if dice.chance(profile.breaks / 8):
        found["storage_fails"] = True
    return found


def _storage(dice: Dice, now_ms: int) -> dict[str, str]:
    found: dict[str, str | None] = {}
    if dice.chance(0.8):
        found["fs_uid"] = Situation.any_record(dice, now_ms)
        found["fs_lua"] = others.lua(dice, now_ms) if dice.chance(0.4) else f"1.{now_ms - 1000}"
    if dice.chance(0.1):
        found["fs_cid"] = others.cid(dice)
    for _ in range(dice.pick((0, 0, 0, 1, 1, 2, 4))):
        found.update([others.outbox(dice, now_ms)])
    return {key: value for key, value in found.items() if value is not None}


_NUMBERS: Final = (
    *(("queue_operations_max", (1, 2, 3, 5)), ("bundle_operations_max", (1, 2, 3, 4))),
    *(("outbox_chars_max", (0, 500, 1000, 8192, 9000, 20_000)), ("idle_ms", (1, 1000, 60_000))),
    *(("age_ms", (1000, 60_000, 3_600_000)), ("activity_write_ms", (0, 1, 60_000)), ("flush_ms", (0, 1, 1000, 60_000))),
    *(("settle_ms", (0, 1, 1000, 60_000)), ("retry_ms", (0, 1, 999, 20_000)), ("retry_max_ms", (1, 1000, 3000))),
)


_RATES: Final = ([1, 1], [2, 3], [1, 100], [100, 2], [3, 7], [7, 7], [13, 17])


def _config(dice: Dice, profile: Profile) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, share, values in (
        ("hold", 0.3, ("page", "page", "auth")),
        ("capture", profile.late, (False,)),
        ("split_on_identify", 0.15, (True,)),
        ("mobile", 0.1, (True, True, False)),
        ("app", 0.1, ("https://app.passerby.example",)),
        ("sdk", 0.1, ("js/1.0",)),
        ("org", 0.03, ("o1", "o2", "o-1.x")),
    ):
        if dice.chance(share):
            found[name] = dice.pick(values)
    if dice.chance(0.15):
        buckets = [bucket for bucket in ("identity", "properties", "events") if dice.chance(0.5)]
        found["limits"] = {bucket: dice.pick(_RATES) for bucket in buckets}
    for name, numbers in _NUMBERS:
        if dice.chance(profile.numbers):
            found[name] = dice.pick(numbers)
    if dice.chance(0.1):
        found["outbox_chars_max"] = dice.pick((9000, 12_000, 20_000))
    if dice.chance(0.02):
        found["idle_ms"] = found["age_ms"] = 60_000
    return found


URLS: Final = (
    *("https://app.example/", "https://app.example/a", "https://app.example/b?x=1", "https://app.example/b?x=2"),
    *("https://app.example/b#1", "https://app.example/b", "https://other.example/a", "HTTPS://app.example/a?"),
    *("about:blank", "app+x.y-z://host/x?y#z", "file:///a/b", "no scheme/x", "", "https://app.example", "_x://h/p"),
    *(
        "https://app.example/b#1?2\n#3",
        "https://\u00e9.example/\u2028?q",
        "\u00e9://h/p",
        "//h/p?q",
        "k\u212a://h/p",
        "1a://h/p",
    ),
)
TITLES: Final = ("A", "B", "", wild.SMILE)


def _page(dice: Dice) -> dict[str, str]:
    page = {"url": dice.pick(URLS[:4]) if dice.chance(0.8) else dice.pick(URLS)}
    if dice.chance(0.8):
        page["title"] = dice.pick(TITLES)
    if dice.chance(0.7):
        page["referrer"] = dice.pick(("https://mail.example/", ""))
    return page
