"""One page load: the client core in Python, on the ports of a browser, and the app that speaks to it.

What `fs.js` does around the core is done here: it holds the first page, says when the document is ready, hides, leaves.
Every step of it ends by telling the oracle what was recorded, and on what evidence.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from passerby_client import Machine, Page, Ports, Request

from tests.simulation.homes import Homes

if TYPE_CHECKING:
    from tests.simulation.seat import Seat

READY_MS: Final = 300
HELD_MS_MAX: Final = 5000
_CONFIG: Final = {"org": "o1", "limits": {"identity": [1000, 1000], "events": [1000, 1000], "properties": [1000, 1000]}}


class Load:
    """A page that was opened, and what its app has told it."""

    def __init__(self, seat: Seat, number: int, hold: str) -> None:
        self.seat = seat
        self.world = seat.world
        self.number = number
        self.hold = hold
        self.is_gone = False
        self.is_undecided = True
        self.believed = seat.site_user
        """Whom the app on this page takes for its user."""
        self.told: str | None = None
        self.told_in: int | None = None
        """The login during which it was told."""
        self.has_spoken = False
        self.is_viewing = False
        """Whether what it was told last is for itself alone (ID-15)."""
        self.devices: set[str] = set()
        self._written: set[str] = set()
        """Devices that were seen in the record in storage."""
        self.handed: list[str] = []
        self.outgoing: list[Request] = []
        self.agenda: list[tuple[int, Callable[[], object]]] = []
        self.timers: dict[str, int] = {}
        self.homes = Homes(seat.profile, self.handed.append)
        self.address = self.world.oracle.sign(seat.person)
        self.machine = Machine(self._ports())
        self.do(lambda: self.machine.start({**_CONFIG, "hold": hold}))
        self.world.oracle.look_at_homes(self)
        self.at(READY_MS if hold == "page" else HELD_MS_MAX, lambda: self.app("ready"))

    def _ports(self) -> Ports:
        return Ports(
            wall_ms=self.seat.wall_ms,
            mint=self.world.mint,
            storage=self.homes,
            send=self.outgoing.append,
            set_timer=self._set_timer,
            clear_timer=lambda name: self.timers.pop(name, None) and None,
            page=lambda: Page(f"https://app.example/{self.address}", "A page"),
            random=lambda: 0.5,
            changed=lambda *_: None,
            notify=lambda *_: None,
            note=lambda *_: None,
        )

    def _set_timer(self, name: str, at_ms: int) -> None:
        """A browser's timers run on, whatever becomes of the wall clock."""
        self.timers[name] = self.world.now_ms + max(0, at_ms - self.seat.wall_ms())

    def at(self, in_ms: int, work: Callable[[], object]) -> None:
        """Do `work` after that time, if the page is there then."""
        self.agenda.append((self.world.now_ms + in_ms, work))

    def do(self, work: Callable[[], object]) -> None:
        """Anything that is no word of the app on who is there."""
        told = self.told
        self._done(work, told, is_tell=False)

    def tell(self, options: dict[str, Any]) -> None:
        """The app says who is there."""
        before, was_viewing, uid = self.told, self.is_viewing, options.get("uid")
        if uid is None and "scope" not in options:
            self.seat.let_go()
        self.told, self.told_in, self.is_viewing = uid, self.seat.login, "scope" in options and uid is not None
        source = self.world.oracle.sign(self.seat.person)
        state, stored = self.machine.state(), self.homes.record
        self._done(lambda: self.machine.call("setIdentity", options, source=source), before, is_tell=True)
        oracle, device = self.world.oracle, state["device"]
        is_left = state["bound"] and uid != before and self.machine.state()["device"] != device
        is_its_own = device in (stored or "") or device not in self._written
        if is_left and is_its_own and ("scope" not in options or was_viewing):
            oracle.want_ended(device, "who was let go was not ended")
        oracle.look_at_storage(stored, self.homes.record, options)
        if "scope" not in options:
            is_replaced = device in (stored or "") and self.homes.record not in (None, stored)
            oracle.leave(self, device, uid, is_replaced=is_replaced)

    def say_believed(self) -> None:
        """The app says whom it takes for its user; of nobody it says so too."""
        self.tell({"uid": self.believed} if self.believed else {"anonymous": True})

    def call(self, name: str, options: Any = None) -> None:
        """Something that the app or the person does."""
        source = self.world.oracle.sign(self.seat.person)
        self.do(lambda: self.machine.call(name, options, source=source))
        self._decide_by_acting()

    def navigate(self) -> None:
        """The address changes within the page."""
        self.address = self.world.oracle.sign(self.seat.person)
        self.do(self.machine.navigated)
        self._decide_by_acting()

    def app(self, event: str) -> None:
        """What the browser says of the page."""
        device, is_gone = self.machine.state()["device"], self.machine.state()["bound"] and self._is_gone()
        self.do(lambda: self.machine.app(event))
        if is_gone and event in ("hide", "leave"):
            self.world.oracle.want_ended(device, "a lost record's device was not ended")
        if event in ("ready", "hide", "leave"):
            self.is_undecided = False
        elif event == "foreground":
            self._decide_by_acting()

    def fire(self, name: str) -> None:
        """A timer is there."""
        self.timers.pop(name, None)
        self.do(lambda: self.machine.timer(name))

    def attend(self, due: tuple[int, Callable[[], object]]) -> None:
        """Something that was to happen on this page is due."""
        self.agenda.remove(due)
        due[1]()

    def _decide_by_acting(self) -> None:
        """What happens on the page shows its first `page`, unless all is held."""
        if self.hold == "page":
            self.is_undecided = False

    def _done(self, work: Callable[[], object], told_before: str | None, *, is_tell: bool) -> None:
        if self.is_gone:
            return
        before, is_gone = self.machine.state(), self._is_gone()
        was_undecided = self.is_undecided
        if is_tell:
            self.world.oracle.hold_to(self)
            self.is_undecided, self.has_spoken = False, True
        work()
        self.world.oracle.look(self, told_before, was_undecided=was_undecided, is_tell=is_tell)
        if before["bound"] and is_gone and self.machine.state()["device"] != before["device"]:
            self.world.oracle.want_ended(before["device"], "a lost record's device was not ended")
        self._is_gone()
        for text in self.handed:
            self.world.oracle.look_at_stray(text, self)
        self.handed.clear()

    def _is_gone(self) -> bool:
        """Whether the record of the page's device was in storage, and is no more."""
        device, text = self.machine.state()["device"], self.homes.record
        if device:
            self.devices.add(device)
            if text and device in text:
                self._written.add(device)
        return device in self._written and text is None
