"""Calls as apps make them, rightly and wrongly, as steps of a script."""

from __future__ import annotations

from typing import Any, Final

from tests.cores import wild
from tests.cores.dice import Dice, Table

Step = dict[str, Any]

UIDS: Final = ("u1", "u2", "u3")
_TYPES: Final = ("click", "navigate", "exception", "visibility", "change")
_LEVELS: Final = ("log", "info", "warn", "error", "debug", "trace", "INFO")
_FORMATS: Final = ("id", "all", "url.now", "url", "ID", "")
_SOURCES: Final[tuple[Any, ...]] = ("gtm", "segment", "", "\u2028", wild.SMILE, wild.HALF, 7, 0, True, ["x"], {}, None)
_STRANGE: Final = (
    "dance",
    "",
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
    "setVars",
    "SetIdentity",
    "hold",
)


def call(dice: Dice, name: str, options: Any, wildness: float) -> Step:
    """The step; with more wildness more often under another API, from somewhere, without an answer at once."""
    step: Step = {"do": "call", "call": name}
    if options is not _NONE:
        step["args"] = options
    if dice.chance(0.15):
        step["api"] = dice.pick((1, 1, 2))
    if dice.chance(0.1 + wildness / 2):
        step["source"] = wild.text_at(dice, 64) if dice.chance(0.2) else dice.pick(_SOURCES)
    is_acknowledged = isinstance(options, dict) and "ack" in options
    if is_acknowledged or dice.chance(0.05):
        step["async"] = True
    return step


_NONE: Final = object()
"""No options at all."""


def uid(dice: Dice, wildness: float) -> Any:
    if not dice.chance(wildness):
        return dice.pick(UIDS)
    match dice.below(6):
        case 0:
            return wild.text_at(dice, 256)
        case 1 | 2:
            return dice.pick(wild.ODD_UIDS)
        case 3:
            return dice.pick(wild.ODD_TEXTS)
        case 4:
            return dice.pick(wild.NUMBERS)
        case _:
            return wild.wrong(dice, "u1")


def _made_wild(dice: Dice, options: dict[str, Any], names: tuple[str, ...], wildness: float) -> Any:
    """Those options with some of them wrong, or something else in place of all of them."""
    if dice.chance(wildness / 8):
        return dice.pick((_NONE, None, [], [options], "x", 1, True, wild.value(dice)))
    for name in names:
        if dice.chance(wildness / 4):
            options[name] = wild.wrong(dice, options.get(name, "x"))
    if dice.chance(wildness / 4):
        options.pop(dice.pick(names), None)
    return options


def _extras(dice: Dice, options: dict[str, Any]) -> None:
    """Options that any identity call may have."""
    if dice.chance(0.2):
        options["properties"] = wild.properties(dice)
        if dice.chance(0.3):
            options["schema"] = wild.schema(dice)
    if dice.chance(0.15):
        options["ack"] = dice.pick((True, True, True, False, 1, "true", None))
    if dice.chance(0.1):
        options["consent"] = dice.pick((True, False, True, False, 1, "true", None))
    if dice.chance(0.2):
        options["signature"] = signature(dice)


def signature(dice: Dice) -> Any:
    """What is to prove a uid: as a server made it, or anything else, now and then too deep or too large to travel."""
    if dice.chance(0.5):
        return dice.pick(("v1.1750003600.c2ln", "v1.1750000000.c2ln", "", None))
    if dice.chance(0.01):
        return wild.large(dice)["a"]
    return wild.deep(dice.between(27, 32)) if dice.chance(0.1) else wild.value(dice)


_IDENTITY: Final = (
    *("uid", "signature", "anonymous", "scope", "force", "consent", "properties", "schema", "ack", "zone"),
    "__proto__",
)


def identify(dice: Dice, whom: Any, wildness: float) -> Step:
    options: dict[str, Any] = {"uid": whom}
    _extras(dice, options)
    if dice.chance(0.15):
        options["scope"] = "page"
    return call(dice, "setIdentity", _made_wild(dice, options, _IDENTITY, wildness), wildness)


def anonymize(dice: Dice, wildness: float) -> Step:
    options: dict[str, Any] = {"uid": False} if dice.chance(0.1) else {"anonymous": True}
    _extras(dice, options)
    if dice.chance(0.2):
        options["force"] = dice.pick((True, True, True, 1, "true", False))
    if dice.chance(0.12):
        options["scope"] = "page"
    return call(dice, "setIdentity", _made_wild(dice, options, _IDENTITY, wildness), wildness)


def consent(dice: Dice, wildness: float) -> Step:
    options = {"consent": dice.chance(0.5)}
    return call(dice, "setIdentity", _made_wild(dice, options, _IDENTITY, wildness), wildness)


def bare(dice: Dice, wildness: float) -> Step:
    """A `setIdentity` of anything but options."""
    options = dice.pick(
        (*UIDS, False, None, {}, True, "", 7, [], [uid(dice, wildness)], {"uid": None}, {"scope": "tab"})
    )
    return call(dice, "setIdentity", options, wildness)


def old_identify(dice: Dice, whom: Any, wildness: float) -> Step:
    """As version 1 names a user."""
    options = {"type": "user", "properties": {"uid": whom, **({"a_str": "b"} if dice.chance(0.5) else {})}}
    if dice.chance(0.2):
        options["schema"] = wild.schema(dice)
    if dice.chance(0.1):
        options["properties"]["signature"] = options["signature"] = signature(dice)
    made = _made_wild(dice, options, ("type", "properties", "schema"), wildness)
    return {**call(dice, "setProperties", made, wildness), "api": 1}


def _propertied(dice: Dice, options: dict[str, Any]) -> dict[str, Any]:
    options["properties"] = wild.properties(dice) if dice.chance(0.5) else {"a": dice.pick((1, "b", True))}
    if dice.chance(0.15):
        options["schema"] = wild.schema(dice)
    return options


def user_properties(dice: Dice, wildness: float) -> Step:
    options = _propertied(dice, {"type": "user"})
    if isinstance(options["properties"], dict) and dice.chance(0.15):
        options["properties"]["uid"] = dice.pick(UIDS)
    return call(dice, "setProperties", _made_wild(dice, options, ("type", "properties", "schema"), wildness), wildness)


def page_properties(dice: Dice, wildness: float) -> Step:
    options = _propertied(dice, {"type": "page"})
    if isinstance(options["properties"], dict) and dice.chance(0.6):
        odd: tuple[Any, ...] = ("", None, 1, True, ["a"], {}, 0, wild.HALF)
        options["properties"]["pageName"] = dice.pick(odd) if dice.chance(wildness + 0.1) else dice.pick(("a", "b"))
    return call(dice, "setProperties", _made_wild(dice, options, ("type", "properties", "schema"), wildness), wildness)


def event(dice: Dice, wildness: float) -> Step:
    options: dict[str, Any] = {"name": dice.pick(("e", "bought"))}
    if dice.chance(wildness):
        options["name"] = wild.text_at(dice, 250) if dice.chance(0.4) else wild.value(dice)
    if dice.chance(0.4):
        _propertied(dice, options)
    if dice.chance(0.03):
        options["properties"] = {"p": "x" * dice.pick((4000, 8000, 9000, 20_000))}
    return call(dice, "trackEvent", _made_wild(dice, options, ("name", "properties", "schema"), wildness), wildness)


def observed(dice: Dice, wildness: float) -> Step:
    options: dict[str, Any] = {"type": dice.pick(_TYPES)}
    if dice.chance(0.2):
        options["name"] = dice.pick(("n", "", None, wild.text_at(dice, 250)))
    if dice.chance(0.2):
        _propertied(dice, options)
    return call(
        dice, "capture", _made_wild(dice, options, ("type", "name", "properties", "schema"), wildness), wildness
    )


def log(dice: Dice, wildness: float) -> Step:
    options: dict[str, Any] = {"msg": dice.pick(("m", "m", "m", wild.text(dice)))}
    if dice.chance(0.02):
        options["msg"] = wild.text_at(dice, wild.MESSAGE_CHARS)
    if dice.chance(0.5):
        options["level"] = dice.pick(_LEVELS)
    if dice.chance(0.1):
        options.pop("msg")
    return call(dice, "log", _made_wild(dice, options, ("msg", "level"), wildness), wildness)


def asked(dice: Dice, wildness: float) -> Step:
    options: Any = {"format": dice.pick(_FORMATS)} if dice.chance(0.7) else _NONE
    if dice.chance(wildness):
        options = {"format": wild.wrong(dice, "id")}
    return call(dice, "getSession", options, wildness)


def plain(name: str) -> Any:
    """A kind of step: a call that looks at no options."""
    return lambda dice, wildness: call(dice, name, wild.value(dice) if dice.chance(wildness / 2) else _NONE, wildness)


def strange(dice: Dice, wildness: float) -> Step:
    return call(dice, dice.pick(_STRANGE), wild.value(dice), wildness)


RECORDING: Final = Table(
    [(8, event), (3, observed), (3, log), (4, user_properties), (5, page_properties), (2, consent), (0.5, strange)]
)
