"""The session table: which session an operation belongs to, held from outside (SE-1.1).

A client bounds its sessions by idleness, age and identity. The server cannot see idleness: scrolling is not
reported. It can see age, and it can see seals, so it holds those two and no more:

    client time since `started`   session
    --------------------------    ---------------------------------------
    under one age                 the one it names (a late arrival too: age is by client time)
    k whole ages, k >= 1          the k-th successor, a hash of device, session and k

A clock that ran backwards gives a negative age, which counts as none (SE-8).
"""

from __future__ import annotations

from passerby.base.ids import DeviceId, SessionId
from passerby.lifecycle.substitute import Substitutes


def session_of(
    device: DeviceId, named: SessionId, started: int, t: int, age_ms: int, substitutes: Substitutes
) -> SessionId:
    """The session that an operation made at `t` belongs to, under a bundle of `device` that names `named`.

    `started` and `t` are ms of the client's clock.
    """
    ages = (t - started) // age_ms
    return substitutes.aged(device, named, ages) if ages >= 1 else named
