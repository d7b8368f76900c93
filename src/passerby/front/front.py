"""The front as a whole: what all its connections share, and the sweep that ends those that dawdle."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from passerby.base.rate import Rates
from passerby.base.units import SECOND_MS
from passerby.front.addresses import Addresses
from passerby.front.answers import COLLECTOR, TOO_SLOW, Refused, too_often
from passerby.front.budget import Budget, Charge
from passerby.front.connections import Connections
from passerby.front.limits import Limits
from passerby.front.protocol import BoundedProtocol

if TYPE_CHECKING:
    from uvicorn.config import Config
    from uvicorn.server import ServerState


_BURST: Final = 2
_HEALTH: Final = (b"/healthz", b"/readyz")


class Front:
    """Bounds of one service. `count` is told the code of each refusal."""

    def __init__(self, limits: Limits, count: Callable[[str], None] = lambda _code: None) -> None:
        self.limits = limits
        self.addresses = Addresses(limits.trusted_proxies)
        self.connections = Connections(limits)
        self.count = count
        self._budget = Budget(limits.bodies_bytes_max)
        per_second = limits.requests_per_second_per_address
        self._bundles = Rates(per_second, per_second * _BURST)
        self._others = Rates(per_second, per_second * _BURST)
        self._sweep: asyncio.TimerHandle | None = None

    @property
    def bytes_held(self) -> int:
        """How many bytes of bodies are under way."""
        return self._budget.used

    def protocol(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> BoundedProtocol:
        """A new connection's protocol, with the arguments that uvicorn gives."""
        made = BoundedProtocol(self, config, server_state, app_state, _loop)
        if self._sweep is None:
            self._sweep = made.loop.call_later(self.limits.sweep_s, self._swept, made.loop)
        return made

    def charge(self, address: str | None) -> Charge:
        """What a request of this address holds of the budget: nothing yet."""
        return Charge(self._budget, address)

    def judged(self, address: str | None, url: bytes, now_s: float) -> Refused | None:
        """The refusal of a request whose address comes too often; None lets it in.

        Bundles and other requests are counted apart, so that an office that sends too many still sees its dashboard.
        """
        if address is None or url.startswith(_HEALTH):
            return None
        rates = self._bundles if url.startswith(COLLECTOR) else self._others
        retry_after_s = rates.take(address, now_s * SECOND_MS)
        if not retry_after_s:
            return None
        refused = too_often(retry_after_s)
        self.count(refused.code)
        return refused

    def _swept(self, loop: asyncio.AbstractEventLoop) -> None:
        for one in self.connections.slow(loop.time()):
            self.count(TOO_SLOW.code)
            one.drop()
        self._sweep = loop.call_later(self.limits.sweep_s, self._swept, loop) if len(self.connections) else None
