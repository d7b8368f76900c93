"""What a server, or something that stands before it, may answer: of every status, in every form."""

from __future__ import annotations

from typing import Any, Final

from tests.cores import wild
from tests.cores.dice import Dice, Table

STATUSES: Final = Table(
    [
        (30, 200),
        *((2, status) for status in (201, 204, 302, 408, 425, 500)),
        *((3, status) for status in (400, 403, 409, 429, 503)),
        (6, 413),
        *((0.5, status) for status in (0, 199, 299, 304, 399, 404, 499, 502, 599)),
    ]
)
_WAITS: Final = (
    *("1", "5", "120", "0", "00", "000000005", "0000000005", "999999999", "1234567890", "86399", "86400", "86401"),
    *(
        " 5",
        "5 ",
        "\t5\t",
        " \t 7 \t ",
        "",
        " ",
        "-1",
        "+5",
        "1.5",
        "1e3",
        "5s",
        "5,6",
        "0x10",
        "1 2",
        "\u00b2",
        "\u00a05",
    ),
    *("5\u00a0", "Wed, 21 Oct 2026 07:28:00 GMT", "x", "Infinity", "NaN", "5;", "\x0b5", "5\x0c"),
)
_HEADERS: Final = ("Retry-After", "retry-after", "RETRY-AFTER", "Retry-after", "x-retry-after", "Content-Type")
_CODES: Final = ("too_many", "invalid_uid", "x", "", "suspicious_uid", "__proto__", wild.SMILE)


def headers(dice: Dice) -> dict[str, str]:
    return {dice.pick(_HEADERS): dice.pick(_WAITS)}


def good(dice: Dice) -> Any:
    """What says that the bundle arrived, and perhaps more."""
    body: dict[str, Any] = {"stored": dice.pick((1, 1, 1, 0, 2, 100))}
    for member in ("refused", "notes"):
        if dice.chance(0.12):
            body[member] = [_one(dice) for _ in range(dice.pick((1, 1, 2, 3)))]
    return body


def _one(dice: Dice) -> Any:
    found: dict[str, Any] = {"n": dice.pick((1, 1, 2, 3, 4, 5, 0)), "code": dice.pick(_CODES)}
    if dice.chance(0.4):
        found["name"] = dice.pick(("a", "plan", "", wild.SMILE))
    if dice.chance(0.3):
        member = dice.pick(("n", "code", "name"))
        found[member] = dice.pick(
            (True, False, None, "1", "", 1.0, 1.5, -1, 1e21, [1], ["x"], {}, wild.wrong(dice, "x"))
        )
    if dice.chance(0.1):
        del found[dice.pick(("n", "code"))]
    return wild.value(dice) if dice.chance(0.05) else found


def bad(dice: Dice) -> Any:
    """What a server says that took nothing, or what never came from it."""
    match dice.below(6):
        case 0 | 1 | 2:
            return {
                "message": "m",
                "code": dice.pick(("unknown_org", "unknown_org", "x", "", None, 1, ["x"], True, {})),
            }
        case 3:
            return dice.pick(("<html>", "", None, 1, [], {}, True, "stored", ["stored"], [{"stored": 1}]))
        case 4:
            return {"stored": dice.pick((True, False, "1", "", None, 1.0, 1.5, -1, -0.0, 1e21, 1e300, [1], {}, 5e-324))}
        case _:
            body = good(dice)
            body[dice.pick(("refused", "notes", "stored"))] = wild.value(dice)
            return body


def answer(dice: Dice, request: str, good_share: float) -> dict[str, Any]:
    """A step that answers `request`; with that share as if nothing were wrong."""
    step: dict[str, Any] = {"do": "reply", "request": request}
    if dice.chance(good_share):
        return {**step, "status": 200, "body": good(dice)}
    step["status"] = dice.draw(STATUSES)
    if dice.chance(0.93):
        step["body"] = good(dice) if step["status"] < 300 and dice.chance(0.6) else bad(dice)
    if dice.chance(0.6 if step["status"] in (429, 503) else 0.05):
        step["headers"] = headers(dice)
    return step
