"""What is done to data besides serving them: brought up to date, copied, put back, looked through."""

from __future__ import annotations

import functools
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from passerby.base.errors import SettingsError, StoreError
from passerby.base.ids import DeviceId, OrgId
from passerby.base.progress import Progress
from passerby.boot import DATABASE, MEMORY, open_store
from passerby.host import RandomIds, SystemClock
from passerby.ingest import erasing, holding
from passerby.jobs.work import work_of
from passerby.jobs.worker import Worker
from passerby.model.marks import Marks
from passerby.model.org import Org
from passerby.query.contradictions import contradictions
from passerby.store.contract import Entry, Person, Reader, Transaction
from passerby.store.sqlite import checking, copying, files
from passerby.store.sqlite.checking import Finding as Finding

_AT_ONCE: Final = 1000


def database(data: str) -> Path:
    """The file of these data. SettingsError if they are in none."""
    if data == MEMORY:
        raise SettingsError("data in memory are in no file: name a directory with --data")
    return Path(data) / DATABASE


def schema(data: str) -> int:
    """The schema of the file of these data. StoreError if there is none, or it is not ours."""
    path = database(data)
    if not path.exists():
        raise StoreError(f"there is no database at {path}")
    with closing(files.connect(path)) as db:
        try:
            return files.schema_of(db, path.name)
        except sqlite3.Error as error:
            raise StoreError(f"cannot open {path.name}: {error}") from error


def migrate(data: str, progress: Progress) -> tuple[int, int]:
    """Bring these data to today's schema, under a lock; the schemas before and after."""
    before = schema(data)
    open_store(data, for_service=True, progress=progress).close()
    return before, schema(data)


def back_up(data: str, target: str, progress: Progress) -> Path:
    """Copy these data, whether they are served or not, into a new file: `target`, or one in it named by the time."""
    path, named = database(data), Path(target)
    if named.is_dir():
        named /= f"passerby-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.db"
    copying.back_up(path, named, progress)
    return named


class Restored(msgspec.Struct, frozen=True):
    """Where what was replaced is, if anything was, and how many users were erased again: None if that is not known."""

    aside: Path | None = None
    erased: int | None = None


def restore(data: str, source: Path, *, replace: bool, progress: Progress) -> Restored:
    """Put a copy of `source` in the place of these data, which must not be served.

    Who was erased in the data that are replaced is erased in the restored ones too, if those can be read (OP-10).
    """
    path = database(data)
    aside = path.with_name(f"replaced-{datetime.now(UTC):%Y%m%dT%H%M%SZ}") if replace and path.exists() else None
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StoreError(f"cannot use {data} as a directory for data ({error.strerror})") from error
    copying.restore(source, path, aside, progress)
    if aside is None:
        return Restored()
    try:
        marks = copying.entries_in(aside / DATABASE, erasing.MARK)
    except StoreError:
        return Restored(aside)
    return Restored(aside, sum(_erase_again(data, OrgId(org), found, progress) for org, found in marks.items()))


def _erase_again(data: str, name: OrgId, marks: Mapping[str, bytes], progress: Progress) -> int:
    """Erase whom one of `marks`, which tell when, is of; how many there were. The marks are kept as they were."""
    clock, ids, again = SystemClock(), RandomIds(), 0
    store = open_store(data, for_service=True, progress=progress)
    try:
        holding.work_off_all(store, clock.now_ms())
        with store.read() as reader:
            org = reader.org(name)
            new = {mark: body for mark, body in marks.items() if _is_new(reader.entry(name, erasing.MARK, mark), body)}
            known = list(_marked(reader, org, new)) if org else []
        if org is None:
            return 0
        for person in known:
            accept = functools.partial(erasing.accept, org=org, person=person, now_ms=clock.now_ms(), ids=ids)
            store.submit(accept).result()
            again += 1
        every = work_of(store, clock, ids)
        worker = Worker(store, clock, {kind: every[kind] for kind in (erasing.ERASING, erasing.SCRUBBING)}, "erasing")
        while worker.run_due():
            pass
        entries = [Entry(erasing.MARK, mark, body) for mark, body in new.items()]
        store.submit(functools.partial(_put, name=name, entries=entries)).result()
    finally:
        store.close()
    return again


def _is_new(known: Entry | None, body: bytes) -> bool:
    return known is None or msgspec.json.decode(known.body, type=int) < msgspec.json.decode(body, type=int)


def _marked(reader: Reader, org: Org, marks: Mapping[str, bytes]) -> Iterator[Person]:
    of, last = Marks(org.secret), None
    while people := reader.people_after(org.id, last, _AT_ONCE):
        for person in people:
            if (of.of_uid(person.uid) if person.uid else of.of_device(DeviceId(person.id))) in marks:
                yield person
        last = people[-1].id


def _put(transaction: Transaction, name: OrgId, entries: Sequence[Entry]) -> None:
    for entry in entries:
        transaction.put_entry(name, entry)


def check(data: str, progress: Progress) -> Iterator[Finding]:
    """What is wrong with these data, served or not; nothing if all is well."""
    well, read = True, 0

    def more(pieces: int) -> None:
        nonlocal read
        read += pieces
        progress("Reading", read, read)

    for found in checking.check(database(data)):
        well = False
        yield found
    if not well:
        return
    store = open_store(data)
    try:
        with store.read() as reader:
            broken = contradictions(reader, more)
    finally:
        store.close()
    yield from (Finding(what, count) for what, count in sorted(broken.items()))
