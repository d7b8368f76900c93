"""A browser with somebody before it: its profile, its clock, who sits there, and for whom the site takes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from tests.simulation.homes import Profile
from tests.simulation.load import Load

if TYPE_CHECKING:
    from tests.simulation.oracle import Made
    from tests.simulation.world import World

SKEWS_MS: Final = (0, 0, 40_000, -3_600_000, 86_400_000)


@dataclass(frozen=True)
class App:
    """How the pages of a site tell us who is there."""

    hold: Literal["page", "auth"] = "page"
    speaks_ms: int | None = 0
    """How long after it was opened a page says who is there; None: it never does."""
    says_nobody: bool = True
    """Whether it says so too when nobody is logged in."""

    def __str__(self) -> str:
        when = "never" if self.speaks_ms is None else f"after {self.speaks_ms} ms"
        return f"hold {self.hold}, speaks {when}{'' if self.says_nobody else ', of users only'}"


class Seat:
    def __init__(self, world: World, number: int, person: str, skew_ms: int, profile: Profile) -> None:
        self.world = world
        self.number = number
        self.person = person
        self.skew_ms = skew_ms
        self.profile = profile
        self.site_user: str | None = None
        """Who is logged in, as the site's own cookie says."""
        self.is_offline = False
        self.login = 0
        """Which login, or time without one, it is."""
        self.loads: list[Load] = []
        self._backups = [profile.copied()]
        self._copied_from: tuple[Seat, int] | None = None

    def wall_ms(self) -> int:
        """This browser's clock."""
        return self.world.now_ms + self.skew_ms

    def copied(self, number: int, person: str) -> Seat:
        """A copy of the profile on another machine, where somebody may sit; the site's cookie is copied too."""
        other = Seat(self.world, number, person, self.skew_ms, self.profile.copied())
        other.site_user = self.site_user
        other._copied_from = (self, self.world.oracle.place())
        return other

    def knows(self, claim: Made) -> bool:
        """Whether the claim was made in this browser, or in the one it is a copy of, before that."""
        if claim.load.seat is self:
            return True
        if self._copied_from is None:
            return False
        original, place = self._copied_from
        return claim.place < place and original.knows(claim)

    def become(self, site_user: str | None) -> None:
        """The site has another user from now on, or none."""
        self.site_user = site_user
        self.login += 1

    def let_go(self) -> None:
        """An app said that nobody is there: who was told before is to be told again."""
        if self.site_user is not None:
            self.login += 1

    def open(self, app: App) -> Load:
        """Open a page of an app that speaks so."""
        load = Load(self, self.world.count_load(), app.hold)
        self.loads.append(load)
        if app.speaks_ms is not None and (load.believed or app.says_nobody):
            if app.speaks_ms == 0:
                load.say_believed()
            else:
                load.at(app.speaks_ms, load.say_believed)
        return load

    def close(self, load: Load) -> None:
        """Leave a page."""
        load.app("leave")
        self.world.carry(load)
        self._forget(load)

    def crash(self, load: Load) -> None:
        """A page is gone without a word."""
        self.world.oracle.crash(load)
        self._forget(load)

    def clear(self, what: Literal["cookies", "local", "both"]) -> None:
        """The site or the person clears storage."""
        if what != "cookies":
            self.world.oracle.lose(self.profile)
            self.profile.local.clear()
        if what != "local":
            self.profile.cookies.clear()

    def save(self) -> None:
        """The profile is backed up."""
        self._backups.append(self.profile.copied())

    def restore(self, which: int) -> None:
        """A backup comes back, while pages are open."""
        saved = self._backups[which % len(self._backups)].copied()
        self.clear("both")
        self.profile.cookies.update(saved.cookies)
        self.profile.local.update(saved.local)
        self.world.oracle.restore(self.profile)

    def _forget(self, load: Load) -> None:
        load.is_gone = True
        self.loads.remove(load)
