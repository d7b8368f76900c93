"""What all commands ask for, and how they say what is wrong."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

from passerby.base.errors import PasserbyError
from passerby.config import Settings, load

CONFIG: Final = click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    envvar="PASSERBY_CONFIG",
    help="TOML file with any of these settings.",
)
DATA: Final = click.option("--data", help="Directory of the database (data).")
ORG: Final = click.option("--org", help="Org id (the first one of these data).")


def settings_of(flags: dict[str, Any], config: Path | None) -> Settings:
    """The settings, from flags over environment over file."""
    return load(flags, os.environ, config)


def guard(command: Callable[[], object]) -> None:
    """Run a command; what is wrong is said in one line, with exit code 2."""
    try:
        command()
    except PasserbyError as error:
        click.echo(f"passerby: {error}", err=True)
        sys.exit(2)
