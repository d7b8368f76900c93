"""How a command shows how far long work is: one line that is overwritten on a terminal, else now and then a line."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from logging.config import dictConfig
from typing import Any, Final

import click

from passerby.base.progress import Progress, silent
from passerby.cli.logs import log_config, resolved

_LOG: Final = logging.getLogger("uvicorn.progress")
_AGAIN_S: Final = 0.5
_STEPS: Final = 10

Clock = Callable[[], float]


@contextmanager
def bar(now: Clock = time.monotonic) -> Iterator[Progress]:
    """A bar on a terminal, drawn anew twice a second at most; nothing off it."""
    with ExitStack() as stack:
        yield _Bar(stack, now).show if sys.stderr.isatty() else silent


@contextmanager
def bar_or_lines(now: Clock = time.monotonic) -> Iterator[Progress]:
    """A bar on a terminal; off it lines on stderr."""
    with bar(now) as progress:
        yield progress if progress is not silent else Lines(lambda line: click.echo(line, err=True), now).show


@contextmanager
def as_logged(style: str, now: Clock = time.monotonic) -> Iterator[Progress]:
    """As a service that logs in this style of the settings tells it: in JSON as lines of its log."""
    style = resolved(style)
    if style == "text":
        with bar_or_lines(now) as progress:
            yield progress
    elif style == "json":
        dictConfig(log_config(style))
        yield Lines(_LOG.info, now).show
    else:
        yield silent


class _Bar:
    """One bar, which is made when something is told; each thing that is done has it to itself in turn."""

    def __init__(self, stack: ExitStack, now: Clock) -> None:
        self._stack = stack
        self._now = now
        self._bar: Any = None
        self._shown_at = 0.0

    def show(self, what: str, done: int, of: int) -> None:
        """See `Progress`."""
        if self._bar is None:
            self._bar = self._stack.enter_context(click.progressbar(length=of, file=sys.stderr, show_eta=False))
        elif what == self._bar.label and done < of and self._now() < self._shown_at + _AGAIN_S:
            return
        self._bar.label, self._bar.length, self._bar.pos = what, of, done
        self._shown_at = self._now()
        with suppress(OSError):  # nobody reads it any longer, and the work goes on
            self._bar.render_progress()


class Lines:
    """A line for each thing that is done, and one at a tenth more of it; of one thing two a second at most."""

    def __init__(self, say: Callable[[str], object], now: Clock) -> None:
        self._say = say
        self._now = now
        self._what = ""
        self._step = 0
        self._said_at = 0.0

    def show(self, what: str, done: int, of: int) -> None:
        """See `Progress`."""
        step = done * _STEPS // of if of else 0
        if what != self._what:
            self._tell(what, what, step)
        elif step > self._step and self._now() >= self._said_at + _AGAIN_S:
            self._tell(f"{what}: {step * 100 // _STEPS} %", what, step)

    def _tell(self, line: str, what: str, step: int) -> None:
        self._what, self._step, self._said_at = what, step, self._now()
        with suppress(OSError):  # as above
            self._say(line)
