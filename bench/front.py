"""What the front costs: a bare route behind it, against the same route behind uvicorn's own protocol.

    python -m bench.front [--rounds N] [--seconds S] [--connections N]

Both are processes of their own with the same settings; in each round one is asked after the other, with bundles of 20
operations. The medians over the rounds are shown, and the ratio of the CPU time that one request took.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import platform
import socket
import statistics
from typing import Any, cast

import uvicorn

from bench.ingest import asked, bare, bodies, cpu_seconds, process
from passerby.front import Front, Limits

SIDES = ("uvicorn", "front")
_LIMITS = Limits(trusted_proxies=(), requests_per_second_per_address=1_000_000)
"""An address is counted, and may ask as often as it can."""


def serve(side: str) -> None:
    """The bare route, until it is stopped."""
    listener = socket.create_server(("127.0.0.1", 0))
    print(f"Dashboard  http://localhost:{listener.getsockname()[1]}/", flush=True)
    protocol = cast(Any, Front(_LIMITS).protocol) if side == "front" else "httptools"
    config = uvicorn.Config(
        bare, http=protocol, ws="none", lifespan="off", access_log=False, server_header=False, log_level="critical"
    )
    uvicorn.Server(config).run(sockets=[listener])


def measured(rounds: int, seconds: float, connections: int) -> dict[str, tuple[float, float]]:
    """The median requests a second of each side, and CPU µs a request."""
    made = list(itertools.islice(bodies(0), 5000))
    found: dict[str, list[tuple[float, float]]] = {side: [] for side in SIDES}
    with (
        process("-m", "bench.front", "--serve", SIDES[0]) as plain,
        process("-m", "bench.front", "--serve", SIDES[1]) as front,
    ):
        for _ in range(rounds):
            for side, (port, pid) in zip(SIDES, (plain, front), strict=True):
                before = cpu_seconds(pid)
                taken, took = asyncio.run(asked(port, itertools.cycle(made), connections, seconds))
                found[side].append((taken / took, (cpu_seconds(pid) - before) * 1e6 / taken))
    return {
        side: (statistics.median(r for r, _ in all_), statistics.median(c for _, c in all_))
        for side, all_ in found.items()
    }


def main() -> None:
    """Measure and print a table."""
    asking = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asking.add_argument("--rounds", type=int, default=7)
    asking.add_argument("--seconds", type=float, default=2.0)
    asking.add_argument("--connections", type=int, default=64)
    asking.add_argument("--serve", choices=SIDES, help="serve the bare route, for this program's own use")
    options = asking.parse_args()
    if options.serve:
        serve(options.serve)
        return
    rates = measured(options.rounds, options.seconds, options.connections)
    print(f"{options.connections} connections, median of {options.rounds} rounds;"
          f" {os.cpu_count()} cores, Python {platform.python_version()}\n")  # fmt: skip
    print("| side | requests a second | CPU µs a request | times uvicorn's |\n|---|---|---|---|")
    for side, (rate, cpu) in rates.items():
        print(f"| {side} | {rate:,.0f} | {cpu:.1f} | {cpu / rates[SIDES[0]][1]:.2f} |")


if __name__ == "__main__":
    main()
