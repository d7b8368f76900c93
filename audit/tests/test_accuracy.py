"""How right the linter is on whole apps, measured as bench/audit_accuracy.py prints it."""

from __future__ import annotations

import pytest

from bench.audit_accuracy import score


@pytest.mark.parametrize("part", ["tuned", "held"])
def test_precision_and_recall_on_the_corpus_hold(part: str) -> None:
    measured = score(part)
    assert measured.precision >= 0.95, measured.wrong
    assert measured.recall >= 0.90, measured.missed


def test_the_corpus_holds_forty_apps_in_all_languages() -> None:
    assert score("tuned").apps + score("held").apps >= 40
