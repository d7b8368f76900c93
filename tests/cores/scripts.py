"""Random scripts for a client core: what apps, users, other tabs, clocks, networks and storages do to a page."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, Final

from passerby_client.record import Record, bound_to

Script = dict[str, Any]
Step = dict[str, Any]

NOW_MS: Final = 1_750_000_000_000
UIDS: Final = ("u1", "u2", "u3")
PATHS: Final = ("", "a", "b?x=1", "b?x=2")
TITLES: Final = ("A", "B")
STATUSES: Final = (200, 200, 200, 400, 413, 429, 500, 503)
BODIES: Final = ({"stored": 1}, {"stored": 1}, {"message": "m", "code": "c"}, "<html>", None)


def script(random: Random) -> Script:
    config: dict[str, Any] = {"hold": random.choice([None, "page", "auth"]), "capture": random.random() < 0.9}
    if random.random() < 0.2:
        config |= {"queue_operations_max": 4, "bundle_operations_max": 2}
    if random.random() < 0.2:
        config |= {"split_on_identify": True}
    if random.random() < 0.2:
        config |= {"outbox_chars_max": 9000}
    given = {
        "config": {name: value for name, value in config.items() if value is not None},
        "clock": {"wall_ms": NOW_MS},
        "ids": {
            kind: [_id(first, number) for number in range(1, 200)] for kind, first in zip(_KINDS, "d59", strict=True)
        },
        "keys": [f"{number:032x}" for number in range(random.choice([0, 200]))],
        "storage": {"fs_uid": _record(random), "fs_lua": f"1.{NOW_MS - 1000}"} if random.random() < 0.5 else None,
        "strays": [_record(random) for _ in range(random.choice([0, 0, 1, 2]))],
        "page": _page(random),
    }
    return {"given": given, "steps": [{"do": "start"}, *(_step(random) for _ in range(random.randint(5, 40)))]}


_KINDS: Final = ("device", "session", "page")


def _id(first: str, number: int) -> str:
    return f"{first}0000000-0000-4000-8000-{number:012x}"


def _record(random: Random) -> str:
    """One that another tab may have written: of a device of its own, or of one that the page minted."""
    number = random.choice([1, 2, 3, 4, 900, 901])
    device, uid = _id("d", number), random.choice([None, None, *UIDS])
    began_ms = NOW_MS + random.choice([-90_000_000, -1000, 0, 400_000])
    bound = "" if uid is None else bound_to(device, uid)
    expiry_s = NOW_MS // 1000 + random.choice([1, 30_000_000, 30_000_000, 30_000_000])
    key = random.choice(["", f"{number:032x}"])
    return str(Record("o1", device, _id("5", random.choice([number, 950])), began_ms, 1, expiry_s, bound, key))


def _page(random: Random) -> dict[str, str]:
    address = f"https://app.example/{random.choice(PATHS)}"
    return {"url": address, "title": random.choice(TITLES), "referrer": "https://mail.example/"}


def _step(random: Random) -> Step:
    steps: list[tuple[float, Callable[[Random], Step]]] = [
        (8, _identity),
        (6, _call),
        (3, lambda random: {"do": "reply", **_reply(random)}),
        (1, lambda random: {"do": "fail", "request": _request(random), "error": "no network"}),
        (3, lambda random: {"do": "advance", "ms": random.choice([1, 1000, 5000, 60_000, 1_800_000, 86_400_000])}),
        (0.5, lambda random: {"do": "set_wall", "ms": NOW_MS + random.choice([-3_600_000, -1000, 0, 3_600_000])}),
        (2, lambda random: {"do": "app", "event": random.choice(["hide", "leave", "foreground", "ready", "resume"])}),
        (2, lambda random: {"do": "navigate", "url": _page(random)["url"], "title": random.choice(TITLES)}),
        (
            3,
            lambda random: {
                "do": "write_storage",
                "set": {"fs_uid": random.choice([None, "x", *[_record(random)] * 4])},
            },
        ),
        (0.5, lambda random: {"do": "write_storage", "set": {"fs_lua": f"1.{NOW_MS + random.choice([-9, 400_000])}"}}),
        (1, lambda random: {"do": "write_strays", "records": [_record(random)]}),
        (1, lambda random: {"do": "storage_fails", "fails": random.choice([True, "writes", False, False])}),
        (0.7, lambda _: {"do": "restart"}),
    ]
    weights = [weight for weight, _ in steps]
    return random.choices([make for _, make in steps], weights)[0](random)


def _identity(random: Random) -> Step:
    uid, is_anonymous = random.choice(UIDS), random.random() < 0.4
    options: dict[str, Any] = {"anonymous": True} if is_anonymous else {"uid": uid}
    if is_anonymous and random.random() < 0.2:
        options["force"] = True
    for name, value, share in (("scope", "page", 0.25), ("ack", True, 0.2), ("consent", True, 0.1)):
        if random.random() < share:
            options[name] = value
    if random.random() < 0.2:
        options["properties"] = {"plan": "pro"}
    options = random.choices(
        [options, {"consent": False}, {}, {"uid": ""}, {"uid": uid, "scope": "tab"}], [30, 1, 1, 1, 1]
    )[0]
    if random.random() < 0.1:
        return {"do": "call", "call": "setProperties", "api": 1, "args": {"type": "user", "properties": {"uid": uid}}}
    step: Step = {"do": "call", "call": "setIdentity", "args": options}
    return {**step, "async": True} if "ack" in options else step


def _call(random: Random) -> Step:
    big = "x" * random.choice([1, 1, 1, 9000])
    name, options = random.choice(
        [
            ("trackEvent", {"name": "e", "properties": {"p": big}}),
            ("trackEvent", {"name": "e", "properties": {"uid": "x"}}),
            ("trackEvent", {}),
            ("capture", {"type": random.choice(["visibility", "click", "nothing"])}),
            ("setProperties", {"type": "user", "properties": {"a_str": "b"}}),
            ("setProperties", {"type": "page", "properties": {"pageName": random.choice("ab"), "x": 1}}),
            ("log", {"msg": "m"}),
            ("activity", None),
            ("getSession", {"format": random.choice(["id", "all", "url.now"])}),
            ("shutdown", None),
            ("restart", None),
            ("start", None),
            ("dance", None),
        ]
    )
    step: Step = {"do": "call", "call": name, "api": random.choice([1, 2, 2])}
    return step if options is None else {**step, "args": options}


def _request(random: Random) -> str:
    return f"r{random.randint(1, 6)}"


def _reply(random: Random) -> Step:
    return {"request": _request(random), "status": random.choice(STATUSES), "body": random.choice(BODIES)}
