"""`passerby migrate`, `backup`, `restore` and `check`, as an operator meets them, most of them beside a service."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import httpx

from passerby.store.sqlite.migration import MIGRATIONS
from tests.held import hold
from tests.running import RunningService, clean_environment, running_service
from tests.worlds import opened

RELEASED = Path(__file__).parents[1] / "store" / "released"
ANEW = "Making sessions, properties and people anew"


def passerby(*line: str | Path, code: int = 0) -> str:
    """What a command says."""
    told = subprocess.run(
        [sys.executable, "-m", "passerby", *map(str, line)],
        env=clean_environment(), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert told.returncode == code, told.stderr
    return told.stdout + told.stderr


def old_data(folder: Path, schema: int = 2) -> Path:
    """A data folder with a file of an older schema."""
    folder.mkdir(exist_ok=True)
    with closing(sqlite3.connect(folder / "passerby.db")) as old:
        old.executescript((RELEASED / f"schema{schema}.sql").read_text())
    return folder


def send(service: RunningService, number: int, uid: str = "") -> None:
    ids = {
        name: f"{number:08d}-{digit}000-4000-8000-000000000000"
        for name, digit in zip(("device", "session", "page"), "123", strict=True)
    }
    op = {"op": "identify", "n": 1, "t": 2_000, "uid": uid} if uid else {"op": "event", "n": 1, "t": 1_000, "name": "x"}
    body = {"v": 1, "org": service.org, **ids, "started": 0, "sent": 2_000, "ops": [op]}
    assert httpx.post(f"{service.base}/rec/bundle", content=json.dumps(body)).status_code == 200


def pieces(path: Path) -> int:
    with closing(sqlite3.connect(path)) as db:
        count: int = db.execute("SELECT count(*) FROM pieces").fetchone()[0]
        return count


def test_a_backup_of_a_service_at_work_is_put_back_on_another_machine(tmp_path: Path) -> None:
    data, copies, other = tmp_path / "data", tmp_path / "copies", tmp_path / "other"
    copies.mkdir()
    with running_service(data, "--log", "off", org="o1") as service:
        for number in range(5):
            send(service, number)
        copy = Path(passerby("backup", copies, "--data", data).strip())
        send(service, 9)
        assert passerby("check", "--data", data) == "All is well.\n"
        assert "in use by process" in passerby("restore", copy, "--replace", "--data", data, code=2)
        assert "in use by process" in passerby("serve", "--port", "0", "--data", data, code=2)
        assert "in use by process" in passerby("rebuild", "--data", data, code=2)
    assert copy.parent == copies
    assert "erase them again" in passerby("restore", copy, "--data", other)
    assert pieces(other / "passerby.db") == 5
    assert passerby("check", "--data", other) == "All is well.\n"
    with running_service(other, "--log", "off") as service:
        assert service.org == "o1"
    assert "--replace" in passerby("restore", copy, "--data", data, code=2)
    assert "What was there is in" in passerby("restore", copy, "--replace", "--data", data)
    assert pieces(data / "passerby.db") == 5
    (aside,) = data.glob("replaced-*/passerby.db")
    assert pieces(aside) == 6


def test_a_stop_by_signal_leaves_one_whole_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running_service(data, "--log", "off", org="o1") as service:
        send(service, 1)
        assert (data / "passerby.db-wal").stat().st_size > 0
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(timeout=20) == 0
    assert sorted(entry.name for entry in data.iterdir()) == ["passerby.db", "passerby.lock"]
    assert {entry.stat().st_mode & 0o077 for entry in (data, *data.iterdir())} == {0}
    assert pieces(data / "passerby.db") == 1


def test_nobody_else_may_read_anything_that_a_service_writes(tmp_path: Path) -> None:
    data = tmp_path / "deep" / "data"
    with running_service(data, "--log", "off", "--tls"):
        made = [entry for entry in data.rglob("*") if entry.is_file()]
        assert {"passerby.db", "key.pem", "cert.pem", "ca.pem"} <= {entry.name for entry in made}
        assert {entry.name for entry in made if entry.stat().st_mode & 0o077} == set()
    assert {folder.stat().st_mode & 0o077 for folder in (data.parent, data, data / "tls")} == {0}


def test_an_older_file_is_migrated_by_hand_or_at_the_next_start(tmp_path: Path) -> None:
    by_hand, at_a_start = old_data(tmp_path / "by hand"), old_data(tmp_path / "at a start")
    assert passerby("migrate", "--data", by_hand).startswith("Schema 2 → ")
    assert passerby("migrate", "--data", by_hand).endswith(": up to date.\n")
    with running_service(at_a_start, "--log", "off") as service:
        assert service.org == "o1"
        assert ".sql" not in service.welcome
    assert passerby("check", "--data", at_a_start) == "All is well.\n"
    assert "there is no database" in passerby("migrate", "--data", tmp_path, code=2)


def test_what_is_done_to_an_older_file_is_told_meanwhile(tmp_path: Path) -> None:
    wanted = ["Copying", "Looking through the copy", *(one.name for one in MIGRATIONS if one.number > 2), ANEW]
    told = passerby("migrate", "--data", old_data(tmp_path / "by hand")).splitlines()
    assert [line for line in told if "%" not in line][1:] == wanted
    with running_service(old_data(tmp_path / "json"), "--log", "json") as service:
        logged = [json.loads(line) for line in service.welcome.splitlines() if line.startswith("{")]
    assert [line["message"] for line in logged if "%" not in line["message"]] == wanted
    with running_service(old_data(tmp_path / "text"), "--log", "text") as service:
        assert [line for line in service.welcome.splitlines() if line in wanted] == wanted


def test_a_check_that_finds_something_says_what_and_fails(tmp_path: Path) -> None:
    with running_service(tmp_path, "--log", "off", org="o1") as service:
        send(service, 1)
    with closing(sqlite3.connect(tmp_path / "passerby.db")) as db:
        db.execute("DELETE FROM sessions")
        db.commit()
    assert "1 × a piece has no session: see passerby rebuild" in passerby("check", "--data", tmp_path, code=1)
    passerby("rebuild", "--data", tmp_path)
    assert passerby("check", "--data", tmp_path) == "All is well.\n"


def test_who_was_erased_since_the_backup_is_erased_again_by_its_restore(tmp_path: Path) -> None:
    data, copy = tmp_path / "data", tmp_path / "copy.db"
    with running_service(data, "--log", "off", org="o1") as service:
        for number, uid in enumerate(("ann", "bo", "cy", "dee")):
            send(service, number, uid)
        send(service, 7)
        passerby("user", "erase", "cy", "--yes", "--data", data)
        passerby("user", "erase", "dee", "--yes", "--data", data)
        send(service, 8, "dee")  # is back
        assert '"dee"' in passerby("user", "export", "dee", "--data", data)
    passerby("backup", copy, "--data", data)
    passerby("user", "erase", "ann", "--yes", "--data", data)
    passerby("user", "erase", "dee", "--yes", "--data", data)
    assert "are erased again: 2." in passerby("restore", copy, "--replace", "--data", data)
    assert b'"ann"' not in (data / "passerby.db").read_bytes()
    assert b'"dee"' not in (data / "passerby.db").read_bytes()
    assert b'"bo"' in (data / "passerby.db").read_bytes()
    assert "no such user" in passerby("user", "export", "ann", "--data", data, code=2)
    assert '"bo"' in passerby("user", "export", "bo", "--data", data)
    assert passerby("check", "--data", data) == "All is well.\n"
    with running_service(data, "--log", "off", org="o1") as service:
        send(service, 0, "ann")  # what was made before stays away, as before the restore
    assert "no such user" in passerby("user", "export", "ann", "--data", data, code=2)


def test_where_nobody_can_say_who_was_erased_the_restore_says_so(tmp_path: Path) -> None:
    data, copy = tmp_path / "data", tmp_path / "copy.db"
    with running_service(data, "--log", "off", org="o1"):
        pass
    passerby("backup", copy, "--data", data)
    (data / "passerby.db").write_bytes(b"this was a database once" * 500)
    assert "erase them again" in passerby("restore", copy, "--replace", "--data", data)
    assert "erase them again" in passerby("restore", copy, "--data", tmp_path / "new")


def test_who_was_being_placed_again_in_the_backup_is_erased_again_too(tmp_path: Path) -> None:
    data, copy = tmp_path / "data", tmp_path / "copy.db"
    data.mkdir()
    store = opened("sqlite", data)
    hold(store, 1, "ann")
    store.close()
    passerby("backup", copy, "--data", data)
    passerby("user", "erase", "ann", "--yes", "--data", data)
    assert "are erased again: 1." in passerby("restore", copy, "--replace", "--data", data)
    assert b'"ann"' not in (data / "passerby.db").read_bytes()
    assert "no such user" in passerby("user", "export", "ann", "--data", data, code=2)
    assert passerby("check", "--data", data) == "All is well.\n"
