"""How SQLite goes about the named statements: what a request waits for must not grow with the whole org."""

from __future__ import annotations

import re
import sqlite3

import pytest

from passerby.store.contract import PersonFilter
from passerby.store.sqlite import SqliteStore
from passerby.store.sqlite.reader import _conditions
from passerby.store.sqlite.statements import SQL

WHOLE = {
    "all_pieces": "a rebuild reads everything",
    "count_pieces": "so does it to tell how much that is",
    "count_sessions": "a count is one",
    "remove_receipts": "an erasure may take its time",
    "org_names": "orgs are few",
    "count_held_of": "devices that are being placed again are few",
    "keys": "keys are few",
    "secrets": "secrets are few",
    "members": "members are few",
    "admissions": "admissions are few",
    "dismiss_member": "admissions are few",
    "dismiss_from_sessions_of": "admissions are few",
}
"""Statements that may look at all of an org, and why."""
ORDERED = {
    "recent_sessions": "in the order of an index, up to a limit",
    "people_after": "in the order of the key, up to a limit",
    "first_part": "any row, and stops",
    "count_held": "any rows, up to a limit",
    "last_row": "from the last row back to one of the org",
}
"""Statements that begin at one end of an org and stop."""
IN_PARTS = ("pieces_after", "marks_of_session", "last_marks_of_session", "weights_of_session")
"""Statements that are asked again and again for the next part."""


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> sqlite3.Connection:
    path = tmp_path_factory.mktemp("plans") / "passerby.db"
    SqliteStore(path).close()
    return sqlite3.connect(path)


def plan(db: sqlite3.Connection, sql: str) -> list[str]:
    numbers = [int(number) for number in re.findall(r"\?(\d+)", sql)]
    count = max(numbers) if numbers else sql.count("?")
    return [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {sql}", (None,) * count)]


def wide(steps: list[str]) -> list[str]:
    """Steps that look at all rows of a table, or at all of an org's."""
    return [
        step
        for step in steps
        if re.match(r"SCAN (?!CONSTANT|\(subquery)", step) or re.match(r"SEARCH .*\(org=\?\)$", step)
    ]


NAMES = sorted(name for name in vars(SQL) if name not in {*WHOLE, *ORDERED} and not name.startswith("forget_"))


@pytest.mark.parametrize("name", NAMES)
def test_a_statement_looks_only_at_what_it_is_about(db: sqlite3.Connection, name: str) -> None:
    assert wide(plan(db, getattr(SQL, name))) == []


@pytest.mark.parametrize("name", sorted({*ORDERED, *IN_PARTS}))
def test_a_statement_up_to_a_limit_sorts_nothing(db: sqlite3.Connection, name: str) -> None:
    steps = plan(db, getattr(SQL, name))
    assert not [step for step in steps if "TEMP B-TREE" in step], steps


@pytest.mark.parametrize(
    "wanted",
    [
        PersonFilter(),
        PersonFilter(uid="u"),
        PersonFilter(email="e"),
        PersonFilter(display_name="n"),
        PersonFilter(identified=True),
        PersonFilter(prefix="u"),
        PersonFilter(having=("plan", ("pro",))),
    ],
)
def test_a_list_of_people_is_read_in_its_order(db: sqlite3.Connection, wanted: PersonFilter) -> None:
    where, values = _conditions(wanted, 1)
    sql = f"SELECT id FROM people WHERE org = ?{where} ORDER BY last_at_ms DESC, id LIMIT ?"
    steps = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {sql}", (1, *values, 10))]
    assert [step for step in wide(steps) if "people_" not in step and step != "SCAN p"] == [], steps
    if wanted.prefix is None and wanted.having is None:
        assert not any("TEMP B-TREE" in step for step in steps), steps
