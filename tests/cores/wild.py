"""Values as apps have them when something is wrong: texts, numbers, properties and any JSON at all."""

from __future__ import annotations

from typing import Any, Final

from tests.cores.dice import Dice, Table

NUMBERS: Final = (
    *(0, 1, -1, 2, 42, 100, 1.0, 1.5, -0.0, 0.1, -2.5, 1e-7, 1e-6, 0.000015, 1.5e-9, 5e-324, 1e20, 1e21, 1.5e300),
    *(2**31, 2**53 - 1, 2**53, -(2**53) + 1, -(2**53), 123456789012345680000, 1.7976931348623157e308, 4.35, 1e16),
)
"""Whole numbers that a double does not hold are left out: they are other numbers once a script was written down."""

SMILE: Final = "\N{GRINNING FACE}"
HALF: Final = "\ud83d"
REST: Final = "\ude00"
ODD_TEXTS: Final = (
    *(
        "",
        " ",
        "a",
        "b",
        "0",
        "1",
        "-1",
        "true",
        "null",
        "page",
        "user",
        "id",
        "1e3",
        "\t",
        "\n",
        "\x00",
        "\x1f",
        "\x7f",
    ),
    *('"', "\\", "/", "</script>", "\u2028", "\u2029", "\ufeff", "\u00e9", "e\u0301", SMILE, f"{SMILE}x", "\U0010ffff"),
    *(HALF, REST, f"a{HALF}", f"{REST}a", f"{HALF}{HALF}{REST}", "\ufffd", "__proto__", "constructor", "toString"),
    *(
        "2026-01-01",
        "2026-01-01T00:00:00.000Z",
        "2026-01-01T01:00:00+01:00",
        "31/12/2026",
        "x" * 100,
        "[object Object]",
    ),
)
ODD_UIDS: Final = (
    *(
        "undefined",
        "null",
        "None",
        "NaN",
        "[object Object]",
        "{{ id }}",
        "u-${id}",
        "0",
        "-1",
        "guest",
        "Guest",
        "admin",
        "Test1",
    ),
    *(
        "a@b.example",
        "a b@c.example",
        " u1",
        "u1 ",
        "U1",
        "\u00a0",
        "\u200b",
        "\u00b5",
        "\u212a",
        "\u017f",
        "nan\u017f",
    ),
    *("anonymous", "n/a", "(null)", "'none'", "%user%", "user_id", "00000000-0000-0000-0000-000000000000", "x-null"),
    *("\u00e9", "e\u0301", SMILE, "f" * 32, "f" * 31, "u1\n", "undefined\u0130", "not set", "\u202eu1", "user\u0131d"),
)
BOUNDS: Final = (64, 250, 256)
MESSAGE_CHARS: Final = 8192
BYTES_MAX: Final = 512 << 10
NAMES: Final = (
    *(
        "a",
        "b",
        "plan",
        "plan_str",
        "n_int",
        "x_real",
        "ok_bool",
        "on_date",
        "xs_strs",
        "xs_ints",
        "displayName",
        "email",
    ),
    *("pageName", "pageName_str", "uid", "uid_str", "", "0", "1", "10", "2", "01", "-1", "__proto__", "constructor"),
    *("toString", "hasOwnProperty", "a.b", "_str", "a_str\n", "a_strs_str", "\u00e9", SMILE, "\uffee", "\ud83d", "a b"),
)
_KINDS: Final = Table(
    [(5, "text"), (2, "odd"), (4, "number"), (2, "bool"), (1, "null"), (2, "list"), (2, "object"), (0.3, "cut")]
)


def text_at(dice: Dice, bound: int) -> str:
    """A text about as long as that bound, where one character more or less, or half of one, tells."""
    odd = dice.pick((SMILE, HALF, REST, "\u00e9", "\u2028", "x"))
    length = bound + dice.pick((-2, -1, 0, 1))
    match dice.below(4):
        case 0:
            return odd * length
        case 1:
            return f"{'a' * (length - 1)}{odd}"
        case 2:
            return f"{'a' * (length - 2)}{odd}b"
        case _:
            return f"{odd}{'a' * (length - 1)}"


def text(dice: Dice) -> str:
    return text_at(dice, dice.pick(BOUNDS)) if dice.chance(0.08) else dice.pick(ODD_TEXTS)


def value(dice: Dice, depth: int = 0) -> Any:
    """Any JSON."""
    match dice.draw(_KINDS):
        case "text":
            return dice.pick(("a", "b", "pro", "x y"))
        case "odd":
            return dice.pick(ODD_TEXTS)
        case "number":
            return dice.pick(NUMBERS)
        case "bool":
            return dice.chance(0.5)
        case "list" if depth < 3:
            return [value(dice, depth + 1) for _ in range(dice.below(4))]
        case "object" if depth < 3:
            return {dice.pick(NAMES): value(dice, depth + 1) for _ in range(dice.below(4))}
        case "cut":
            return text_at(dice, dice.pick(BOUNDS))
        case _:
            return None


def wrong(dice: Dice, right: Any) -> Any:
    """Something that is not `right`, but may be taken for it."""
    match dice.below(6):
        case 0:
            return [right]
        case 1:
            return {"0": right}
        case 2:
            return dice.pick((0, 1, "", "0", "1", "true", "false", True, False, None))
        case 3 if isinstance(right, str):
            return dice.pick((right.upper(), f" {right}", f"{right}\n", right[:-1], f"{right}\x00"))
        case 4:
            return dice.pick(NUMBERS)
        case _:
            return value(dice)


def properties(dice: Dice) -> Any:
    if dice.chance(0.0015):
        return large(dice)
    roll = dice.below(1000)
    if roll < 700:
        return {dice.pick(NAMES): value(dice) for _ in range(dice.between(1, 4))}
    if roll < 760:
        return {}
    if roll < 800:
        return {dice.pick(("p", f"p{number}", f"{number}")): number for number in range(dice.pick((40, 51, 60)))}
    if roll < 850:
        return {f"p{number}": number for number in range(dice.pick((49, 50, 51, 60)))}
    if roll < 855:
        return {"deep": deep(dice.between(20, 40))}
    return wrong(dice, {"a": 1}) if roll < 980 else value(dice)


def schema(dice: Dice) -> Any:
    if dice.chance(0.3):
        return wrong(dice, {"plan": "str"})
    kinds = ("str", "int", "real", "bool", "date", "strs", "ints", "nothing", 1, None)
    return {dice.pick(NAMES): dice.pick(kinds) for _ in range(dice.below(4))}


_SIZED: Final = (*(("x", 1), ("\u00e9", 2), ("\u2028", 3), (SMILE, 4), (HALF, 6), ("\x00", 6), ('"', 2), ("\n", 2)),)


def large(dice: Dice) -> dict[str, str]:
    """Just within 512 KiB as JSON in UTF-8, or just beyond."""
    one, size = dice.pick(_SIZED)
    count, rest = divmod(BYTES_MAX - len('{"a":""}') + dice.pick((-1, 0, 0, 1, 2)), size)
    return {"a": one * count + "x" * rest}


def deep(depth: int) -> Any:
    found: Any = 1
    for number in range(depth):
        found = {"d": found} if number % 2 else [found]
    return found
