"""Who was at the keyboard, whom each page had been told of, and so under whom an operation may be shown.

    the page, when it made the operation            under whom it may be shown
    ----------------------------------------------  ------------------------------------------------------------
    was told U                                      U
    was told nobody                                 for whom it claims that device next
    was told nobody, and was not waited for          the one user its device had had by then, unless an app of that
                                                    browser let that user go
    was still waited for, and then told U           U (and not who was there before: CL-16)
    any, and the operation is an `end`              whom the page was told until then, or its device's user

Nobody is always allowed: but a name that was there to be had is counted, and in an honest world none may be lost.
Devices are the clients' own here. Whatever the service makes of them, it is asked only whose each operation is.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from passerby_client.record import parse

from tests.simulation.homes import OUTBOX, RECORD, Profile

if TYPE_CHECKING:
    from tests.simulation.load import Load
    from tests.simulation.seat import Seat

APART_MS_MAX: Final = 150_000
"""Instants of two browsers that are nearer than this have no certain order: clocks differ, and networks are slow."""


@dataclass(eq=False)
class Made:
    """One operation, as it was made."""

    source: str
    op: Mapping[str, Any]
    device: str
    load: Load
    place: int
    """Where it stands in the order of everything."""
    at_ms: int
    person: str
    told: str | None
    is_held: bool
    wanted: str | None
    """Whose it was with all that is needed to know it: who sat there had logged in, and the page had been told."""
    may_be_lost: bool = False

    @property
    def kind(self) -> str:
        return str(self.op["op"])

    def __str__(self) -> str:
        what = self.op.get("uid") or self.op.get("why") or ""
        told = f"told {self.told}" if self.told else "told nobody"
        name = f"{self.kind} {what}".strip()
        return f"{name}, by {self.person}, on page {self.load.number} ({told}), device {self.device[-4:]}"


@dataclass
class Verdict:
    """What became of a world."""

    faults: list[str] = field(default_factory=list)
    wanted: int = 0
    lost: int = 0
    shown: int = 0
    strangers: int = 0
    """Shown under somebody who did not sit there: on a page that was told so, or told nothing in time."""


class Oracle:
    def __init__(self) -> None:
        self.made: dict[str, Made] = {}
        self.faults: list[str] = []
        self.copied: set[str] = set()
        """Devices that live in several browsers."""
        self.is_calm = True
        """Whether no clock has jumped."""
        self._place = 0
        self._signed: list[str] = []
        self._claims: dict[str, list[Made]] = defaultdict(list)
        self._ends: dict[str, list[Made]] = defaultdict(list)
        self._left: dict[str, list[tuple[int, Load, bool]]] = defaultdict(list)
        """Where which page's app let go a device's user, and whether storage has another record since."""

    def place(self) -> int:
        """The next place in the order of everything."""
        self._place += 1
        return self._place

    def sign(self, person: str) -> str:
        """A mark that says who did it."""
        self._signed.append(person)
        return f"by-{len(self._signed)}"

    def look(self, load: Load, told_before: str | None, *, was_undecided: bool, is_tell: bool) -> None:
        """Take note of what a step of that page recorded."""
        for entry in load.machine.entries:
            op, device = entry.op, entry.stamp["device"]
            source = f"{entry.page}:{op['n']}"
            if source in self.made:
                continue
            told = told_before if op["op"] == "end" else load.told
            person = self._person(op, load)
            is_held = was_undecided and not is_tell and load.hold == "auth" and not load.has_spoken
            wanted = told if told == person == load.seat.site_user and load.told_in == load.seat.login else None
            now_ms = load.world.now_ms
            made = Made(source, op, device, load, self.place(), now_ms, person, told, is_held, wanted)
            self.made[source] = made
            if op["op"] == "identify":
                self._claims[made.device].append(made)
            elif op["op"] == "end" and op["why"] != "shutdown":
                self._ends[made.device].append(made)

    def hold_to(self, load: Load) -> None:
        """The app of a page that is still waited for speaks: what was recorded before is held to what it says."""
        if load.is_undecided:
            for made in self.made.values():
                made.is_held |= made.load is load and made.kind != "end"

    def copy(self, seat: Seat) -> None:
        """The profile of that seat is copied: its devices live on in two browsers."""
        self.copied |= {made.device for made in self.made.values() if made.load.seat is seat}
        self.copied |= {str(load.machine.state()["device"]) for load in seat.loads}

    def restore(self, profile: Profile) -> None:
        """What a profile held once is back: its device is again where it was left."""
        for text in filter(None, [*profile.cookies.values(), profile.local.get(RECORD)]):
            found = parse(text, "o1")
            if found is not None:
                self.copied.add(found.device)
                self._left[found.device] = [(place, load, False) for place, load, _ in self._left[found.device]]

    def leave(self, load: Load, device: str, uid: str | None, *, is_replaced: bool) -> None:
        """An app said that somebody else is there, or nobody, than on that device until then."""
        if any(claim.op["uid"] != uid and load.seat.knows(claim) for claim in self._claims[device]):
            self._left[device].append((self.place(), load, is_replaced))

    def want_ended(self, device: str, rule: str) -> None:
        if not self._ends[device]:
            self.faults.append(f"{rule}: {device[-4:]}")

    def look_at_storage(self, before: str | None, after: str | None, options: Mapping[str, Any]) -> None:
        """What an app said is done to the shared record, and of a page's own identity nothing is (ID-15)."""
        was, now = parse(before, "o1"), parse(after, "o1")
        if "scope" in options:
            if was is not None and (now is None or (now.device, now.bound) != (was.device, was.bound)):
                self.faults.append(f"the identity of a page changed the shared record: {was.device[-4:]}")
        elif options.get("anonymous") and now is not None and now.bound:
            self.faults.append(f"who was let go is still in storage: {now.device[-4:]}")

    def look_at_homes(self, load: Load) -> None:
        """A page has started: there is one record, in one home (ST-1)."""
        if load.homes.has_strays:
            self.faults.append(f"a stray stayed: beside page {load.number}")

    def look_at_stray(self, text: str, load: Load) -> None:
        """A record was taken out of a home not in use: if it was somebody's, that is over (ST-1)."""
        found = parse(text, "o1")
        if found is None or not found.bound or found.device in {*load.devices, load.machine.state()["device"]}:
            return
        if not self._ends[found.device]:
            self.faults.append(f"a stray was not ended: {found.device[-4:]}, found by page {load.number}")

    def lose(self, profile: Profile) -> None:
        """Local storage is cleared: what only lies there never comes."""
        pages = {key.removeprefix(OUTBOX) for key in profile.local if key.startswith(OUTBOX)}
        for made in self.made.values():
            made.may_be_lost |= made.source.split(":")[0] in pages

    def crash(self, load: Load) -> None:
        """A page is gone at once: what it had not kept never comes."""
        local = load.seat.profile.local
        bundles = [bundle for key in local if key.startswith(OUTBOX) for bundle in json.loads(local[key])]
        kept = {f"{bundle['page']}:{op['n']}" for bundle in bundles for op in bundle["ops"]}
        for made in self.made.values():
            made.may_be_lost |= made.load is load and made.source not in kept

    def judge(self, kept: list[tuple[str, str | None]], *, is_honest: bool) -> Verdict:
        """What is wrong with a world in which each source is shown under that uid."""
        verdict = Verdict(faults=list(self.faults))
        counted = Counter(source for source, _ in kept)
        for found in (self._claims, self._ends):
            for device, made in found.items():
                # What never came nobody can know of.
                found[device] = [one for one in made if one.source in counted]
        for source, number in counted.items():
            if source not in self.made or number > 1:
                verdict.faults.append(f"kept {number} times: {self.made.get(source, source)}")
        for made in self.made.values():
            if made.source not in counted and not made.may_be_lost:
                verdict.faults.append(f"never kept: {made}")
        for source, uid in kept:
            if source in self.made:
                self._judge(self.made[source], uid, verdict, is_honest=is_honest)
        return verdict

    def _judge(self, made: Made, uid: str | None, verdict: Verdict, *, is_honest: bool) -> None:
        verdict.shown += uid is not None
        verdict.strangers += uid not in (None, made.person)
        if uid not in self._allowed(made):
            verdict.faults.append(f"shown under {uid}: {made}")
        wanted = made.wanted
        if is_honest and made.told is None and made.kind != "end":
            wanted = next(iter(self._silent(made)), None)
        if wanted is None:
            return
        verdict.wanted += 1
        verdict.lost += uid is None
        if is_honest and uid != wanted and not self._is_tied(made):
            verdict.faults.append(f"lost to {uid}, though it is {wanted}'s: {made}")

    def _person(self, op: Mapping[str, Any], load: Load) -> str:
        sign = str(op.get("source") or str(op.get("url")).rsplit("/", 1)[-1])
        return self._signed[int(sign[3:]) - 1] if sign.startswith("by-") else load.seat.person

    def _allowed(self, made: Made) -> set[str | None]:
        if made.kind == "end":
            return {None, made.told} | self._silent(made)
        if made.told is not None:
            return {None, made.told}
        found = {None, self._told_next(made)}
        seat = made.load.seat
        if made.is_held and any(claim.place < made.place and seat.knows(claim) for claim in self._claims[made.device]):
            return found
        return found | self._silent(made)

    def _told_next(self, made: Made) -> str | None:
        """Whom the page claims its device for afterwards, if it lets nobody go before that (AT-3)."""
        own = [*self._claims[made.device], *self._ends[made.device]]
        after = [one for one in own if one.load is made.load and one.place > made.place]
        first = min(after, key=lambda one: one.place, default=None)
        return str(first.op["uid"]) if first and first.kind == "identify" else None

    def _silent(self, made: Made) -> set[str | None]:
        """Whose an operation may be that says nothing of it itself: the device's one user until then."""
        claims = self._claims[made.device]
        if made.kind != "end" and any(self._is_before(end, made) for end in self._ends[made.device]):
            return set()
        for place, load, is_replaced in self._left[made.device] if made.kind != "end" else []:
            if place < made.place and (load is made.load or (is_replaced and load.seat is made.load.seat)):
                return set()
        uids = {str(claim.op["uid"]) for claim in claims}
        return {
            uid for uid in uids if not any(claim.op["uid"] != uid and self._is_before(claim, made) for claim in claims)
        }

    def _is_before(self, one: Made, other: Made) -> bool:
        """Whether that is certain to everybody: in one browser by order, in several by time."""
        if one.device not in self.copied:
            return one.place < other.place
        return self.is_calm and one.at_ms + APART_MS_MAX < other.at_ms

    def _is_tied(self, made: Made) -> bool:
        """The millisecond of an end is nobody's (AT-2)."""
        return any(end.op["t"] == made.op["t"] for end in self._ends[made.device])
