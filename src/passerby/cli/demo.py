"""`passerby demo`: made-up traffic, the service, and a shop to play with."""

from __future__ import annotations

import asyncio
import secrets
import threading

import click
import msgspec
import uvicorn

from passerby.boot import Service, compose
from passerby.cli.serve import listen, serve
from passerby.config import Settings
from passerby.demo.filling import fill
from passerby.demo.shop import Shop, shop_app
from passerby.demo.traffic import traffic


class Filling(msgspec.Struct, frozen=True):
    """How many visitors to make up, from which seed, over how many days."""

    visitors: int
    seed: int
    days: int


def run_demo(settings: Settings, filling: Filling, shop_port: int, is_served: bool) -> None:
    """Fill, then serve if wanted, with the shop beside. SettingsError if a port is taken."""
    if not is_served:
        service = compose(settings)
        _fill(service, filling)
        service.close()
        if service.new_password:
            click.echo(f"Sign in as admin / {service.new_password} (shown this once: keep it)")
        return
    listener = listen("127.0.0.1", shop_port, "--shop-port")
    shops: list[uvicorn.Server] = []

    def prepare(service: Service, base: str) -> None:
        _fill(service, filling)
        shop = Shop(service.store, service.clock, service.org, base, secrets.token_urlsafe)
        config = uvicorn.Config(
            shop_app(shop), lifespan="off", access_log=False, log_config=None, timeout_keep_alive=60
        )
        shops.append(uvicorn.Server(config))
        threading.Thread(target=shops[0].run, kwargs={"sockets": [listener]}, name="shop", daemon=True).start()
        click.echo(f"\n  Shop       http://localhost:{listener.getsockname()[1]}/   (be a visitor here)")

    try:
        serve(settings, prepare)
    finally:
        for server in shops:
            server.should_exit = True
        listener.close()


def _fill(service: Service, filling: Filling) -> None:
    """Fill the service's org up to now, with a progress bar."""
    if not filling.visitors:
        return
    until_ms = service.clock.now_ms()
    made_up = traffic(service.org, filling.visitors, filling.seed, until_ms, filling.days)
    with click.progressbar(length=filling.visitors, label="Filling", show_pos=True) as bar:
        filled = asyncio.run(fill(service.store, made_up, bar.update))
    click.echo(f"{filled.visitors} visitors came by, in {filled.bundles} bundles.")
