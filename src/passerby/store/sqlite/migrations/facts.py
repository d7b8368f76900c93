"""The step of migration 2: of gaps and conflicts it makes facts.

Schema 1 kept client times as they came, parts of a device's time as *gaps*, and sealed a device on a conflict. Here all
client times go into their device's frame (PV-1.1), and gaps and conflicts become facts (AT-4). What schema 1 had moved
to a substitute stays there as a device of its own: where it came from was not kept.

Frozen: rows are plain JSON here. An instant is `[page, n, t, at, offset_ms, identifies]`, a claim `[instant, mark,
received_at_ms]`, an end `[instant, why, mark]`, a summary `[owner, contradictions, ends]`.
"""

from __future__ import annotations

import hashlib
import hmac
import sqlite3
from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec

_SAME_CLOCK_MS: Final = 60_000
_FACTS_MAX: Final = 16
_SEALING: Final = frozenset({"anonymize", "reidentify", "forget", "lost"})
_LATER_MS: Final = 2**53
"""When a claim counts as received of which schema 1 did not say: after the one that bound the device."""
_UNKNOWN: Final = "unknown"
_EVERYBODY: Final = ""
_WRITTEN_ONCE: Final = """CREATE TRIGGER bindings_are_written_once BEFORE UPDATE ON bindings
BEGIN SELECT RAISE(ABORT, 'ID-1: a binding is written once'); END"""
_PAGE, _N, _T, _AT, _OFFSET, _IDENTIFIES = range(6)

_Instant = list[Any]
_Fact = list[Any]


def learn_facts(db: sqlite3.Connection, share: Callable[[int, int], None]) -> None:
    """Run the step, after its tables were made. `share` is told how many pieces are done, and of how many."""
    db.execute("DROP TRIGGER bindings_are_written_once")
    whole, done = db.execute("SELECT count(*) FROM pieces").fetchone()[0], 0

    def more(pieces: int) -> None:
        nonlocal done
        done += pieces
        share(done, whole)

    share(0, whole)
    for org, secret in db.execute("SELECT org, secret FROM orgs").fetchall():
        _Org(db, org, secret, more).migrate()
    db.execute(_WRITTEN_ONCE)
    db.execute("DROP TABLE gaps")


class _Org:
    """One org's part of it."""

    def __init__(self, db: sqlite3.Connection, number: int, secret: bytes, more: Callable[[int], None]) -> None:
        self._db = db
        self._more = more
        self._number = number
        self._secret = secret
        self._shifts: dict[bytes, int] = {}

    def migrate(self) -> None:
        """Facts first, since they look at instants of several devices as they came."""
        found = (
            "SELECT device FROM gaps WHERE org = ?1 UNION SELECT device FROM seals WHERE org = ?1 AND why = 'conflict'"
        )
        troubled = [row[0] for row in self._db.execute(found, (self._number,)).fetchall()]
        facts = {
            device: (claims := list(self._claims(device)), list(self._ends(device, claims))) for device in troubled
        }
        self._db.execute("DELETE FROM seals WHERE org = ? AND why = 'conflict'", (self._number,))
        for table in ("bindings", "seals"):
            self._shift_instants(table)
        self._shift_pieces()
        for device, (claims, ends) in facts.items():
            self._learn(device, claims, ends)

    def _mark(self, kind: str, content: str) -> bytes:
        return hmac.digest(self._secret, f"mark\0{kind}\0{content}".encode(), hashlib.sha256)

    def _shift_ms(self, device: bytes) -> int:
        if device not in self._shifts:
            self._shifts[device] = int.from_bytes(self._mark("shift", _text(device))[:8], "big") >> 29
        return self._shifts[device]

    def _shifted(self, device: bytes, at: _Instant) -> _Instant:
        by_ms = self._shift_ms(device)
        return [*at[:_T], at[_T] + by_ms, at[_AT], at[_OFFSET] - by_ms, *at[_IDENTIFIES:]]

    def _shift_instants(self, table: str) -> None:
        found = self._db.execute(f"SELECT device, instant FROM {table} WHERE org = ?", (self._number,)).fetchall()
        for device, body in found:
            shifted = msgspec.json.encode(self._shifted(device, msgspec.json.decode(body)))
            self._db.execute(
                f"UPDATE {table} SET instant = ? WHERE org = ? AND device = ?", (shifted, self._number, device)
            )

    def _shift_pieces(self) -> None:
        last = 0
        after = "SELECT piece, device, body FROM pieces WHERE piece > ? AND org = ? ORDER BY piece LIMIT 1000"
        while found := self._db.execute(after, (last, self._number)).fetchall():
            for piece, device, raw in found:
                by_ms, body = self._shift_ms(device), msgspec.json.decode(raw)
                for op in body["ops"]:
                    op["t"] += by_ms
                self._db.execute(
                    "UPDATE pieces SET started = started + ?1, offset_ms = offset_ms - ?1, body = ?2 WHERE piece = ?3",
                    (by_ms, msgspec.json.encode(body), piece),
                )
            last = found[-1][0]
            self._more(len(found))

    def _operations(self, device: bytes, kind: str) -> Iterator[tuple[dict[str, Any], _Instant, int]]:
        """Of one kind, each with its instant and when it was received."""
        wanted = "SELECT page, offset_ms, received_at_ms, body FROM pieces WHERE org = ? AND device = ? ORDER BY piece"
        for page, offset_ms, received_at_ms, body in self._db.execute(wanted, (self._number, device)).fetchall():
            for op in msgspec.json.decode(body)["ops"]:
                if op["op"] == kind:
                    yield op, [_text(page), op["n"], op["t"], op["at"], offset_ms, kind == "identify"], received_at_ms

    def _gaps(self, device: bytes) -> list[dict[str, Any]]:
        found = self._db.execute(
            "SELECT body FROM gaps WHERE org = ? AND device = ? ORDER BY ordinal", (self._number, device)
        )
        return [msgspec.json.decode(row[0]) for row in found.fetchall()]

    def _claims(self, device: bytes) -> Iterator[_Fact]:
        """Those of the device's own pieces, and one for each uid that schema 1 took elsewhere."""
        for op, instant, received_at_ms in self._operations(device, "identify"):
            yield [self._shifted(device, instant), self._mark("uid", op["uid"]).hex(), received_at_ms]
        for gap in self._gaps(device):
            if gap["uid"] is not None:
                bound = self._bound(self._substitute("earlier", _text(device), f"u{gap['uid']}"))
                instant = bound[1] if bound else gap["until"]
                yield [self._shifted(device, instant), self._mark("uid", gap["uid"]).hex(), _LATER_MS]
        for body in self._seals(device):
            bound = self._bound(self._substitute("after", _text(device)))
            instant = [*msgspec.json.decode(body)[:_IDENTIFIES], True]
            mark = self._mark("uid", bound[0]).hex() if bound else _UNKNOWN
            yield [self._shifted(device, instant), mark, _LATER_MS]

    def _seals(self, device: bytes) -> list[bytes]:
        found = self._db.execute(
            "SELECT instant FROM seals WHERE org = ? AND device = ? AND why = 'conflict'", (self._number, device)
        )
        return [row[0] for row in found.fetchall()]

    def _ends(self, device: bytes, claims: list[_Fact]) -> Iterator[_Fact]:
        """The device's own, of which schema 1 left one there, and one for each gap that an end closed."""
        for op, instant, _ in self._operations(device, "end"):
            if op["why"] in _SEALING:
                told = [one for one in claims if one[0][_PAGE] == instant[_PAGE] and one[0][_N] < op["n"]]
                mark = max(told, key=lambda one: int(one[0][_N]))[1] if told else _EVERYBODY
                yield [self._shifted(device, instant), op["why"], mark]
        for gap in self._gaps(device):
            if gap.get("closed", False):
                yield [self._shifted(device, gap["until"]), "anonymize", _EVERYBODY]

    def _bound(self, device: bytes) -> tuple[str, _Instant] | None:
        row = self._db.execute(
            "SELECT uid, instant FROM bindings WHERE org = ? AND device = ?", (self._number, device)
        ).fetchone()
        return (row[0], msgspec.json.decode(row[1])) if row else None

    def _substitute(self, *parts: str) -> bytes:
        """The id under which schema 1 kept what went elsewhere."""
        raw = bytearray(hmac.digest(self._secret, "\0".join(parts).encode(), hashlib.sha256)[:16])
        raw[6] = raw[6] & 0x0F | 0x80
        raw[8] = raw[8] & 0x3F | 0x80
        return bytes(raw)

    def _learn(self, device: bytes, claims: list[_Fact], ends: list[_Fact]) -> None:
        for claim in claims:
            self._db.execute(
                "INSERT OR REPLACE INTO claims (org, device, page, n, at_ms, body) VALUES (?, ?, ?, ?, ?, ?)",
                (*self._place(device, claim[0]), msgspec.json.encode([*claim, False])),
            )
        for end in ends:
            self._db.execute(
                "INSERT OR REPLACE INTO ends (org, device, page, n, at_ms, lets_go, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (*self._place(device, end[0]), end[2], msgspec.json.encode(end)),
            )
        self._db.execute(
            "INSERT OR REPLACE INTO troubles (org, device, summary) VALUES (?, ?, ?)",
            (self._number, device, msgspec.json.encode(_summary(claims, ends))),
        )

    def _place(self, device: bytes, at: _Instant) -> tuple[Any, ...]:
        return (self._number, device, bytes.fromhex(at[_PAGE].replace("-", "")), at[_N], at[_AT])


def _text(identifier: bytes) -> str:
    h = identifier.hex()
    return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"


def _by_server_time(at: _Instant) -> tuple[int, str, int]:
    return (at[_AT], at[_PAGE], at[_N])


def _before(one: _Instant, other: _Instant) -> bool:
    if one[_PAGE] == other[_PAGE]:
        return bool(one[_N] < other[_N])
    column = _T if abs(one[_OFFSET] - other[_OFFSET]) <= _SAME_CLOCK_MS else _AT
    return bool(one[column] < other[column])


def _summary(claims: list[_Fact], ends: list[_Fact]) -> list[Any]:
    listed = sorted(ends, key=lambda end: _by_server_time(end[0]))[:_FACTS_MAX]
    early = [claim for claim in claims if not any(_before(end[0], claim[0]) for end in listed)]
    owner = min(early, key=_rank, default=None)
    others = [claim[0] for claim in early if owner is not None and claim[1] != owner[1]]
    contradictions = sorted(others, key=_by_server_time)[:_FACTS_MAX]
    return [None if owner is None else [*owner, False], contradictions, listed]


def _rank(claim: _Fact) -> tuple[int, int, int, str, int]:
    at = claim[0]
    return (claim[2], at[_AT], at[_T], at[_PAGE], at[_N])
