"""The identity table: what an identify or an end does to a device, and where everything else goes.

A device is bound to at most one uid, for ever (ID-1), and ends at its seal. So the whole of identity is two
small questions. *Transition*: an `identify` or a sealing `end` arrived; how does the device stand now? *Place*: given
how devices stand, on which device is an operation made at some instant kept?

Transition, by how the device stands at the operation's instant:

    device            operation            where in time          becomes                          outcome
    ----------------  -------------------  ---------------------  -------------------------------  ---------
    unbound           identify u           -                      bound to u                       bound
    bound to u        identify u           -                      as it was                        same_user
    bound to u        identify v           not before the         sealed here; substitute gets v   conflict
                                           binding
    bound to u        identify v           before the binding     gap up to the binding; its       conflict
                                                                  substitute gets v
    any               end, sealing         not before the         sealed here (the earlier seal    sealed
                                           binding, or none       of two stands)
    bound to u        end, sealing         before the binding     gap up to here, its substitute   sealed
                                                                  sealed
    any               anything else        -                      as it was                        stored

Place walks: within a gap, to the gap's substitute; past the seal, to the substitute after it; there the same again.
What a walk passes through colours the outcome: past a client's own seal it is a bleed, past a conflict it is diverted.
The identify that bound a device stays with it, whatever comes in the same millisecond. So every device that a walk
leads on from keeps an operation of its own, and settling ends: there are no more such devices than operations.

Because place looks at nothing but how devices stand in the end, the order in which bundles arrived cannot show in
it (AT-2). When a device's seal or gaps change, what was stored for it is placed again; see `passerby.lifecycle.decide`.

A client that contradicts itself without end would make the walk longer each time. So the last of `HOPS_MAX` hops leads
to a dead end that binds nothing and seals nothing: what comes then is nobody's, which wrongs no one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from passerby.base.ids import DeviceId, PageId, SessionId, Uid
from passerby.lifecycle.substitute import Substitutes
from passerby.model.device import CONFLICT, Binding, Device, Gap, Instant, Seal
from passerby.model.effect import Bind, Close, Divert
from passerby.model.operation import SEALING, End, Identify, Operation
from passerby.model.outcome import Outcome

HOPS_MAX: Final = 64

IdentityEffect = Bind | Close | Divert


class Place(msgspec.Struct, frozen=True):
    """Where an operation is kept; `hops` is how many substitutes it took so far, `outcome` what they make of it."""

    device: DeviceId
    session: SessionId
    instant: Instant
    hops: int
    outcome: Outcome

    @property
    def page(self) -> PageId:
        """The page as it is called there."""
        return self.instant.page


class Standing:
    """How the devices around one bundle stand, and what changed. A working copy: the store's state is not touched.

    `known` tells how a device stands in the store; it is asked once for each device that a walk comes to.
    """

    def __init__(self, known: Callable[[DeviceId], Device], substitutes: Substitutes) -> None:
        self._known = known
        self._devices: dict[DeviceId, Device] = {}
        self.substitutes = substitutes
        self.effects: list[IdentityEffect] = []

    def device(self, device: DeviceId) -> Device:
        """How `device` stands; one never heard of is unbound and open."""
        if device not in self._devices:
            self._devices[device] = self._known(device)
        return self._devices[device]

    def _record(self, effect: IdentityEffect) -> None:
        self.effects.append(effect)
        device = self.device(effect.device)
        match effect:
            case Bind(binding=binding):
                device = msgspec.structs.replace(device, binding=binding)
            case Close(seal=seal):
                device = msgspec.structs.replace(device, seal=seal)
            case Divert(gap=gap):
                device = msgspec.structs.replace(device, gaps=(*device.gaps, gap))
        self._devices[device.id] = device

    def place(self, device: DeviceId, session: SessionId, instant: Instant) -> Place:
        """Where an operation reported for `device` at `instant` is kept."""
        return self._walk(Place(device, session, instant, 0, Outcome.STORED))

    def _walk(self, place: Place) -> Place:
        """On from `place`, as far as its device's seal and gaps lead."""
        while place.hops < HOPS_MAX and (step := self._step(self.device(place.device), place.instant)):
            device, colour = step
            if place.hops == HOPS_MAX - 1:
                device = self.substitutes.nobody(place.device)
            place = Place(
                device,
                self.substitutes.session(device, place.session),
                msgspec.structs.replace(place.instant, page=self.substitutes.page(device, place.page)),
                place.hops + 1,
                place.outcome if place.outcome is Outcome.BLEED else colour,
            )
        return place

    def _step(self, device: Device, instant: Instant) -> tuple[DeviceId, Outcome] | None:
        if device.is_bound_by(instant):
            return None
        for gap in device.gaps:
            if gap.holds(instant):
                return self.substitutes.earlier(device.id, gap.uid), Outcome.DIVERTED
        if device.seal is not None and device.seal.past(instant):
            colour = Outcome.DIVERTED if device.seal.why == CONFLICT else Outcome.BLEED
            return self.substitutes.after(device.id), colour
        return None

    def transition(self, device: DeviceId, session: SessionId, instant: Instant, operation: Operation) -> Outcome:
        """Let `operation`, reported for `device` at `instant`, change how devices stand; returns its outcome.

        A second time it changes nothing, unless another has moved it since.
        """
        place = self.place(device, session, instant)
        match operation:
            case Identify(uid=uid):
                own = self._identify(place, Uid(uid))
            case End(why=why) if why in SEALING:
                own = self._end(place, why)
            case _:
                own = Outcome.STORED
        return own if place.outcome is Outcome.STORED or own is Outcome.CONFLICT else place.outcome

    def _identify(self, place: Place, uid: Uid) -> Outcome:
        if place.hops == HOPS_MAX:
            return place.outcome
        binding = self.device(place.device).binding
        if binding is None:
            self._record(Bind(place.device, Binding(uid, place.instant)))
            return Outcome.BOUND
        if binding.uid == uid:
            return Outcome.SAME_USER
        if place.instant.before(binding.instant):
            self._record(Divert(place.device, Gap(binding.instant, uid)))
        else:
            self._record(Close(place.device, Seal(place.instant, CONFLICT)))
        self._identify(self._walk(place), uid)
        return Outcome.CONFLICT

    def _end(self, place: Place, why: str) -> Outcome:
        if place.hops == HOPS_MAX:
            return place.outcome
        device = self.device(place.device)
        if device.binding is not None and place.instant.before(device.binding.instant):
            self._record(Divert(device.id, Gap(place.instant, None, closed=True)))
            self._end(self._walk(place), why)
        elif device.seal != (seal := Seal(place.instant, why)):
            self._record(Close(device.id, seal))
        return Outcome.SEALED
