"""How far long work is, as a terminal and as a log show it."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from passerby.cli import progress
from tests.cli.test_upkeep import old_data
from tests.running import clean_environment


class Watch:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.s = 100.0

    def __call__(self) -> float:
        return self.s


@pytest.fixture
def watch() -> Watch:
    return Watch()


def lines_of(watch: Watch, told: list[tuple[str, int, int, float]]) -> list[str]:
    """The lines for what is told, each so many seconds after the last."""
    said: list[str] = []
    lines = progress.Lines(said.append, watch)
    for what, done, of, later_s in told:
        watch.s += later_s
        lines.show(what, done, of)
    return said


def test_a_thing_is_named_when_it_begins_and_then_has_a_line_for_each_tenth(watch: Watch) -> None:
    told = [("copying", done, 1000, 0.05) for done in range(1000)]
    tenths = [f"copying: {percent} %" for percent in range(10, 100, 10)]
    assert lines_of(watch, told) == ["copying", *tenths]


def test_what_goes_quickly_has_no_line_but_its_name(watch: Watch) -> None:
    told = [(what, done, 10, 0.01) for what in ("copying", "001.sql", "002.sql") for done in range(10)]
    assert lines_of(watch, told) == ["copying", "001.sql", "002.sql"]


def test_of_one_thing_there_are_two_lines_a_second_at_most(watch: Watch) -> None:
    told = [("copying", done, 100, 0.01) for done in range(101)]
    assert lines_of(watch, told) == ["copying", "copying: 50 %", "copying: 100 %"]


def test_of_nothing_no_share_is_told(watch: Watch) -> None:
    assert lines_of(watch, [("copying", 0, 0, 1), ("copying", 0, 0, 1)]) == ["copying"]


def test_that_nobody_reads_it_any_longer_costs_the_work_nothing(watch: Watch) -> None:
    def broken(_line: str) -> None:
        raise BrokenPipeError

    lines = progress.Lines(broken, watch)
    for done in range(3):
        watch.s += 1
        lines.show("copying", done, 3)


def on_a_terminal(*line: str) -> str:
    """All that a command writes to stderr, if that is a terminal."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "passerby", *line]
    with subprocess.Popen(command, env=clean_environment(), stdout=subprocess.DEVNULL, stderr=theirs) as process:
        os.close(theirs)
        written = b""
        try:
            while more := os.read(ours, 4096):
                written += more
        except OSError:  # the other end is closed
            pass
        assert process.wait(timeout=60) == 0
    os.close(ours)
    return written.decode()


def test_on_a_terminal_one_line_is_overwritten(tmp_path: Path) -> None:
    written = on_a_terminal("migrate", "--data", str(old_data(tmp_path, 1)))
    assert "002_facts.sql" in written
    assert written.count("\n") == 1
    assert written.endswith("\n")
    assert on_a_terminal("migrate", "--data", str(tmp_path)) == ""


def test_a_bar_is_drawn_twice_a_second_at_most(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int] = []
    monkeypatch.setattr("click._termui_impl.ProgressBar.render_progress", lambda bar: drawn.append(bar.pos))
    with ExitStack() as stack:
        bar = progress._Bar(stack, watch)
        for done in range(101):
            bar.show("copying", done, 100)
            watch.s += 0.01
    assert sorted(set(drawn)) == [0, 50, 100]
