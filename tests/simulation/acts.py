"""What people, apps, sites and machines do: each act does it, and says so in words for the story."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from tests.simulation.homes import REACHES
from tests.simulation.load import Load
from tests.simulation.seat import Seat

if TYPE_CHECKING:
    from tests.simulation.world import Kind

SEATS_MAX: Final = 5
LOADS_MAX: Final = 4
CUSTOMERS: Final = ("Kim", "Lou")
PEOPLE: Final = ("Ann", "Ben", "Cem", "Dora")
_JUMPS_MS: Final = (-3_600_000, -90_000, 90_000, 3_600_000, 86_400_000)

Act = Callable[[Seat, Load, int, "Kind"], str | None]


def act(seat: Seat, does: str, load: int, pick: int, kind: Kind) -> str | None:
    """Do it in one of the pages of `seat`; without a page, one is opened. None: there was nothing to do."""
    if does in _AT_SEATS:
        return _AT_SEATS[does](seat, pick, kind)
    if not seat.loads:
        return _open(seat, pick, kind)
    return _ON_PAGES[does](seat, seat.loads[load % len(seat.loads)], pick, kind)


def _open(seat: Seat, pick: int, kind: Kind) -> str | None:
    if len(seat.loads) >= LOADS_MAX:
        return None
    app = kind.apps[pick % len(kind.apps)]
    return f"opens page {seat.open(app).number} ({app})"


def _come(seat: Seat, pick: int, kind: Kind) -> str | None:
    if kind.is_honest and seat.site_user:
        return None
    left, seat.person = seat.person, PEOPLE[pick % len(PEOPLE)]
    return f"sits down, where {left} was" if left != seat.person else None


def _expire(seat: Seat, _: int, __: Kind) -> str | None:
    if seat.site_user is None:
        return None
    seat.become(None)
    return "the site's login expires"


def _clear(seat: Seat, pick: int, _: Kind) -> str:
    what = ("cookies", "local", "both")[pick % 3]
    seat.clear(what)
    return f"clears storage ({what})"


def _cut_off(seat: Seat, _: int, __: Kind) -> str:
    seat.is_offline = not seat.is_offline
    return f"the network is {'gone' if seat.is_offline else 'back'}"


def _restore(seat: Seat, pick: int, _: Kind) -> str:
    if pick % 2:
        seat.save()
        return "the profile is backed up"
    seat.restore(pick // 2)
    return "a backup of the profile comes back"


def _move(seat: Seat, pick: int, _: Kind) -> str:
    profile = seat.profile
    if pick % 2:
        profile.takes_cookies = not profile.takes_cookies
        return f"cookies are {'taken' if profile.takes_cookies else 'refused'} from now on"
    profile.reach = REACHES[1 - REACHES.index(profile.reach)]
    return f"cookieDomain is {profile.reach} for pages opened from now on"


def _copy(seat: Seat, pick: int, kind: Kind) -> str | None:
    world = seat.world
    if len(world.seats) >= SEATS_MAX:
        return None
    other = seat.copied(len(world.seats), PEOPLE[pick % len(PEOPLE)])
    world.oracle.copy(seat)
    world.seats.append(other)
    return f"the profile is copied to browser {other.number}, where {other.person} {_open(other, pick, kind)}"


def _jump(seat: Seat, pick: int, _: Kind) -> str:
    seat.world.oracle.is_calm = False
    ms = _JUMPS_MS[pick % len(_JUMPS_MS)]
    seat.skew_ms += ms
    return f"the clock jumps by {ms} ms"


def _event(_: Seat, load: Load, pick: int, __: Kind) -> str:
    name, options = (
        ("trackEvent", {"name": "e"}),
        ("setProperties", {"type": "user", "properties": {"plan": "a"}}),
        ("activity", None),
        ("capture", {"type": "click"}),
    )[pick % 4]
    load.call(name, options)
    return f"{name} on page {load.number}"


def _navigate(_: Seat, load: Load, __: int, ___: Kind) -> str:
    load.navigate()
    return f"navigates on page {load.number}"


def _hide(_: Seat, load: Load, pick: int, __: Kind) -> str:
    event = ("hide", "foreground", "resume")[pick % 3]
    load.app(event)
    return f"{event} of page {load.number}"


def _close(seat: Seat, load: Load, _: int, __: Kind) -> str:
    seat.close(load)
    return f"leaves page {load.number}"


def _crash(seat: Seat, load: Load, _: int, __: Kind) -> str:
    seat.crash(load)
    return f"page {load.number} crashes"


def _login(seat: Seat, load: Load, pick: int, kind: Kind) -> str:
    seat.become(seat.person)
    if pick % 2:
        load.believed = seat.person
        load.say_believed()
        return f"logs in on page {load.number}"
    seat.close(load)
    return f"logs in, leaves page {load.number}, {_open(seat, pick // 2, kind)}"


def _logout(seat: Seat, load: Load, pick: int, kind: Kind) -> str | None:
    if seat.site_user is None:
        return None
    how = kind.logouts[pick % len(kind.logouts)]
    seat.become(None)
    load.believed = None
    if how.startswith("clear"):
        seat.clear("cookies" if pick % 2 else "both")
    if "say" in how:
        load.say_believed()
    if how.endswith("clear"):
        seat.clear("cookies" if pick % 2 else "both")
    then = ""
    if "reload" in how:
        seat.close(load)
        then = f", leaves it, {_open(seat, pick // 2, kind)}"
    return f"logs out on page {load.number} ({how}){then}"


def _say_again(_: Seat, load: Load, __: int, ___: Kind) -> str:
    load.say_believed()
    return f"page {load.number} says again: {load.believed or 'nobody'}"


def _view_as(_: Seat, load: Load, pick: int, __: Kind) -> str:
    customer = CUSTOMERS[pick % len(CUSTOMERS)]
    scope = {"scope": "page"} if pick % 4 < 2 else {}
    load.tell({"uid": customer, **scope})
    return f"views {customer} on page {load.number} {scope}"


def _view_end(_: Seat, load: Load, pick: int, __: Kind) -> str:
    if pick % 2 and load.is_viewing:
        load.tell({"anonymous": True, "scope": "page"})
        return f"ends the view on page {load.number}"
    load.say_believed()
    return f"ends the view on page {load.number}, which says {load.believed or 'nobody'}"


def _lie(_: Seat, load: Load, pick: int, __: Kind) -> str:
    uid = PEOPLE[pick % len(PEOPLE)]
    load.tell({"uid": uid})
    return f"page {load.number} says {uid}, whoever is there"


_AT_SEATS: Final[dict[str, Callable[[Seat, int, Kind], str | None]]] = {
    "open": _open,
    "come": _come,
    "expire": _expire,
    "clear": _clear,
    "move": _move,
    "restore": _restore,
    "cut_off": _cut_off,
    "copy": _copy,
    "jump": _jump,
}
_ON_PAGES: Final[dict[str, Act]] = {
    "event": _event,
    "navigate": _navigate,
    "hide": _hide,
    "close": _close,
    "crash": _crash,
    "login": _login,
    "logout": _logout,
    "say_again": _say_again,
    "view_as": _view_as,
    "view_end": _view_end,
    "lie": _lie,
}
