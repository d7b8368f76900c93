"""`passerby user`: what is held about one user, and how it is forgotten (PV-2)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from passerby import boot
from passerby.base.errors import Refusal
from passerby.boot import Workplace
from passerby.cli.asking import CONFIG, DATA, ORG, guard, settings_of
from passerby.ingest import erasing
from passerby.jobs.work import work_of
from passerby.jobs.worker import Worker
from passerby.model.erasure import ErasureReceipt
from passerby.query.dossier import dossier
from passerby.store.contract import Person, Reader
from passerby.store.people import find_person, held_person, known_by_uid, missing


@click.group("user")
def user() -> None:
    """Export or erase what is held about one user."""


@user.command("export")
@click.argument("uid", required=False)
@click.option("--id", "name", help="The user's id, in place of the uid.")
@DATA
@ORG
@CONFIG
def export(uid: str | None, name: str | None, config: Path | None, **flags: Any) -> None:
    """Write everything held about a user as one JSON document. One that breaks off ends with exit code 2."""

    def work() -> None:
        with boot.workplace(settings_of(flags, config)) as place:
            org, store = place.org, place.store
            with store.read() as reader:
                person = _person(reader, place, uid, name)
            for chunk in dossier(store.read, org.id, person, erasing.going(org), is_indented=True):
                click.echo(chunk, nl=False)
            click.echo()

    guard(work)


@user.command("erase")
@click.argument("uid", required=False)
@click.option("--id", "name", help="The user's id, in place of the uid.")
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@DATA
@ORG
@CONFIG
def erase(uid: str | None, name: str | None, dry_run: bool, yes: bool, config: Path | None, **flags: Any) -> None:
    """Erase a user for good, and print the receipt."""

    def work() -> None:
        with boot.workplace(settings_of(flags, config)) as place:
            person = _person_or_held(place, uid, name)
            with place.store.read() as reader:
                would = erasing.counted(reader, place.org.id, person)
                is_less = person.uid is not None and reader.count_held_of(place.org.id, person.uid, 1) > 0
            _say("Would remove" if dry_run else "Removing", would)
            if is_less:
                click.echo("So much shows. Some of their devices are being placed again, and go too.")
            if dry_run or not (yes or click.confirm("Erase this user for good?")):
                return
            _erase(place, person)

    guard(work)


def _erase(place: Workplace, person: Person) -> None:
    def accept(transaction: Any) -> str:
        return erasing.accept(transaction, place.org, person, place.clock.now_ms(), place.ids)

    name = place.store.submit(accept).result()
    every = work_of(place.store, place.clock, place.ids)
    wanted = {kind: every[kind] for kind in (erasing.ERASING, erasing.SCRUBBING)}
    worker = Worker(place.store, place.clock, wanted, "erasing")
    while worker.run_due():
        pass
    with place.store.read() as reader:
        receipt = erasing.receipt_of(reader, place.org.id, name)
    if receipt.erased_at_ms is None:
        raise Refusal(
            "unavailable", "the user is gone from the tables, but the files could not be rewritten: try again"
        )
    _say(f"Erased. Receipt {receipt.id}:", receipt)


def _say(what: str, receipt: ErasureReceipt) -> None:
    counts = ("devices", "sessions", "pieces", "operations", "properties", "records")
    click.echo(f"{what} " + ", ".join(f"{getattr(receipt, name)} {name}" for name in counts))


def _person(reader: Reader, place: Workplace, uid: str | None, name: str | None) -> Person:
    if (uid is None) == (name is None):
        raise Refusal("invalid_argument", "name the user by a uid or by --id")
    org = place.org.id
    person = find_person(reader, org, name) if name is not None else known_by_uid(reader, org, uid or "")
    if person is None:
        raise missing(reader, org, name or uid or "")
    return person


def _person_or_held(place: Workplace, uid: str | None, name: str | None) -> Person:
    """The person, though all of them is being placed again just now (AT-2.3)."""
    try:
        with place.store.read() as reader:
            return _person(reader, place, uid, name)
    except Refusal as refusal:
        held = place.store.submit(lambda t: held_person(t, place.org.id, name or uid or "")).result()
        if held is None:
            raise refusal
        return held
