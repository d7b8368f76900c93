"""`python -m bench.leakprobe`: probe our SDK and its peers, and print or write the table."""

from __future__ import annotations

import sys
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import Final

import click

from bench.leakprobe.collector import collecting
from bench.leakprobe.scenarios import traces
from bench.leakprobe.subjects import LIKE_A_PERSON, Subject, ours, peers, pinned_versions
from bench.leakprobe.table import table
from bench.leakprobe.verdict import Verdict, judge
from tests.browser.site import serving_site
from tests.browser.visitor import find_chromium, launched

_PAGE: Final = Path(__file__).with_name("page.md")


@click.command()
@click.argument("names", nargs=-1)
@click.option("--runs", default=3, help="How often to run each scenario.")
@click.option("--write", type=click.Path(path_type=Path), help="Write the page with the table there.")
def main(names: tuple[str, ...], runs: int, write: Path | None) -> None:
    """Probe every SDK, or those whose name contains one of NAMES."""
    wanted = [subject for subject in [ours(), *peers()] if not names or any(name in subject.name for name in names)]
    text = table([(subject.name, subject.logout, _probe(subject, runs)) for subject in wanted])
    if write:
        write.write_text(_PAGE.read_text().format(table=text, runs=runs, versions=pinned_versions()))
    else:
        click.echo(text)


def _probe(subject: Subject, runs: int) -> list[dict[str, Verdict]]:
    chromium = find_chromium()
    if chromium is None:
        sys.exit("the probe needs chromium on PATH")
    click.echo(f"probing {subject.name}", err=True)
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        with (
            serving_site(directory) as site,
            collecting(directory) as collector,
            launched(chromium, *LIKE_A_PERSON) as browser,
        ):
            collector.files["/s/fs.js"] = files("passerby.faces").joinpath("assets", "fs.js").read_bytes()
            return [judge(traces(subject, browser, site, collector)) for _ in range(runs)]


main()
