"""`passerby demo`: made-up traffic, then the service to look at it."""

from __future__ import annotations

import asyncio

import click
import msgspec

from passerby.boot import Service, compose
from passerby.cli.serve import serve
from passerby.config import Settings
from passerby.demo.filling import fill
from passerby.demo.traffic import traffic


class Filling(msgspec.Struct, frozen=True):
    """How many visitors to make up, from which seed, over how many days."""

    visitors: int
    seed: int
    days: int


def run_demo(settings: Settings, filling: Filling, is_served: bool) -> None:
    """Fill, then serve if wanted."""

    def prepare(service: Service, _base: str) -> None:
        if filling.visitors:
            _fill(service, filling)

    if is_served:
        serve(settings, prepare)
    else:
        service = compose(settings)
        prepare(service, "")
        service.close()
        if service.new_password:
            click.echo(f"Sign in as admin / {service.new_password} (shown this once: keep it)")


def _fill(service: Service, filling: Filling) -> None:
    """Fill the service's org up to now, with a progress bar."""
    until_ms = service.clock.now_ms()
    made_up = traffic(service.org, filling.visitors, filling.seed, until_ms, filling.days)
    with click.progressbar(length=filling.visitors, label="Filling", show_pos=True) as bar:
        filled = asyncio.run(fill(service.store, made_up, bar.update))
    click.echo(f"{filled.visitors} visitors came by, in {filled.bundles} bundles.")
