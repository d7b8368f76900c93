"""What stands in storage that this page did not write: records, times, outboxes, of other tabs and in every form."""

from __future__ import annotations

import json
from typing import Any, Final

from tests.cores import wild
from tests.cores.dice import Dice, Table

ORG: Final = "o1"
DAY_MS: Final = 86_400_000
_FNV_BASES: Final = (0x811C9DC5, 0x9E3779B9)
_FNV_PRIME: Final = 0x01000193


def id_of(kind: str, number: int) -> str:
    first = {"device": "d", "session": "5", "page": "9"}[kind]
    return f"{first}0000000-0000-4000-8000-{number:012x}"


def key_of(number: int) -> str:
    return f"{number:032x}"


def bound_to(device: str, uid: str) -> str:
    """ST-3, written anew: a core's mistake in it is not repeated here."""
    hashes = list(_FNV_BASES)
    data = f"{device}:{uid}".encode("utf-16-le", "surrogatepass")
    for at in range(0, len(data), 2):
        unit = data[at] | data[at + 1] << 8
        hashes = [(one ^ unit) * _FNV_PRIME & 0xFFFFFFFF for one in hashes]
    return "".join(f"{one:08x}" for one in hashes)


def record(device: str, session: str, began_ms: int, key: str, bound: str, expiry_s: int, pages: int = 1) -> str:
    return f"#{ORG}#{device}:{session}:{began_ms}:{key}:{pages}{f'#{bound}' if bound else ''}#/{expiry_s}"


_BREAKS: Final[tuple[str | tuple[str, str], ...]] = (
    *("", "x", "#", "##", "#o1#", "\u2028", "null", "{}", "1.2"),
    *(("#o1#", "#o2#"), ("#o1#", "#O1#"), ("#o1#", "##"), ("#o1#", "o1#"), ("#o1#", " #o1#"), ("#o1#", "#o1:#")),
    *(("#/", "#"), ("#/", "/"), ("#/", "#/ "), ("#/", "#/-"), ("#/", "#/0"), ("#/", "#/\u0661"), ("#/", "##/")),
    *(
        ("#/", "#12345678#/"),
        ("#/", "#1234567#/"),
        ("#/", "#1234567g#/"),
        ("#/", "#12345678ABCDEF00#/"),
        ("#/", "#0#/"),
    ),
    *((":1:", ":01:"), (":1:", ":0:"), (":1:", "::"), (":1:", ":-1:"), (":1:", ":1.5:"), (":1:", ":1234567890:")),
    *(("-4000-", "-400g-"), ("-4000-", "-4A00-"), ("-4000-", "4000-"), ("d0", "D0"), ("d0", "d"), ("50", "5")),
    *((":17", ":0017"), (":17", ": 17"), (":17", ":+17"), (":17", ":\uff1117"), (":17", ":1e17"), (":17", ":00000017")),
    *(("::", ":abc:"), ("::", ":a b c:"), ("::", ":\u00e9:"), ("::", ":#:"), ("::", f":{'A' * 32}:"), ("::", ":a:b:")),
)


def broken_record(dice: Dice, whole: str) -> str:
    """A record with one thing wrong with it; some of these are records all the same."""
    change = dice.pick(_BREAKS)
    if isinstance(change, str):
        return change
    if dice.chance(0.05):
        return dice.pick((f"{whole}\n", f"{whole} ", whole[:-1], f"{whole}0", whole * 2, whole[1:]))
    old, new = change
    return whole.replace(old, new, 1)


_AWAY: Final = (*(0, -1000, -5000, -4999, -1_799_999, -1_800_000, -1_800_001, -DAY_MS, 299_999, 300_000, 300_001),)


def lua(dice: Dice, now_ms: int) -> str | None:
    away_ms = dice.pick(_AWAY)
    if dice.chance(0.6):
        return f"1.{now_ms + away_ms}"
    forms = ("", "1.", "1", "x", f"2.{now_ms}", f"1.0{now_ms}", f"1.{now_ms} ", f" 1.{now_ms}", f"1.{now_ms}.5", "1.-1")
    more = ("1.0", f"1.{'9' * 15}", f"1.{'9' * 16}", "1.\u0661", f"01.{now_ms}", f"1.{now_ms}\n", f"1,{now_ms}", None)
    return dice.pick((*forms, *more))


def cid(dice: Dice) -> str | None:
    return dice.pick((None, "1.1", "1.0", "x", ""))


_MEMBERS: Final[dict[str, dict[str, Any]]] = {
    "identify": {"uid": "u9"},
    "event": {"name": "e"},
    "page": {"url": "https://x.example/"},
}
_OPS: Final = ("page", "event", "log", "identify", "end", "properties", "consent", "dance", "identify ", "Identify")


def _op(dice: Dice, number: int, at_ms: int) -> dict[str, Any]:
    op = dice.pick(_OPS)
    return {"op": op, "n": number, "t": at_ms, **_MEMBERS.get(op, {})}


def _envelope(dice: Dice, page: str, ops: int, at_ms: int) -> dict[str, Any]:
    number = dice.pick((900, 900, 901, 1))
    stamp = {"v": 1, "org": ORG, "device": id_of("device", number), "session": id_of("session", number), "page": page}
    more: dict[str, Any] = {"started": at_ms - 1000}
    if dice.chance(0.5):
        more["key"] = key_of(number)
    if dice.chance(0.2):
        more["sent"] = dice.pick((at_ms, "x", None))
    if dice.chance(0.1):
        more[dice.pick(("zone", "__proto__", "0", "v"))] = wild.value(dice)
    return {**stamp, **more, "ops": [_op(dice, n, at_ms) for n in range(1, ops + 1)]}


_LONG: Final = ("x", wild.SMILE, "\u2028", "\u00e9", wild.HALF, "\n")
_LENGTHS: Final = Table([(5, 2000), (5, 9000), (0.7, 140_000)])
_SIZES: Final = Table([(6, 1), (4, 2), (3, 5), (1, 30), (0.4, 130)])


def _ages(dice: Dice) -> int:
    month_ms = 30 * DAY_MS
    return dice.pick((1000, 1000, 1000, 60_000, DAY_MS, month_ms - 1, month_ms, month_ms + 1, 2 * month_ms, -60_000))


def outbox(dice: Dice, now_ms: int, *, is_large: bool = False) -> tuple[str, str | None]:
    """The key and what is kept there by another page, whole, aged, large or broken."""
    page = id_of("page", dice.pick((900, 901, 902, 1, 2)))
    key = f"fs_out.{dice.pick((page, page, page, page, 'x', '', '__proto__', wild.SMILE, chr(0xFFEE)))}"
    if dice.chance(0.06):
        return key, None
    at_ms = now_ms - _ages(dice)
    found: Any = [_envelope(dice, page, dice.draw(_SIZES), at_ms) for _ in range(dice.pick((1, 1, 1, 2, 3)))]
    if is_large or dice.chance(0.1):
        found[-1]["ops"][0]["name"] = dice.pick(_LONG) * dice.draw(_LENGTHS)
    if dice.chance(0.3):
        found = _broken(dice, found)
    kept = json.dumps(found, ensure_ascii=dice.chance(0.5), separators=dice.pick(((",", ":"), (", ", ": "))))
    return key, _cut(dice, kept)


def _cut(dice: Dice, kept: str) -> str:
    if dice.chance(0.96):
        return kept
    return dice.pick(
        (kept[:-1], f"{kept}x", "", "[]", "null", "{}", "[1]", "[[]]", "[null]", f" {kept} ", "\ufeff" + kept, "NaN")
    )


_PATHS: Final = (
    *(("device",), ("session",), ("page",), ("started",), ("ops",), ("key",), ("v",), ("org",)),
    *(("ops", 0), ("ops", 0, "op"), ("ops", 0, "n"), ("ops", 0, "t"), ("ops", -1, "t"), ("ops", -1, "n"), ()),
)
_INSTEAD: Final = (0, -1, 0.5, 1.5, 1.0, -0.0, 1e21, 1e300, 2**53, 5e-324, "1", wild.SMILE, wild.HALF)


def _broken(dice: Dice, envelopes: list[Any]) -> Any:
    """One member in one of them is another thing, or absent."""
    at = dice.below(len(envelopes))
    *path, last = (at, *dice.pick(_PATHS))
    holder: Any = envelopes
    for step in path:
        holder = holder[step]
    found = holder.get(last) if isinstance(holder, dict) else holder[last]
    match dice.below(9):
        case 0 if isinstance(holder, dict):
            holder.pop(last, None)
        case 0 | 1:
            holder[last] = None
        case 2:
            holder[last] = [found]
        case 3:
            holder[last] = str(found)
        case 4:
            holder[last] = dice.pick((True, False, "", " ", [], {}, "x"))
        case 5 if last == "ops":
            holder[last] = []
        case _:
            holder[last] = dice.pick(_INSTEAD)
    return envelopes
