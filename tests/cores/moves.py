"""What happens to a page: single steps, and several in a row that mean something together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from tests.cores import answers, asking, given, others, wild
from tests.cores.dice import Dice, Table
from tests.cores.situation import Situation

Step = dict[str, Any]


def _recorded(dice: Dice, told: Situation) -> Step:
    return dice.draw(asking.RECORDING)(dice, told.wildness)


def _identify(dice: Dice, told: Situation) -> list[Step]:
    whom = told.told if told.told and dice.chance(0.3) else asking.uid(dice, told.wildness / 2)
    make = asking.old_identify if dice.chance(0.1) else asking.identify
    told.identified(whom)
    return [make(dice, whom, told.wildness)]


def _anonymize(dice: Dice, told: Situation) -> list[Step]:
    told.anonymized()
    return [asking.anonymize(dice, told.wildness)]


def _burst(dice: Dice, told: Situation) -> list[Step]:
    """The same call over and over, as fast as limits do not like, and a little later once more."""
    step = _recorded(dice, told) if dice.chance(0.7) else _identify(dice, told)[0]
    more = [step] * dice.pick((4, 11, 11, 41))
    back = _jump(dice, told) if dice.chance(0.3) else []
    told.passed(wait := dice.pick((1, 24, 25, 99, 100, 101, 999, 1000, 1499, 1500, 1999, 2000, 6000, 59_000)))
    return [*more, *back, {"do": "advance", "ms": wait}, step]


_LULLS: Final = (1_799_999, 1_800_000, 1_800_001, 59_999, 60_000, 100_000, 1_700_000, 300_001)


def _lull(dice: Dice, told: Situation) -> list[Step]:
    """Nobody is here for about as long as a session bears, by one clock or another, and then somebody is."""
    steps = dice.pick((_activity, _call, _asked))(dice, told)
    for _ in range(dice.between(1, 3)):
        match dice.below(4):
            case 0:
                steps.append({"do": "write_storage", "set": {"fs_lua": others.lua(dice, told.now_ms)}})
            case 1:
                steps += _jump(dice, told)
            case _:
                told.passed(ms := dice.pick(_LULLS))
                steps.append({"do": "advance", "ms": ms})
    return [*steps, *dice.pick((_activity, _call, _identify, _anonymize, _asked, _app))(dice, told)]


def _long(dice: Dice, told: Situation) -> list[Step]:
    """Somebody is here for long, and then the clock is put back, about as far as a time ahead is believed."""
    steps: list[Step] = []
    for _ in range(dice.between(1, 3)):
        told.passed(ms := dice.pick((1_500_000, 1_500_000, 1_799_999, 1_000_000)))
        steps += [{"do": "advance", "ms": ms}, *_activity(dice, told)]
    told.passed(-dice.pick((299_999, 300_000, 300_001, 600_000, 1_500_000)))
    steps.append({"do": "set_wall", "ms": told.now_ms})
    return [*steps, *dice.pick((_activity, _call, _asked, _app))(dice, told)]


def _acknowledged(dice: Dice, told: Situation) -> list[Step]:
    """Somebody waits for the answer, which may say something of single operations."""
    step = (_identify if dice.chance(0.7) else _anonymize)(dice, told)[0]
    if isinstance(step.get("args"), dict):
        step = {**step, "args": {**step["args"], "ack": True}, "async": True}
    refused = {"stored": 1, "refused": [{"n": dice.between(1, 4), "code": "x"}]}
    bodies = (refused, refused, {"stored": 2}, {"message": "m", "code": "x"})
    replies = [{"do": "reply", "request": name, "status": 200, "body": dice.pick(bodies)} for name in told.requests()]
    return [step, *(_wait(dice, told) if dice.chance(0.2) else []), *replies]


_LENGTHS: Final = Table([(4, 2000), (4, 4000), (4, 8000), (0.7, 130_000)])


def _bulk(dice: Dice, told: Situation) -> list[Step]:
    """More than storage is to hold, some of it other pages'."""
    steps: list[Step] = []
    if dice.chance(0.7):
        steps.append({"do": "write_storage", "set": dict([others.outbox(dice, told.now_ms, is_large=True)])})
    for _ in range(dice.between(1, 3)):
        filling = dice.pick(("x", "x", "\u00e9", wild.SMILE, wild.HALF)) * dice.draw(_LENGTHS)
        steps.append({"do": "call", "call": "trackEvent", "args": {"name": "e", "properties": {"p": filling}}})
    return [*steps, *dice.pick((_app, _identify, _fail))(dice, told)]


def _relogin(dice: Dice, told: Situation) -> list[Step]:
    """Somebody goes and somebody comes."""
    return [*_anonymize(dice, told), _recorded(dice, told), *_identify(dice, told), _recorded(dice, told)]


_MEANWHILE: Final = (
    "anonymize",
    "anonymize",
    "record",
    "identify",
    "call",
    "activity",
    "asked",
    "app",
    "wait",
    "break",
)


def _stopped(dice: Dice, told: Situation) -> list[Step]:
    """Capture stops, something happens, capture goes on."""
    between: list[Step] = []
    for _ in range(dice.below(4)):
        between += MOVES[dice.pick(_MEANWHILE)](dice, told)
    stop, go = asking.plain("shutdown"), asking.plain(dice.pick(("restart", "restart", "start")))
    return [stop(dice, told.wildness), *between, go(dice, told.wildness), _recorded(dice, told)]


def _call(dice: Dice, told: Situation) -> list[Step]:
    return [_recorded(dice, told)]


def _bare(dice: Dice, told: Situation) -> list[Step]:
    return [asking.bare(dice, told.wildness)]


def _asked(dice: Dice, told: Situation) -> list[Step]:
    return [asking.asked(dice, told.wildness)]


def _activity(dice: Dice, told: Situation) -> list[Step]:
    return [asking.plain("activity")(dice, told.wildness)]


def _switched(dice: Dice, told: Situation) -> list[Step]:
    return [asking.plain(dice.pick(("start", "shutdown", "restart")))(dice, told.wildness)]


def _answer(dice: Dice, told: Situation) -> list[Step]:
    return [answers.answer(dice, told.request(), told.good_share)]


def _answers(dice: Dice, told: Situation) -> list[Step]:
    """All that may be under way is answered, one after the other."""
    return [answers.answer(dice, request, told.good_share) for request in told.requests()]


def _fail(dice: Dice, told: Situation) -> list[Step]:
    steps: list[Step] = [{"do": "fail", "request": told.request(), "error": dice.pick(("timeout", "offline", "reset"))}]
    if dice.chance(0.5):
        steps.append({"do": "advance", "ms": dice.pick((499, 500, 1000, 2000, 60_000))})
    return steps


def _outage(dice: Dice, told: Situation) -> list[Step]:
    """The service is down for a while, and says now and then how long it will be."""
    steps: list[Step] = []
    for request in [*told.requests(), *told.requests()]:
        step: Step = {"do": "reply", "request": request, "status": dice.pick((500, 503, 503, 429))}
        if dice.chance(0.5):
            step["headers"] = {"Retry-After": dice.pick(("1", "1", "2", "5", "90"))}
        told.passed(ms := dice.pick((1000, 5000, 60_000, 60_000)))
        steps += [step, {"do": "advance", "ms": ms}]
    return steps


_WAITS: Final = Table(
    [
        *((4, ms) for ms in (1, 1000, 5000)),
        *((1, ms) for ms in (0, 25, 100, 499, 500, 999, 1500, 4999, 5001, 30_000, 60_000, 299_999, 300_001)),
        *((1, ms) for ms in (1_799_999, 1_800_000, 1_800_001, 3_600_000)),
        *((0.7, ms) for ms in (86_399_999, 86_400_000, 90_000_000, 2_592_000_000, 31_536_000_000)),
    ]
)


def _wait(dice: Dice, told: Situation) -> list[Step]:
    ms = dice.draw(_WAITS)
    told.passed(ms)
    return [{"do": "advance", "ms": ms}]


def _jump(dice: Dice, told: Situation) -> list[Step]:
    """The clock is set: a little, by a limit, or by years, either way."""
    ms = dice.draw(_WAITS) * dice.pick((1, -1, -1))
    told.passed(ms if told.now_ms + ms > 0 else 0)
    return [{"do": "set_wall", "ms": told.now_ms}]


_EVENTS: Final = Table(
    [(4, "hide"), (3, "leave"), (2, "background"), (3, "foreground"), (2, "ready"), (2, "resume"), (3, "look")]
)


def _app(dice: Dice, told: Situation) -> list[Step]:
    event = dice.draw(_EVENTS)
    told.hurried(event)
    return [{"do": "app", "event": event}]


def _navigate(dice: Dice, _: Situation) -> list[Step]:
    step: Step = {"do": "navigate", "url": dice.pick(given.URLS[:4]) if dice.chance(0.8) else dice.pick(given.URLS)}
    if dice.chance(0.5):
        step["title"] = dice.pick(given.TITLES)
    return [step]


def _reload(dice: Dice, told: Situation) -> list[Step]:
    """Another page load, or the process dies first; then nothing runs until it is there again."""
    steps: list[Step] = []
    if dice.chance(0.3):
        steps.append({"do": "app", "event": dice.pick(("hide", "leave", "background"))})
    if dice.chance(0.4):
        steps.append({"do": "app", "event": "terminate"})
        if dice.chance(0.3):
            steps += [{"do": "write_storage", "set": dict([others.outbox(dice, told.now_ms)])}]
    told.reloaded()
    return [*steps, {"do": "restart"}]


def _record(dice: Dice, told: Situation) -> list[Step]:
    changed: dict[str, str | None] = {"fs_uid": told.record()}
    if dice.chance(0.3):
        changed["fs_lua"] = others.lua(dice, told.now_ms)
    step: Step = {"do": "write_storage", "set": changed}
    if dice.chance(0.25):
        step["at"] = "mint"
    return [step]


def _storage_write(dice: Dice, told: Situation) -> list[Step]:
    """Anything but the record."""
    changed: dict[str, str | None]
    match dice.below(3):
        case 0:
            changed = {"fs_lua": others.lua(dice, told.now_ms)}
        case 1:
            changed = {"fs_cid": others.cid(dice)}
        case _:
            changed = dict([others.outbox(dice, told.now_ms)])
    if dice.chance(0.15):
        changed[f"fs_out.{others.id_of('page', dice.between(1, 5))}"] = None
    return [{"do": "write_storage", "set": changed, **({"at": "mint"} if dice.chance(0.1) else {})}]


def _stray(dice: Dice, told: Situation) -> list[Step]:
    found = [told.record() or Situation.any_record(dice, told.now_ms) for _ in range(dice.pick((1, 1, 2, 3)))]
    return [{"do": "write_strays", "records": found}]


_REFUSED: Final = (True, True, "writes", "writes", "record", "outbox")


def _break(dice: Dice, told: Situation) -> list[Step]:
    """Storage refuses something; often something is done while it does, and it works again."""
    steps: list[Step] = [{"do": "storage_fails", "fails": dice.pick(_REFUSED)}]
    if dice.chance(0.5):
        for _ in range(dice.between(1, 3)):
            steps += dice.pick((_identify, _anonymize, _call, _record, _app, _answer))(dice, told)
        steps.append({"do": "storage_fails", "fails": False})
    return steps


def _mend(dice: Dice, _: Situation) -> list[Step]:
    return [{"do": "storage_fails", "fails": dice.pick((False, False, False, "writes"))}]


MOVES: Final[dict[str, Callable[[Dice, Situation], list[Step]]]] = {
    "identify": _identify,
    "anonymize": _anonymize,
    "bare": _bare,
    "relogin": _relogin,
    "call": _call,
    "burst": _burst,
    "lull": _lull,
    "long": _long,
    "acknowledged": _acknowledged,
    "bulk": _bulk,
    "activity": _activity,
    "asked": _asked,
    "switched": _switched,
    "stopped": _stopped,
    "answer": _answer,
    "answers": _answers,
    "fail": _fail,
    "outage": _outage,
    "wait": _wait,
    "jump": _jump,
    "app": _app,
    "navigate": _navigate,
    "reload": _reload,
    "record": _record,
    "write": _storage_write,
    "stray": _stray,
    "break": _break,
    "mend": _mend,
}
