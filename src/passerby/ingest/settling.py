"""Settling: what is kept of a troubled device is brought to where the plan wants it, new and old alike (AT-2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Final

import msgspec

from passerby.base.ids import DeviceId, OrgId, PageId, Uid
from passerby.ingest import learning
from passerby.ingest.erasing import is_marked
from passerby.ingest.knowing import Knowledge
from passerby.ingest.learning import Extent, Reach
from passerby.lifecycle.decide import Made
from passerby.lifecycle.frames import Frames
from passerby.lifecycle.placing import Placed, Places, keeps
from passerby.lifecycle.plan import Lane, lane_of
from passerby.model.bundle import Bundle, Origin, Piece
from passerby.model.device import SLACK_MS, Binding, Device, Instant
from passerby.model.effect import Bind, Close, Drop, Effect, Hold, Keep
from passerby.model.operation import Identify
from passerby.model.outcome import Outcome
from passerby.store.contract import Stored, Transaction

_PAGES_AT_ONCE_MAX: Final = 100
"""What may move something of more pages is placed again in steps, too (AT-2.3)."""
_PAGES_ASKED_MAX: Final = 1000
"""Of how many pages the weight is asked for."""


class Settled(msgspec.Struct, frozen=True):
    """What is to be done: about identity, with what was stored before, with what is new; and the outcomes of that.

    `is_cut` says that what was stored before is to be placed again later, all of it; `is_unread` that it is to be read
    for facts before.
    """

    is_cut: bool
    is_unread: bool
    standing: list[Effect]
    moves: list[Effect]
    kept: list[Keep]
    outcomes: dict[int, Outcome]


class Settling:
    """One bundle's worth of it, for one device."""

    def __init__(self, transaction: Transaction, org: OrgId, device: Device, known: Knowledge, frames: Frames) -> None:
        self._transaction = transaction
        self._org = org
        self._device = device
        self._known = known
        self._frames = frames
        self._standing: list[Effect] = []
        self._lanes: dict[DeviceId, Lane] = {}
        self._claimed: dict[DeviceId, tuple[Uid, Instant]] = {}
        self._is_in_steps = False
        self._erased: dict[DeviceId, bool] = {}

    def settle(self, bundle: Bundle, made: Sequence[Made], reach: Reach) -> Settled:
        """Place `made`, the new of `bundle`, and again what `reach` says."""
        lanes = self._lanes_of(bundle.page, [one.instant for one in made])
        binding = self._bound_by(made, lanes)
        places = Places(self._device, self._known, self._frames)
        placed = [
            self._placed(places, one, lane, places.outcome_of(lane, one.operation, binding))
            for one, lane in zip(made, lanes, strict=True)
        ]
        kept = list(keeps(bundle, [one for one in placed if not one.lane.is_late], self._frames))
        reach = Reach(Extent.DEVICE, is_unread=reach.is_unread) if binding else self._narrowed(bundle.page, reach)
        is_cut = self._is_cut(bundle.page, reach)
        moves = [] if is_cut else list(self._moves(places, self._stored(bundle.page, reach)))
        self._stand(places)
        held = self._held() if is_cut or self._device.is_held else []
        outcomes = {one.operation.n: one.outcome for one in placed}
        return Settled(is_cut, reach.is_unread, [*held, *self._standing], moves, kept, outcomes)

    def again(self, stored: Sequence[Stored]) -> tuple[list[Effect], list[Effect]]:
        """Place some of what is stored again: what is to be done about identity, and with what is stored."""
        self._is_in_steps = True
        places = Places(self._device, self._known, self._frames)
        brought = [(piece, self._frames.brought_back(piece, origin) if origin else piece) for piece, origin in stored]
        moves = list(self._moves(places, brought))
        self._stand(places)
        return self._standing, moves

    def told(self) -> list[DeviceId]:
        """The substitutes in which something was placed that is somebody's."""
        return [device for device, lane in self._lanes.items() if lane.uid is not None and device != self._device.id]

    def _is_cut(self, page: PageId, reach: Reach) -> bool:
        """Whether `reach` may hold more than can be placed again at once."""
        if reach.extent is Extent.NOTHING:
            return False
        if self._device.is_held or self._is_heavy(page):
            return True
        if reach.since is None:
            return reach.extent is Extent.DEVICE and self._is_heavy()
        if reach.pages is not None:
            return len(reach.pages) >= _PAGES_AT_ONCE_MAX or sum(map(self._weight, reach.pages)) > learning.AT_ONCE_MAX
        return self._is_heavy(since_ms=reach.since.at - SLACK_MS) or self._are_heavy(page, reach.since)

    def _narrowed(self, page: PageId, reach: Reach) -> Reach:
        """`reach` with those of its pages of which something was made from its instant on, and with `page`.

        Of more than can be placed at once so many that `_is_cut` sees it.
        """
        if reach.since is None or reach.pages is None or self._device.is_held:
            return reach
        if len(reach.pages) > _PAGES_ASKED_MAX:
            return msgspec.structs.replace(reach, pages=None)
        since_ms = reach.since.at - SLACK_MS
        others = (one for one in reach.pages if one != page and self._weight(one, since_ms))
        return msgspec.structs.replace(reach, pages=(page, *islice(others, _PAGES_AT_ONCE_MAX)))

    def _are_heavy(self, page: PageId, since: Instant) -> bool:
        """Whether the pages of which something was made from `since` on hold more than can be placed again at once."""
        mark = self._frames.marks.of_origin(self._device.id, None)
        since_ms = since.at - SLACK_MS
        pages = self._transaction.pages_since(self._org, self._device.id, since_ms, _PAGES_AT_ONCE_MAX)
        away = self._transaction.origins_since(self._org, mark, since_ms, _PAGES_AT_ONCE_MAX)
        theirs = (self._frames.brought_back(piece, origin).page for piece, origin in away)
        named = dict.fromkeys([page, *pages, *theirs])
        if len(named) >= _PAGES_AT_ONCE_MAX:
            return True
        return sum(self._weight(one) for one in named) > learning.AT_ONCE_MAX

    def _is_heavy(self, page: PageId | None = None, since_ms: int = 0) -> bool:
        return self._weight(page, since_ms) > learning.AT_ONCE_MAX

    def _weight(self, page: PageId | None = None, since_ms: int = 0) -> int:
        mark, limit = self._frames.marks.of_origin(self._device.id, page), learning.AT_ONCE_MAX + 1
        return self._transaction.weight_of(self._org, self._device.id, mark, limit, page, since_ms)

    def _held(self) -> list[Effect]:
        """Hold the device, and all that stands in for it and is somebody's."""
        mark = self._frames.marks.of_origin(self._device.id, None)
        known = [] if self._device.is_held else self._transaction.bound_from(self._org, mark)
        substitutes = dict.fromkeys([*known, *self.told()])
        return [Hold(self._device.id), *(Hold(device, mark) for device in substitutes)]

    def _lanes_of(self, page: PageId, instants: Sequence[Instant]) -> list[Lane]:
        if not instants:
            return []
        around = self._known.around(page, instants[0].n, instants[-1].n)
        return [lane_of(instant, around, self._known) for instant in instants]

    def _bound_by(self, made: Sequence[Made], lanes: Sequence[Lane]) -> Binding | None:
        """Bind the device to whom the first claim that no end lies before is of, if it is unbound (ID-1)."""
        if self._device.binding is not None:
            return None
        for one, lane in zip(made, lanes, strict=True):
            if isinstance(one.operation, Identify) and lane.uid is not None and not lane.after and not lane.is_late:
                binding = Binding(Uid(one.operation.uid), one.instant)
                self._standing.append(Bind(self._device.id, binding))
                self._device = msgspec.structs.replace(self._device, binding=binding)
                return binding
        return None

    def _placed(self, places: Places, one: Made, lane: Lane, outcome: Outcome) -> Placed:
        device = places.device_of(lane, one.instant.page)
        if not lane.is_late:
            self._lanes[device] = lane
            if isinstance(one.operation, Identify) and lane.uid is not None:
                self._claimed.setdefault(device, (Uid(one.operation.uid), one.instant))
        return Placed(one.session, one.operation, lane, device, outcome)

    def _moves(self, places: Places, stored: Iterable[tuple[Piece, Piece]]) -> Iterable[Effect]:
        """What is stored and belongs elsewhere goes there. Off a device that is erased goes only what is somebody's."""
        for kept, own in stored:
            made = [Made(own.session, own.instant(op), op) for op in own.operations]
            lanes = self._lanes_of(own.page, [one.instant for one in made])
            placed = [
                self._placed(places, one, lane, outcome)
                for one, lane, outcome in zip(made, lanes, own.outcomes, strict=True)
            ]
            if any(one.device != kept.device or one.lane.is_late for one in placed):
                yield Drop(kept, self._is_in_steps)
                is_erased = self._is_erased(kept.device)
                staying = (one for one in placed if not one.lane.is_late and (one.lane.uid or not is_erased))
                yield from keeps(own, list(staying), self._frames)

    def _is_erased(self, device: DeviceId) -> bool:
        if device not in self._erased:
            mark = self._frames.marks.of_device(device)
            self._erased[device] = is_marked(self._transaction, self._org, mark)
        return self._erased[device]

    def _stored(self, page: PageId, reach: Reach) -> list[tuple[Piece, Piece]]:
        """Pieces that were reported for the device, each as it is kept and as it would be kept on the device."""
        if reach.extent is Extent.NOTHING:
            return []
        if reach.extent is Extent.PAGE:
            return self._of_page(page)
        if reach.since is None:
            home = self._transaction.pieces(self._org, self._device.id)
            return self._with_their_own(home, self._away(None, 0))
        if reach.pages is not None:
            return [both for found in reach.pages for both in self._of_page(found)]
        home = list(self._transaction.pieces_past(self._org, self._device.id, reach.since))
        later = self._with_their_own(home, self._away(None, reach.since.at - SLACK_MS))
        pages = dict.fromkeys([page, *(own.page for _, own in later)])
        return [both for found in pages for both in self._of_page(found)]

    def _of_page(self, page: PageId) -> list[tuple[Piece, Piece]]:
        home = self._transaction.pieces(self._org, self._device.id, page)
        return self._with_their_own(home, self._away(page, 0))

    def _away(self, page: PageId | None, since_ms: int) -> list[tuple[Piece, Origin]]:
        mark = self._frames.marks.of_origin(self._device.id, page)
        return self._transaction.pieces_from(self._org, mark, is_page=page is not None, since_ms=since_ms)

    def _with_their_own(self, home: Sequence[Piece], away: Sequence[tuple[Piece, Origin]]) -> list[tuple[Piece, Piece]]:
        brought = ((piece, self._frames.brought_back(piece, origin)) for piece, origin in away)
        return [*((piece, piece) for piece in home), *brought]

    def _stand(self, places: Places) -> None:
        """Bind and seal the substitutes that something is in, and seal the device, as the facts have it now."""
        seals = {device: places.seal_of(lane, device) for device, lane in self._lanes.items() if lane.uid is not None}
        seals[self._device.id] = places.home_seal()
        for device, (uid, instant) in self._claimed.items():
            if device != self._device.id and self._transaction.device(self._org, device).binding is None:
                self._standing.append(Bind(device, Binding(uid, self._frames.instant(device, instant))))
        for device, seal in seals.items():
            stored = self._device.seal if device == self._device.id else self._seal_of(device)
            if stored != seal:
                self._standing.append(Close(device, seal))

    def _seal_of(self, device: DeviceId) -> object:
        return self._transaction.device(self._org, device).seal
