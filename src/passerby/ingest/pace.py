"""Pace: how often a device and an org may send bundles (LI-6)."""

from __future__ import annotations

from typing import Final

from passerby.base.errors import Refusal
from passerby.base.rate import Rates
from passerby.model.bundle import Bundle
from passerby.model.operation import Consent, End, Identify

_BURST: Final = 2


class Pace:
    """Limits in bundles a second, of each device and of each org; 0 is none. For one event loop.

    What changes who is there has buckets of its own, which a flood of anything else cannot empty.
    """

    def __init__(self, per_device: int = 0, per_org: int = 0) -> None:
        self._devices = Rates(per_device, per_device * _BURST)
        self._orgs = Rates(per_org, per_org * _BURST)

    def check(self, bundle: Bundle) -> None:
        """Refusal `too_many_requests` of a bundle that came too soon."""
        is_identity = any(isinstance(one, Identify | End | Consent) for one in bundle.operations)
        if self._devices.take((bundle.org, bundle.device, is_identity), bundle.received_at_ms):
            raise Refusal("too_many_requests", "too many bundles of this device: send it again later")
        if self._orgs.take((bundle.org, is_identity), bundle.received_at_ms):
            raise Refusal("too_many_requests", "too many bundles of this org: send it again later")
