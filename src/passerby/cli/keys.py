"""`passerby keys`: who may use the API (AP-1)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

from passerby import boot
from passerby.base.errors import Refusal
from passerby.base.token import digest
from passerby.cli.asking import CONFIG, DATA, ORG, guard, settings_of
from passerby.store.contract import Key

_SHOWN: Final = 12
_SCOPES: Final = ("capture", "read", "admin")


@click.group("keys")
def keys() -> None:
    """Make, list and revoke API keys."""


@keys.command("make")
@click.option("--scope", "scopes", type=click.Choice(_SCOPES), multiple=True, required=True, help="May be given twice.")
@click.option("--label", default="", help="What it is for.")
@DATA
@ORG
@CONFIG
def make(scopes: Sequence[str], label: str, config: Path | None, **flags: Any) -> None:
    """Make a key. It is shown this once; only its hash is kept."""

    def work() -> None:
        with boot.workplace(settings_of(flags, config)) as place:
            key = place.new_key()
            scope = " ".join(scope for scope in _SCOPES if scope in scopes)
            kept = Key(digest(key), place.org.id, scope, label, place.clock.now_ms())
            place.store.submit(lambda transaction: transaction.add_key(kept)).result()
            click.echo(key)

    guard(work)


@keys.command("list")
@DATA
@ORG
@CONFIG
def list_keys(config: Path | None, **flags: Any) -> None:
    """List keys by the beginning of their hash, the oldest first."""

    def work() -> None:
        with boot.workplace(settings_of(flags, config)) as place, place.store.read() as reader:
            for key in reader.keys(place.org.id):
                made = datetime.fromtimestamp(key.made_at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M")
                click.echo(f"{_name(key)}  {made}  {key.scope:<20}  {key.label}")

    guard(work)


@keys.command("revoke")
@click.argument("name")
@DATA
@ORG
@CONFIG
def revoke(name: str, config: Path | None, **flags: Any) -> None:
    """Revoke the key whose hash begins with NAME, as `list` shows it."""

    def work() -> None:
        with boot.workplace(settings_of(flags, config)) as place:
            with place.store.read() as reader:
                found = [key for key in reader.keys(place.org.id) if _name(key).startswith(name)]
            if len(found) != 1:
                raise Refusal("resource_not_found", f"{len(found)} keys begin with {name}: see passerby keys list")
            place.store.submit(lambda transaction: transaction.remove_key(found[0].digest)).result()
            click.echo(f"Revoked {_name(found[0])}.")

    guard(work)


def _name(key: Key) -> str:
    return key.digest.hex()[:_SHOWN]
