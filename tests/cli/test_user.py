"""`passerby user` (PV-2)."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from passerby.cli.commands import main
from passerby.ingest import erasing
from passerby.ingest.reports import report_user
from passerby.store.contract import PersonFilter
from passerby.store.sqlite import SqliteStore
from passerby.wire.reports import UserRequest
from tests.held import device_of, hold
from tests.worlds import NOW_MS, ORG, CountedIds, opened


@pytest.fixture
def data(tmp_path: Path) -> Path:
    store, ids = opened("sqlite", tmp_path), CountedIds()
    for uid in ("gone", "stays"):
        request = UserRequest(uid=uid, email=f"{uid}@example.com")
        store.submit(lambda t, request=request: report_user(t, ORG, request, None, NOW_MS, ids)).result()
    store.close()
    return tmp_path


def passerby(*arguments: str, answer: str = "") -> tuple[int, str]:
    done = CliRunner().invoke(main, arguments, input=answer, env={"PASSERBY_ORG": "", "PASSERBY_DATA": None})
    return done.exit_code, done.output


def uids(data: Path) -> set[str | None]:
    store = SqliteStore(data / "passerby.db")
    with store.read() as reader:
        found = {person.uid for person in reader.people(ORG.id, PersonFilter(), None, 9)}
    store.close()
    return found


def test_an_export_is_one_json_document(data: Path) -> None:
    code, told = passerby("user", "export", "gone", "--data", str(data))
    assert code == 0
    assert told == json.dumps(found := json.loads(told), indent=2) + "\n"
    assert found["user"]["email"] == "gone@example.com"


def test_an_export_that_breaks_off_ends_with_a_code(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = itertools.count()
    monkeypatch.setattr(erasing, "is_erased_device", lambda *_: next(asked) > 3)
    code, told = passerby("user", "export", "gone", "--data", str(data))
    assert (code, told.splitlines()[-1]) == (2, "passerby: this user is being erased")
    with pytest.raises(json.JSONDecodeError):
        json.loads(told)


def test_a_dry_run_counts_and_removes_nothing(data: Path) -> None:
    code, told = passerby("user", "erase", "gone", "--dry-run", "--data", str(data))
    assert (code, told) == (
        0,
        "Would remove 1 devices, 0 sessions, 1 pieces, 1 operations, 1 properties, 0 records\n",
    )
    assert uids(data) == {"gone", "stays"}


def test_an_erasure_prints_its_receipt_and_leaves_no_byte(data: Path) -> None:
    code, told = passerby("user", "erase", "gone", "--yes", "--data", str(data))
    assert code == 0
    assert "Erased. Receipt" in told
    assert "1 devices, 0 sessions, 1 pieces, 1 operations, 1 properties" in told
    assert uids(data) == {"stays"}
    assert not [path for path in data.iterdir() if path.is_file() and b"gone" in path.read_bytes()]


def test_an_erasure_that_is_not_confirmed_removes_nothing(data: Path) -> None:
    passerby("user", "erase", "gone", "--data", str(data), answer="n\n")
    assert uids(data) == {"gone", "stays"}


def test_a_user_is_named_by_uid_or_by_id_and_must_be_there(data: Path) -> None:
    assert passerby("user", "erase", "--data", str(data))[0] == 2
    assert passerby("user", "export", "nobody", "--data", str(data)) == (2, "passerby: no such user\n")


def test_somebody_who_is_placed_again_is_not_exported_yet_and_erased_all_the_same(data: Path) -> None:
    store = SqliteStore(data / "passerby.db")
    hold(store, 1, "held")
    store.close()
    code, told = passerby("user", "export", "held", "--data", str(data))
    assert (code, "being placed again" in told) == (2, True)
    for line in (["held"], ["--id", device_of(1)]):
        code, told = passerby("user", "erase", *line, "--dry-run", "--data", str(data))
        assert (code, "are being placed again, and go too" in told) == (0, True)
    code, told = passerby("user", "erase", "held", "--yes", "--data", str(data))
    assert code == 0, told
    assert uids(data) >= {"gone", "stays"}
    assert "held" not in uids(data)
    assert b'"uid":"held"' not in (data / "passerby.db").read_bytes()
