"""How a page stands about now, as far as a script can tell without running it: who it is, and what it has sent.

It need not be right. It is right often enough that what other tabs write is often of this page's own device, and what a
server answers is often a request that was made.
"""

from __future__ import annotations

from typing import Any

from tests.cores import others, wild
from tests.cores.dice import Dice, Table
from tests.cores.profiles import Profile

_WHOSE = Table([(5, "own"), (2, "left"), (2, "foreign"), (1, "any"), (0.6, "gone"), (1, "broken"), (0.5, "expired")])


class Situation:
    def __init__(self, dice: Dice, given: dict[str, Any], profile: Profile) -> None:
        self._dice = dice
        self.now_ms: int = given["clock"]["wall_ms"]
        self.wildness = profile.wildness
        self.good_share = profile.good
        self.told: Any = None
        self._keyed = bool(given["keys"])
        self._number = 1
        """Of the device, while ids are minted in step: sessions are counted with devices."""
        self._devices = self._sessions = 1
        self._sent = 0
        if (given["storage"] or {}).get("fs_uid"):
            self._devices = self._sessions = 0

    def passed(self, ms: int) -> None:
        self.now_ms += ms
        if ms >= 5000:
            self._sent += self._dice.chance(0.5)
        if ms >= 1_800_000 and self._dice.chance(0.5):
            self._sessions += 1

    def identified(self, whom: Any) -> None:
        if self.told is not None and self.told != whom:
            self._left()
        self.told = whom if isinstance(whom, str) else None
        self._sent += self._dice.chance(0.4)

    def anonymized(self) -> None:
        if self.told is not None:
            self._left()
        self.told = None

    def hurried(self, event: str) -> None:
        if event in ("hide", "leave", "background"):
            self._sent += self._dice.chance(0.6)

    def reloaded(self) -> None:
        self._sent = int(self._dice.chance(0.4))
        self.told = None

    def _left(self) -> None:
        self._devices += 1
        self._sessions += 1

    def request(self) -> str:
        """One that is likely there; its number is small, since few are under way at once."""
        if self._dice.chance(0.15):
            return f"r{self._dice.between(1, 12)}"
        self._sent += self._dice.chance(0.45)
        return f"r{max(1, self._sent - self._dice.pick((0, 0, 0, 1, 2)))}"

    def requests(self) -> list[str]:
        first = max(1, self._sent - 1)
        self._sent = first + self._dice.between(1, 3)
        return [f"r{number}" for number in range(first, self._sent + 1)]

    def record(self) -> str | None:
        """What another tab writes."""
        dice = self._dice
        match dice.draw(_WHOSE):
            case "own":
                return self._of(self._devices, self._sessions, dice.pick((self.told, self.told, None, "u1", "u2")))
            case "left":
                number = max(1, self._devices - dice.between(0, 3))
                return self._of(number, max(1, self._sessions - dice.between(0, 3)), self._anybody())
            case "foreign":
                number = dice.pick((900, 901, 902))
                return self._of(number, dice.pick((number, 950)), dice.pick((None, "u1", "u2", self.told, self.told)))
            case "expired":
                return self._of(self._devices, self._sessions, dice.pick((None, self.told)), dice.pick((-1, 0, 0, 1)))
            case "gone":
                return None
            case "broken":
                whole = record_of(dice, self.now_ms, self._devices or 901, self._sessions or 901, "", dice.chance(0.3))
                return others.broken_record(dice, whole)
            case _:
                return self.any_record(dice, self.now_ms)

    def _anybody(self) -> Any:
        return self._dice.pick((None, "u1", "u2", self.told))

    def _of(self, device: int, session: int, uid: Any, expiry_s: int | None = None) -> str:
        dice = self._dice
        device, session = device or 901, session or 901
        id_ = others.id_of("device", device)
        bound = "" if uid is None else others.bound_to(id_, uid)
        if dice.chance(0.06):
            bound = dice.pick(("12345678", "0" * 16, bound[:8]))
        if dice.chance(0.1):
            session = dice.pick((session + 1, 950, 951))
        return record_of(dice, self.now_ms, device, session, bound, self._keyed and dice.chance(0.8), expiry_s)

    @staticmethod
    def any_record(dice: Dice, now_ms: int) -> str:
        """One that another page may have written: of a device of its own, or of one that a page will mint."""
        number = dice.pick((1, 2, 3, 900, 901, 901, 901))
        device = others.id_of("device", number)
        uid = dice.pick((None, None, "u1", "u2", "u3"))
        bound = "" if uid is None else others.bound_to(device, uid)
        if dice.chance(0.05):
            bound = dice.pick(("12345678", "0" * 16))
        expiry_s = dice.pick((-1, 0, 1)) if dice.chance(0.08) else None
        whole = record_of(dice, now_ms, device, dice.pick((number, number, 950)), bound, dice.chance(0.5), expiry_s)
        return others.broken_record(dice, whole) if dice.chance(0.12) else whole


_BEGAN = (
    0,
    -1000,
    -60_000,
    -1_799_999,
    -1_800_000,
    -86_399_999,
    -86_400_000,
    -90_000_000,
    299_999,
    300_000,
    300_001,
    1,
)


def record_of(
    dice: Dice, now_ms: int, device: int | str, session: int, bound: str, is_keyed: bool, expiry_s: int | None = None
) -> str:
    """A record of that device and session; it expires some seconds from now, if that is said, or in some months."""
    id_ = others.id_of("device", device) if isinstance(device, int) else device
    began_ms = max(0, now_ms + (dice.pick(_BEGAN) if dice.chance(0.3) else -1000))
    key = ""
    if is_keyed:
        key = others.key_of(int(id_[-12:], 16))
    elif dice.chance(0.05):
        key = dice.pick(("abc", "A" * 32, wild.SMILE, "f" * 31))
    expiry = now_ms // 1000 + (30_000_000 if expiry_s is None else expiry_s)
    pages = dice.pick((1, 1, 1, 2, 9, 999_999_999)) if dice.chance(0.2) else 1
    return others.record(id_, others.id_of("session", session), began_ms, key, bound, expiry, pages)
