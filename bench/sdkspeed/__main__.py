"""`python -m bench.sdkspeed`: measure, and print or write the table."""

from __future__ import annotations

import re
import sys
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import Final

import click

from bench.leakprobe.collector import HOST, collecting
from bench.leakprobe.subjects import LIKE_A_PERSON, Subject, ours, peers, pinned_versions
from bench.sdkspeed.measure import FLOOR, ISOLATED, Timing, gzipped_bytes, timings
from tests.browser.loaders import SDK
from tests.browser.site import serving_site
from tests.browser.visitor import find_chromium, launched

_PAGE: Final = Path(__file__).with_name("page.md")


@click.command()
@click.option("--rounds", default=7, help="How many rounds of pages.")
@click.option("--write", type=click.Path(path_type=Path), help="Write the page with the table there.")
def main(rounds: int, write: Path | None) -> None:
    """Measure our browser SDK and its peers."""
    chromium = find_chromium()
    if chromium is None:
        sys.exit("this needs chromium on PATH")
    fs_js = files("passerby.faces").joinpath("assets", "fs.js").read_bytes()
    others = [subject for subject in peers() if "," not in subject.name]
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        with (
            serving_site(directory, *ISOLATED) as site,
            collecting(directory) as collector,
            launched(chromium, *LIKE_A_PERSON) as browser,
        ):
            collector.files["/s/fs.js"] = fs_js
            found = timings([FLOOR, ours(), *others], rounds, browser, site, collector)
    identity, core = (gzipped_bytes((SDK / "dist" / name).read_bytes()) for name in ("identity.mjs", "core.mjs"))
    sizes = {
        "Passerby": gzipped_bytes(fs_js),
        **{subject.name: gzipped_bytes(_script(subject)) for subject in others},
    }
    text = _table(sizes, found)
    if write:
        page = _PAGE.read_text().format(
            table=text, identity=f"{identity:,}", core=f"{core:,}", rounds=rounds, versions=pinned_versions()
        )
        write.write_text(page)
    else:
        click.echo(f"identity core: {identity:,} bytes gzipped, with its queue {core:,}\n{text}")


def _script(subject: Subject) -> bytes:
    found = re.search(r"<script>\n(.*)\n</script>", subject.head(HOST), re.DOTALL)
    assert found is not None
    return found[1].encode()


def _table(sizes: dict[str, int], found: dict[str, Timing]) -> str:
    floor_ms = found[FLOOR.name].reset_ms
    lines = [
        "| SDK | bytes, gzipped | logout call, ms | … in floors | script evaluation, CPU ms | longest task, ms |",
        "|---|---:|---:|---:|---:|---:|",
        f"| *floor: {FLOOR.name}* | | {floor_ms:.3f} | 1 | | |",
    ]
    for name, size in sorted(sizes.items(), key=lambda item: item[1]):
        timing = found[name]
        shown = f"**{name}**" if name == "Passerby" else name
        ratio = timing.reset_ms / floor_ms
        times = f"{timing.reset_ms:.3f} | {ratio:.1f} | {timing.evaluation_ms:.1f} | {timing.longest_task_ms:.0f}"
        lines.append(f"| {shown} | {size:,} | {times} |")
    return "\n".join(lines)


main()
