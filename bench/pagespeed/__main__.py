"""`python -m bench.pagespeed`: fill if needed, measure, print."""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from pathlib import Path
from typing import Final

import click
import httpx

from bench.pagespeed.database import PASSWORD, filled
from passerby.boot import Service
from passerby.store.contract import PersonFilter

LIMIT_MS: Final = 50


def addresses(service: Service) -> dict[str, str]:
    """Every page, of people and sessions that are there."""
    base = f"/ui/{service.org}"
    with service.store.read() as reader:
        identified = reader.people(service.org, PersonFilter(identified=True), None, 500)
        known = identified[250]
        devices = reader.devices_of(service.org, known.uid) if known.uid else []
        session = reader.sessions_of(service.org, devices, None, 1)[0]
        people, sessions = reader.count_people(service.org, PersonFilter()), reader.count_sessions(service.org)
        click.echo(f"{people} users, {sessions} sessions")
    return {
        "home": f"{base}/",
        "numbers": f"{base}/numbers",
        "users": f"{base}/users",
        "users, identified": f"{base}/users?kind=identified",
        "users, by name": f"{base}/users?q=ada",
        "users, by uid": f"{base}/users?q={known.uid}",
        "users, by everybody's uid": f"{base}/users?q=cust",
        "users, by property": f"{base}/users?q=plan%3Dpremium",
        "user": f"{base}/user/{known.id}",
        "lanes": f"{base}/user/{known.id}/lanes",
        "session": f"{base}/session/{session.device}:{session.id}",
        "live": f"{base}/live",
        "errors": f"{base}/errors",
        "settings": f"{base}/settings",
    }


async def measure(service: Service, rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each page, one a round."""
    transport = httpx.ASGITransport(service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://bench.example") as client:
        signed_in = await client.post(
            f"/ui/{service.org}/sign-in", data={"name": "admin", "password": PASSWORD, "next": ""}
        )
        assert signed_in.status_code == 303, signed_in.text
        pages = addresses(service)
        taken: dict[str, list[float]] = {name: [] for name in pages}
        for _ in range(rounds):
            for name, address in pages.items():
                began = time.perf_counter()
                answer = await client.get(address)
                taken[name].append((time.perf_counter() - began) * 1000)
                assert answer.status_code == 200, f"{name}: {answer.status_code}"
        return taken


@click.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.option("--events", default=10_000_000, help="How many events to fill an empty directory with.")
@click.option("--rounds", default=60, help="How often each page is asked for.")
def main(directory: Path, events: int, rounds: int) -> None:
    """Measure the pages of the dashboard."""
    service = filled(directory, events)
    taken = asyncio.run(measure(service, rounds))
    service.close()
    over = False
    click.echo(f"{'page':<28}{'median ms':>10}{'p95':>8}{'of limit':>10}")
    for name, times in taken.items():
        median, p95 = statistics.median(times), statistics.quantiles(times, n=20)[-1]
        over |= median > LIMIT_MS
        click.echo(f"{name:<28}{median:>10.1f}{p95:>8.1f}{median / LIMIT_MS:>10.2f}")
    sys.exit(over)


main()
