"""Who this page acts for, and when it stops being that person (ID-5 to ID-7, ID-11, ID-15, ID-16).

Everything an operation needs to know of identity is read from the record in shared storage at the moment of the call
(ID-11). A page acts only for whom its app told it of (ID-15):

    told      found in storage                     what the page does
    --------  -----------------------------------  -------------------------------------------------------
    any       its own device and session           goes on
    any       its own device, another session      goes on in that one
    any       its own device, without its binding  writes the binding again
    nobody    another device                       follows: a new page id, nothing carried over
    U         another device of U                  follows
    U         any other device, or its own with    goes apart: on a device of its own, as nobody
              somebody else's binding
    any       its own, bound to another than then  goes apart, unless its app speaks just then
    any       nothing, or a device it has left;    ends its own as its own user's, and goes apart (ID-16)
              its own was bound
    any       the same; its own was not            mints a fresh one; whoever left does not come back

Apart is in memory alone: shared storage is neither read nor written, until the page is told again or loaded anew.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from passerby_client.activity import Activity
from passerby_client.ports import Ports
from passerby_client.presence import Presence
from passerby_client.record import Record, bound_to, fresh
from passerby_client.recorder import Recorder
from passerby_client.settings import Settings
from passerby_client.standing import Standing


class Identity:
    def __init__(
        self,
        ports: Ports,
        settings: Settings,
        presence: Presence,
        activity: Activity,
        standing: Standing,
        recorder: Recorder,
    ) -> None:
        self._ports = ports
        self._settings = settings
        self._presence = presence
        self._activity = activity
        self._standing = standing
        self._recorder = recorder

    def begin(self) -> None:
        """Take up the record in storage, or mint one (CL-3)."""
        presence, standing = self._presence, self._standing
        found = presence.read(standing.record)
        if found is None:
            self.mint("start")
            return
        is_over = self._activity.over(found, is_apart=False) is not None
        self._sweep(found.device)
        at = standing.renewed(found) if is_over else _loaded(found)
        standing.turn(replace(at, key=at.key or self._ports.mint("key")), "start", is_new=is_over)

    def resume(self) -> None:
        """Go on after a shutdown (SE-3)."""
        standing = self._standing
        standing.is_apart = False
        standing.told = None
        found = self._presence.read(standing.record)
        if found is None or standing.bound_of(found):
            self.mint("restart")
            return
        is_over = self._activity.over(found, is_apart=False) is not None
        at = standing.renewed(found) if is_over else _loaded(found)
        if standing.record is not None and standing.record.device == at.device:
            standing.proceed(at, "restart", is_new=is_over)
        else:
            standing.turn(at, "restart", is_new=is_over)

    def mint(self, why: str, uid: str | None = None) -> None:
        """A new device, session and page; bound to `uid` if that is given (CL-6)."""
        if not self._standing.is_apart:
            self._sweep()
        mint = self._ports.mint
        device, session, key = mint("device"), mint("session"), mint("key")
        at = fresh(self._settings.org, device, session, key, self._ports.wall_ms())
        if uid:
            at = replace(at, bound=bound_to(device, uid))
        self._standing.turn(at, why, is_new=True, uid=uid)

    def follow(self, uid: str | None = None, source: str | None = None, *, speaks: bool = False) -> bool:
        """Bring the page in step with storage (the table above).

        `speaks`: the app speaks of `uid` just now, or lets the user go (None). Whether a user whose record was gone
        was let go.
        """
        standing, presence = self._standing, self._presence
        if standing.is_apart:
            return False
        found = presence.read(standing.record)
        if found is None:
            return self._find_nothing(uid, source, speaks)
        if not speaks:
            is_apart = standing.is_strange(found) or standing.is_contradicted(found)
        else:
            is_apart = standing.is_strange(found) and bool(found.bound) and uid == standing.told
        if is_apart:
            self._go_apart("apart")
        elif found.device != standing.here.device:
            self._activity.forget()
            standing.enter(found, standing.mint_page(), "tab")
        else:
            at = replace(found, bound=standing.bound_of(found))
            standing.go(at, "tab")
            if at.bound != found.bound or presence.is_unwritten:
                standing.save(at)
        return False

    def _find_nothing(self, uid: str | None, source: str | None, speaks: bool) -> bool:
        standing, presence = self._standing, self._presence
        self._sweep(standing.here.device)
        if not standing.here.bound:
            self.mint(presence.why_gone)
            return False
        standing.is_apart = not speaks
        if speaks:
            standing.told = None
        elif presence.why_gone == "returned":
            presence.remove()
        self.leave("anonymize" if speaks and uid is None else "lost", source)
        return True

    def guard(self) -> None:
        """Look for what this page must not leave for the next one to find (ID-11).

        That is a device it has left, which another tab wrote back; a user whose record is gone; and one whose record
        could not be replaced.
        """
        standing, presence = self._standing, self._presence
        if standing.is_apart:
            return
        if there := presence.see():
            is_at_rest = not presence.has_left(there) and not presence.is_stuck
        else:
            is_at_rest = not standing.here.bound and not presence.is_unwritten
        if not is_at_rest:
            self.follow()

    def wait_no_longer(self) -> None:
        """The page has said nothing of who is there: of a bound device it goes apart (CL-16)."""
        self.follow()
        if self._recorder.is_waiting and self._standing.here.bound:
            self._go_apart("apart")
        self._recorder.go_on()

    def is_others(self, uid: str) -> bool:
        """Whether the device is another user's than `uid`'s."""
        return self._standing.here.is_others_than(uid)

    def identify(self, uid: str, carried: dict[str, Any], source: str | None, *, is_page: bool) -> None:
        """Bind the device (ID-2), say it again (ID-4), or leave it for another (ID-5); which device, ID-15 says."""
        standing, recorder = self._standing, self._recorder
        is_own = is_page or self._is_again(uid)
        is_own_user = standing.is_apart and bool(standing.here.bound)
        if is_own_user and (self.is_others(uid) or not is_own):
            recorder.record("end", source, why="reidentify")
        if not is_own and standing.is_apart:
            self._join("tab")
        standing.told = uid
        if is_own and not (is_own_user and not self.is_others(uid)):
            self._go_apart("page", uid)
        elif self.is_others(uid):
            self.leave("reidentify", source, uid)
        else:
            self._bind(uid)
        recorder.go_on()
        recorder.record("identify", source, uid=uid, **carried)

    def _bind(self, uid: str) -> None:
        standing = self._standing
        is_new = standing.renew()
        at = standing.here
        if not at.bound:
            standing.record = replace(at, bound=bound_to(at.device, uid))
            if self._settings.split_on_identify and not is_new:
                standing.begin_session("split")
            else:
                standing.save(standing.here)
        self._activity.touch(is_beginning=False, is_apart=standing.is_apart)
        standing.be_told(standing.here, uid)

    def _is_again(self, uid: str) -> bool:
        """Whether a page says again whom it was told of, while another page or the record's loss has changed that.

        Then it speaks for itself alone (ID-15), but where the record is that user's, or there is none.
        """
        standing = self._standing
        if standing.told != uid or (not standing.is_apart and standing.here.bound):
            return False
        if not standing.is_apart or standing.here.bound:
            return True
        found = self._presence.ask(None)
        return found is not None and not found.belongs_to(uid)

    def anonymize(self, source: str | None, *, is_forced: bool, is_page: bool) -> bool:
        """Let the user go, of the shared device and of one apart (ID-6, ID-7); whether there was one to let go."""
        standing = self._standing
        if standing.capture != "on":
            return not is_page and self._release(is_forced)
        is_released = self.follow(None, source, speaks=not is_page)
        was_apart = standing.is_apart
        if standing.here.bound and (was_apart or is_page):
            is_released = True
            if not was_apart:
                self._go_apart("page")
            elif is_page:
                self.leave("anonymize", source)
            else:
                self._recorder.record("end", source, why="anonymize")
        if not is_page:
            standing.told = None
            if was_apart:
                self._join("anonymize")
            bound = standing.here.bound
            if bound or (is_forced and not is_released):
                is_released = True
                self.leave("anonymize" if bound else "forget", source)
        if self._presence.is_stuck:
            self._presence.disown()
        self._recorder.go_on()
        return is_released

    def leave(self, why: str, source: str | None, uid: str | None = None) -> None:
        """End the session as its user's and go on as somebody else, in the order of CL-6."""
        self._recorder.record("end", source, why=why)
        self.mint(why, uid)
        if not self._standing.is_apart:
            self._presence.disown()

    def peek(self) -> Record | None:
        """What storage says this page would be stamped with, without taking part (SE-5)."""
        standing = self._standing
        if standing.capture != "on":
            return None
        return standing.record if standing.is_apart else self._presence.ask(standing.record)

    def _go_apart(self, why: str, uid: str | None = None) -> None:
        """Leave the shared device for one of this page's own (ID-15)."""
        before = self._standing.here
        self._presence.forget()
        self._standing.is_apart = True
        self.mint(why, uid)
        there = self._presence.see()
        if there is not None and there.device == before.device:
            # What the others go on with this page may come back to; not to a user's device that looks like nobody's.
            self._presence.left.discard(before.device)
            if before.bound or there.bound:
                self._presence.doubtful.add(before.device)

    def _join(self, why: str) -> None:
        """Back to the shared record, whoever is there."""
        standing = self._standing
        standing.is_apart = False
        found = self._presence.read(standing.record)
        if found is None:
            self.mint(why)
        else:
            standing.enter(found, standing.mint_page(), why)

    def _sweep(self, but: str | None = None) -> None:
        """End what stood in other homes as its own users' (ST-1)."""
        for at in self._presence.sweep(but):
            self._recorder.end_lost(at)

    def _release(self, is_forced: bool) -> bool:
        """While nothing is captured: let go whoever stands in storage, and whoever this page holds (SE-3, SE-4)."""
        standing, presence = self._standing, self._presence
        found, own = presence.see(), standing.record
        held = [at for at in (found, own) if at]
        is_bound = any(map(standing.bound_of, held))
        is_released = is_bound or (is_forced and bool(held))
        presence.sweep()
        standing.told = None
        if is_released or presence.is_stuck:
            presence.left.update(at.device for at in held)
            presence.remove()
            presence.disown()
            self._activity.remove()
        elif own is None or (found is not None and found.device == own.device):
            return False
        presence.forget()
        standing.is_apart = False
        standing.enter(None, None, "anonymize" if is_bound or not is_released else "forget")
        return is_released


def _loaded(at: Record) -> Record:
    return replace(at, pages=at.pages + 1)
