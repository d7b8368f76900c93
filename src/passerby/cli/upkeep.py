"""`passerby migrate`, `backup`, `restore` and `check`: what keeps data for years."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from passerby import upkeep
from passerby.cli.asking import CONFIG, DATA, guard, settings_of
from passerby.cli.progress import as_logged, bar, bar_or_lines


@click.command("migrate")
@DATA
@CONFIG
def migrate(config: Path | None, **flags: Any) -> None:
    """Bring the data to this version's schema, as the next start would. A copy is kept beside."""

    def work() -> None:
        settings = settings_of(flags, config)
        with bar_or_lines() if settings.log == "auto" else as_logged(settings.log) as progress:
            before, after = upkeep.migrate(settings.data, progress)
        click.echo(f"Schema {before} → {after}." if before != after else f"Schema {after}: up to date.")

    guard(work)


@click.command("backup")
@click.argument("target", type=click.Path())
@DATA
@CONFIG
def backup(target: str, config: Path | None, **flags: Any) -> None:
    """Copy the data to TARGET, a new file or a folder, whether or not the service runs. The path is printed."""

    def work() -> None:
        with bar() as progress:
            path = upkeep.back_up(settings_of(flags, config).data, target, progress)
        click.echo(path)

    guard(work)


@click.command("restore")
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Put what is there aside, into a folder beside it.")
@DATA
@CONFIG
def restore(source: Path, replace: bool, config: Path | None, **flags: Any) -> None:
    """Put a copy of the backup SOURCE in place. The service must not run."""

    def work() -> None:
        with bar() as progress:
            done = upkeep.restore(settings_of(flags, config).data, source, replace=replace, progress=progress)
        click.echo("Restored.")
        if done.erased is None:
            click.echo("Users who were erased since the backup was made are back: erase them again.")
        else:
            click.echo(f"Users who were erased since the backup was made are erased again: {done.erased}.")
        if done.aside is not None:
            click.echo(f"What was there is in {done.aside}: remove it when you are content.")

    guard(work)


@click.command("check")
@DATA
@CONFIG
def check(config: Path | None, **flags: Any) -> None:
    """Look for damage, rows that cannot be read, and broken rules. The service may run. Exit code 1 if any is found."""
    found: list[upkeep.Finding] = []

    def work() -> None:
        with bar() as progress:
            found.extend(upkeep.check(settings_of(flags, config).data, progress))
        for finding in found:
            click.echo(f"{finding.count} × {finding.what}")
        click.echo("Something is wrong: see docs/operations.md." if found else "All is well.")

    guard(work)
    if found:
        sys.exit(1)
