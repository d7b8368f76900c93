"""`passerby why`: prints what made a session whose it is (AT-5)."""

from __future__ import annotations

import click

from passerby.base.errors import SettingsError
from passerby.boot import Workplace
from passerby.query.sessions import some_happenings
from passerby.query.why import EXPLAINED_MAX, Cited, why_session
from passerby.store.people import find_session
from passerby.wire.instants import iso_text


def explain(place: Workplace, name: str) -> None:
    """Print why the session of that name (AP-17) is where it is. SettingsError if there is none."""
    with place.store.read() as reader:
        session = find_session(reader, place.org.id, name)
        if session is None:
            raise SettingsError("no such session here: give it as <device>:<session>, or give the address of its page")
        found = some_happenings(reader, place.org.id, session.id, 0, EXPLAINED_MAX)
        why = why_session(reader, place.org, session, found, place.clock.now_ms())
    click.echo(f"Session  {why.session}\nDevice   {why.device}\nUser     {why.uid or 'nobody known'}\n")
    for reason in why.reasons:
        click.echo(f"  {reason.rule:<7} {reason.statement}")
        if reason.cited:
            click.echo(f"  {'':<7} {_told(reason.cited)}")


def _told(cited: Cited) -> str:
    at = iso_text(cited.at_ms)
    return f"{cited.call} n={cited.n} on page {cited.page}, {at}, by {cited.sdk or 'an unnamed SDK'}"
