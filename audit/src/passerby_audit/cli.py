"""`passerby audit …` and `passerby-audit …`: reads flags, runs an audit, speaks to people.

Exit codes: 0 nothing found, 1 something found, 2 the audit could not be made.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from passerby_audit import __version__, baseline, fix
from passerby_audit.audit import Result, audit
from passerby_audit.program.findings import CONFIDENCES
from passerby_audit.report import logouts, structured, text
from passerby_audit.report.pages import pages
from passerby_audit.rules import registry
from passerby_audit.settings import Settings, SettingsError, discover, load, override

FILES_FOR_PROGRESS = 500
"""Below so many files an audit is over before a bar would be read."""


class _PathsFirst(click.Group):
    """What is not the name of a command is a path to audit."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args[0] not in ("-h", "--help", "--version")):
            args = ["check", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_PathsFirst, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="passerby-audit")
def main() -> None:
    """Find mistakes around login and logout in source code.

    \b
    passerby audit PATH…          audit files and folders (see: check --help)
    passerby audit explain PB001  what a rule means
    passerby audit rules          every rule in a line
    """


@main.command("check")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--format", "shape", type=click.Choice(["text", "json", "sarif", "github"]), default="text", help="How to report."
)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write the report to a file.")
@click.option("--select", help="Only these rules (codes or names, with commas).")
@click.option("--ignore", help="Not these rules.")
@click.option("--exclude", multiple=True, help="Paths to leave out (a pattern; may be repeated).")
@click.option("--hints/--no-hints", default=None, help="Show hints too.")
@click.option("--confidence", type=click.Choice(CONFIDENCES), help="Show findings of at least this confidence (high).")
@click.option("--assume-identified", is_flag=True, default=None, help="Take it that users are identified elsewhere.")
@click.option("--config", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Settings file.")
@click.option(
    "--baseline", "known", type=click.Path(dir_okay=False, path_type=Path), help="Pass over the findings of this file."
)
@click.option(
    "--write-baseline",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keep the findings in this file, and pass.",
)
@click.option("--fix", "fixing", is_flag=True, help="Show safe corrections as a diff, then make them.")
@click.option("--diff", "diffing", is_flag=True, help="Show safe corrections as a diff, and make none.")
@click.option("--yes", is_flag=True, help="With --fix: do not ask.")
@click.option("--logout-paths", is_flag=True, help="Report every logout path, and whether it releases the identity.")
@click.option("--passed", "show_passed", is_flag=True, help="Say which files were passed over, and why.")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 whatever is found.")
def check(
    paths: tuple[Path, ...],
    shape: str,
    output: Path | None,
    config: Path | None,
    known: Path | None,
    write_baseline: Path | None,
    fixing: bool,
    diffing: bool,
    yes: bool,
    logout_paths: bool,
    show_passed: bool,
    exit_zero: bool,
    **flags: Any,
) -> None:
    """Audit files and folders."""
    if not paths:
        raise click.UsageError("Name a path to audit.")
    missing = [path for path in paths if not path.exists()]
    if missing:
        raise click.UsageError(f"There is no {missing[0]}.")
    try:
        settings = _settings(paths[0], config, flags)
        result = _run(list(paths), settings)
        if write_baseline is not None:
            click.echo(f"{baseline.write(write_baseline, result)} findings kept in {write_baseline}.")
            return
        named = known or (Path(settings.baseline) if settings.baseline else None)
        if named is not None:
            baseline.apply(named, result)
    except SettingsError as error:
        raise click.UsageError(str(error)) from error
    if fixing or diffing:
        _correct(result, fixing, yes)
        return
    report = _report(result, shape, logout_paths)
    if output is not None:
        output.write_text(click.unstyle(report) + "\n", "utf-8")
    elif report:
        click.echo(report)
    if show_passed:
        for path, reason in result.passed:
            click.echo(f"passed over {path}: {reason}", err=True)
    found = (
        any(not p.released and p.confident for p in result.logouts) and result.identifies
        if logout_paths
        else any(f.severity != "hint" for f in result.findings)
    )
    sys.exit(1 if found and not exit_zero else 0)


def _report(result: Result, shape: str, logout_paths: bool) -> str:
    if logout_paths:
        return logouts.render(result, shape == "json")
    if shape == "json":
        return structured.as_json(result)
    if shape == "sarif":
        return structured.as_sarif(result)
    if shape == "github":
        return structured.as_github(result)
    return text.render(result)


def _settings(first: Path, config: Path | None, flags: dict[str, Any]) -> Settings:
    settings = load(config or discover(first))
    given: dict[str, Any] = {}
    for key in ("select", "ignore"):
        if flags[key]:
            given[key] = [_code(part) for part in flags[key].split(",") if part.strip()]
    if flags["exclude"]:
        given["exclude"] = [*settings.exclude, *flags["exclude"]]
    for key in ("hints", "confidence", "assume_identified"):
        if flags[key] is not None:
            given[key.replace("_", "-")] = flags[key]
    return override(settings, given, "command line")


def _code(wanted: str) -> str:
    rule = registry.find(wanted.strip())
    if rule is None:
        raise SettingsError(f"there is no rule {wanted.strip()}")
    return rule.code


def _run(paths: list[Path], settings: Settings) -> Result:
    if not sys.stderr.isatty():
        return audit(paths, settings)
    count = 0

    def progress() -> None:
        nonlocal count
        count += 1
        if count % FILES_FOR_PROGRESS == 0:
            click.echo(f"\r{count} files …", nl=False, err=True)

    result = audit(paths, settings, progress=progress)
    if count >= FILES_FOR_PROGRESS:
        click.echo("\r", nl=False, err=True)
    return result


def _correct(result: Result, fixing: bool, yes: bool) -> None:
    changed = fix.corrected(result)
    if not changed:
        click.echo("Nothing here can be corrected by machine.")
        return
    click.echo(fix.diff(changed), nl=False)
    if fixing and (yes or not sys.stdin.isatty() or click.confirm("Make these corrections?", err=True)):
        click.echo(f"{fix.write(changed)} files corrected.", err=True)


@main.command("explain")
@click.argument("rule")
def explain(rule: str) -> None:
    """What a rule means: why, an example, what to do instead."""
    found = registry.find(rule)
    if found is None:
        raise click.UsageError(f"There is no rule {rule}; see: rules")
    click.echo(f"{found.code} {found.name} ({found.severity})\n\n{found.page.strip()}")


@main.command("rules")
def rules() -> None:
    """Every rule in a line."""
    for rule in registry.RULES:
        click.echo(f"{rule.code}  {rule.severity:<7}  {rule.name:<36} {rule.title}")


@main.command("pages")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def write_pages(folder: Path) -> None:
    """Write every rule's page as Markdown into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    made = pages()
    for old in folder.glob("pb*.md"):
        if old.name not in made:
            old.unlink()
    for name, page in made.items():
        (folder / name).write_text(page, "utf-8")
    click.echo(f"{len(made)} pages written to {folder}.")
