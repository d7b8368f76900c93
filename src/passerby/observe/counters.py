"""Counters, in Prometheus' form; each refusal and outcome is counted by its code (RE-3)."""

from __future__ import annotations

import functools
from collections import Counter as CountOf
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
    start_http_server,
)

from passerby.model.outcome import Outcome

TEXT: Final = "text/plain; version=0.0.4; charset=utf-8"
"""The media type of `Counters.text`."""


class Counters:
    """The counts of one service since it started."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._operations = Counter("passerby_operations", "Operations by outcome", ["outcome"], registry=self._registry)
        self._refusals = Counter(
            "passerby_refused_bundles", "Bundles refused as a whole, by code", ["code"], registry=self._registry
        )
        self._notes = Counter(
            "passerby_notes", "Parts of operations left out, by code", ["code"], registry=self._registry
        )
        self._seconds = Histogram(
            "passerby_bundle_seconds", "From a bundle's last byte to its reply", registry=self._registry
        )
        self._commits = Histogram(
            "passerby_commit_seconds", "How long whatever else is written waits for a commit", registry=self._registry
        )

    def watch(self, version: str, sizes: Callable[[], Mapping[str, int]], held: Callable[[], int]) -> None:
        """Show the version too, and what is asked for anew each time.

        That is how large things are, in bytes, by name, and how many devices are being placed again (AT-2.3).
        """
        Gauge("passerby_build", "Always 1", ["version"], registry=self._registry).labels(version).set(1)
        for name in sizes():
            gauge = Gauge(f"passerby_{name}_bytes", f"Bytes: {name.replace('_', ' ')}", registry=self._registry)
            gauge.set_function(functools.partial(_size, sizes, name))

        placing = Gauge("passerby_devices_being_placed", "Devices placed again just now", registry=self._registry)
        placing.set_function(held)

    def serve(self, port: int) -> None:
        """Answer `/metrics` to this machine alone, on a port of its own, as long as the process lives.

        OSError if the port is taken.
        """
        start_http_server(port, "127.0.0.1", self._registry)

    def count_operations(self, outcomes: Iterable[Outcome]) -> None:
        """Count what became of a bundle's operations."""
        for code, count in CountOf(outcome.value for outcome in outcomes).items():
            self._operations.labels(code).inc(count)

    def count_notes(self, notes: Iterable[tuple[str, int]]) -> None:
        """Count what was left out of operations: codes, and how often each."""
        for code, count in notes:
            self._notes.labels(code).inc(count)

    def count_refusal(self, code: str) -> None:
        """Count a bundle refused as a whole."""
        self._refusals.labels(code).inc()

    def observe_bundle(self, seconds: float) -> None:
        """Take in how long a bundle took."""
        self._seconds.observe(seconds)

    def observe_commit(self, seconds: float) -> None:
        """Take in how long all others who write waited for a commit."""
        self._commits.observe(seconds)

    def refusals(self) -> dict[str, int]:
        """The refused bundles so far, by code."""
        return {
            sample.labels["code"]: int(sample.value)
            for metric in self._refusals.collect()
            for sample in metric.samples
            if sample.name.endswith("_total")
        }

    def text(self) -> bytes:
        """Everything, in Prometheus' text format."""
        return generate_latest(self._registry)


def _size(sizes: Callable[[], Mapping[str, int]], name: str) -> float:
    return sizes()[name]
