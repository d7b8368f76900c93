"""`passerby secret`: what proves a uid (WI-11)."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

from passerby import boot
from passerby.cli.asking import CONFIG, DATA, ORG, guard, settings_of
from passerby.ingest.proving import UNSIGNED_MS, add_secret, demand, retire_secret

_BY: Final = "command line"
"""Who changed a setting, where it is kept (AP-18)."""


@click.group("secret")
def secret() -> None:
    """Make, list and retire the secrets that sign uids, and demand signatures."""


@secret.command("new")
@DATA
@ORG
@CONFIG
def new(config: Path | None, **flags: Any) -> None:
    """Make a secret. It is shown this once; give it to your server and to nobody else."""

    def work() -> None:
        with boot.workplace(settings_of(flags, config)) as place:
            text = place.new_signing_secret()
            org, now_ms = place.org.id, place.clock.now_ms()
            place.store.submit(lambda transaction: add_secret(transaction, org, text, now_ms)).result()
            click.echo(text)

    guard(work)


@secret.command("list")
@DATA
@ORG
@CONFIG
def list_secrets(config: Path | None, **flags: Any) -> None:
    """List secrets by the beginning of their hash, and how many identifies came unsigned in the last 7 days."""

    def work() -> None:
        with boot.workplace(settings_of(flags, config)) as place, place.store.read() as reader:
            for found in reader.secrets(place.org.id):
                made, gone = _day(found.made_at_ms), found.retired_at_ms
                click.echo(f"{found.id}  {made}  {'valid' if gone is None else f'retired {_day(gone)}'}")
            unsigned = reader.unsigned(place.org.id, place.clock.now_ms() - UNSIGNED_MS)
            click.echo(f"identify: {place.org.settings.identify}; {unsigned} came unsigned in the last 7 days")

    guard(work)


@secret.command("retire")
@click.argument("name")
@DATA
@ORG
@CONFIG
def retire(name: str, config: Path | None, **flags: Any) -> None:
    """Retire the secret NAME at once: what it signed proves nothing any more."""

    def work() -> None:
        with boot.workplace(settings_of(flags, config)) as place:
            org, now_ms = place.org.id, place.clock.now_ms()
            place.store.submit(lambda transaction: retire_secret(transaction, org, name, now_ms)).result()
            click.echo(f"Retired {name}.")

    guard(work)


@secret.command("demand")
@click.argument("choice", type=click.Choice(("signed", "open")))
@DATA
@ORG
@CONFIG
def demand_command(choice: str, config: Path | None, **flags: Any) -> None:
    """Take an identify only with a signature (signed), or without one too (open)."""

    def work() -> None:
        with boot.workplace(settings_of(flags, config)) as place:
            given, is_signed = (place.org.id, _BY, place.clock.now_ms()), choice == "signed"
            place.store.submit(lambda transaction: demand(transaction, *given, is_signed=is_signed)).result()
            click.echo(f"identify: {choice}")

    guard(work)


def _day(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M")
