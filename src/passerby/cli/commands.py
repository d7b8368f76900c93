"""`passerby …`: reads flags, calls the composition root, speaks to people."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import click

from passerby import __version__, boot
from passerby.cli.asking import CONFIG, guard, settings_of
from passerby.cli.demo import Filling, run_demo
from passerby.cli.keys import keys
from passerby.cli.progress import bar_or_lines
from passerby.cli.secret import secret
from passerby.cli.serve import serve
from passerby.cli.upkeep import backup, check, migrate, restore
from passerby.cli.user import user
from passerby.cli.why import explain


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="passerby")
def main() -> None:
    """Know who is using an app, and when they stop being that person."""
    os.umask(0o077)  # whatever is written here is of people: nobody else on this machine may read it


@main.command("serve")
@click.option("--host", help="Address to listen on (127.0.0.1).")
@click.option("--port", type=int, help="Port to listen on (8000; 0 takes a free one).")
@click.option("--data", help="Directory of the database (data), or :memory:.")
@click.option("--tls/--no-tls", default=None, help="Serve https with a development certificate made here.")
@click.option("--org", help="Org id (made at the first start).")
@click.option("--public-url", help="How browsers reach the service, when it stands behind a proxy.")
@click.option("--api-requests-per-second", type=int, help="What one API key may ask (0: no limit).")
@click.option(
    "--scrub-delay-s", type=int, help="How long erasures wait for one another before files are rewritten (0)."
)
@click.option(
    "--webhook-private-hosts/--no-webhook-private-hosts", default=None, help="Let webhooks reach this network."
)
@click.option("--trusted-proxies", help="Whose X-Forwarded-For is believed (127.0.0.1,::1).")
@click.option("--connections", type=int, help="How many connections may be open (1000).")
@click.option("--connections-per-address", type=int, help="How many of one address (128).")
@click.option("--requests-per-second-per-address", type=int, help="What one address may ask (500; 0: no limit).")
@click.option("--bundles-per-second-per-device", type=int, help="What one device may send (50; 0: no limit).")
@click.option("--bundles-per-second-per-org", type=int, help="What one org may send (0: no limit but its share).")
@click.option("--log", help="auto, text, json or off.")
@click.option("--log-requests/--no-log-requests", default=None, help="Log one line a request, without personal data.")
@click.option(
    "--metrics-port", type=int, help="Answer /metrics to this machine without a key, on that port (0: do not)."
)
@CONFIG
def serve_command(config: Path | None, **flags: Any) -> None:
    """Collect, store and show."""
    guard(lambda: serve(settings_of(flags, config)))


@main.command("demo")
@click.option("--fill", type=click.IntRange(min=0), default=0, help="Make up so many visitors first.")
@click.option("--seed", type=int, default=1, help="The same seed makes up the same visitors (1).")
@click.option("--days", type=click.IntRange(1, 28), default=14, help="Spread them over so many days up to now (14).")
@click.option("--serve/--no-serve", default=True, help="Only fill, and do not serve.")
@click.option("--port", type=int, help="Port of the service (8000; 0 takes a free one).")
@click.option("--shop-port", type=click.IntRange(0, 65535), default=8001, help="Port of the shop (8001).")
@click.option("--data", help="Directory of the database; without it, one that goes when the demo ends.")
@click.option("--log", help="auto, text, json or off.")
@CONFIG
def demo_command(
    fill: int, seed: int, days: int, serve: bool, shop_port: int, config: Path | None, **flags: Any
) -> None:
    """Try it out: the service and a shop beside it; with --fill, made-up visitors in it."""

    def demo() -> None:
        with tempfile.TemporaryDirectory(prefix="passerby-demo-") as directory:
            settings = settings_of({**flags, "data": flags["data"] or directory}, config)
            run_demo(settings, Filling(fill, seed, days), shop_port, serve)

    guard(demo)


@main.command("why")
@click.argument("session")
@click.option("--data", help="Directory of the database (data).")
@click.option("--org", help="Org id, if there are several.")
@CONFIG
def why_command(session: str, config: Path | None, **flags: Any) -> None:
    """Explain whose SESSION is (device:session, or its address), and why it begins and ends where it does."""

    def why() -> None:
        with boot.workplace(settings_of(flags, config)) as place:
            explain(place, session)

    guard(why)


@main.command("rebuild")
@click.option("--data", help="Directory of the database (data).")
@CONFIG
def rebuild_command(config: Path | None, **flags: Any) -> None:
    """Make anew what only serves reading, from the stored bundles."""

    def rebuild() -> None:
        with bar_or_lines() as progress:
            store = boot.open_store(settings_of(flags, config).data, for_service=True, progress=progress)
        store.rebuild()
        store.close()
        click.echo("Rebuilt sessions, properties and people.")

    guard(rebuild)


@main.command(
    "audit", context_settings={"ignore_unknown_options": True, "help_option_names": []}, add_help_option=False
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def audit_command(arguments: tuple[str, ...]) -> None:
    """Find mistakes around login and logout in source code (see passerby audit --help)."""
    try:
        from passerby_audit.cli import main as audit
    except ModuleNotFoundError:
        click.echo("passerby audit needs the package passerby-audit: pip install ./audit", err=True)
        sys.exit(2)
    audit(args=list(arguments), prog_name="passerby audit")


for command in (keys, secret, user, migrate, backup, restore, check):
    main.add_command(command)
