"""The composition root: the only place where engines, the real clock and the faces meet."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Final

import msgspec
from starlette.applications import Starlette

from passerby import __version__
from passerby.access.door import Door
from passerby.access.passwords import fits
from passerby.access.strength import key_weakness, password_weakness
from passerby.base.clock import Clock
from passerby.base.errors import SettingsError, StoreError
from passerby.base.ids import OrgId
from passerby.base.progress import Progress, silent
from passerby.base.token import digest
from passerby.base.units import SECOND_MS
from passerby.config import Settings
from passerby.faces.api import Desk, api_routes
from passerby.faces.collector import Collector, Receive, Scope, Send
from passerby.faces.dashboard import Office, dashboard_routes, page_beside
from passerby.faces.errors import error_handlers
from passerby.faces.health import health_routes
from passerby.front import Front, Limits
from passerby.host import (
    RandomIds,
    SystemClock,
    give_large_memory_back,
    new_api_key,
    new_org_name,
    new_password,
    new_secret,
    new_signing_secret,
    new_token,
)
from passerby.ingest.choosing import keep_first_version
from passerby.ingest.pace import Pace
from passerby.ingest.pipeline import Pipeline
from passerby.jobs.courier import Courier
from passerby.jobs.teller import Teller
from passerby.jobs.work import PLACINGS, work_of, workers_of
from passerby.jobs.worker import Worker
from passerby.model.member import ADMIN
from passerby.model.org import Org
from passerby.observe.counters import Counters
from passerby.observe.requests import App, RequestLog
from passerby.store.contract import Key, Store, Transaction
from passerby.store.memory import MemoryStore
from passerby.store.sqlite import SqliteStore

MEMORY: Final = ":memory:"
DATABASE: Final = "passerby.db"
HELD_COUNTED_MAX: Final = 1000
"""So many devices that are being placed again are counted for `/metrics` at most."""


class Service(msgspec.Struct, frozen=True):
    """A composed service. `new_key` and `new_password` are what was made at this start, if it was.

    Whoever is about to stop it sets `leaving` first, so that answers without end (the live page's) end.
    """

    app: App
    store: Store
    org: OrgId
    new_key: str | None
    new_password: str | None
    clock: Clock
    workers: tuple[Worker | Teller, ...]
    leaving: threading.Event
    counters: Counters
    metrics_port: int
    front: Front

    def start(self) -> None:
        """Let the workers begin with what is due. SettingsError if the port for metrics is taken."""
        if self.metrics_port:
            try:
                self.counters.serve(self.metrics_port)
            except OSError as error:
                told = f"cannot listen on 127.0.0.1:{self.metrics_port} ({error.strerror}); see --metrics-port"
                raise SettingsError(told) from error
        for worker in self.workers:
            worker.start()

    def close(self) -> None:
        """Stop the workers, then the store. Idempotent."""
        for worker in self.workers:
            worker.close()
        self.store.close()


class Application:
    """Sends `/rec/*` and `/s/*` to the collector and the rest to Starlette, where leading slashes are one (AP-20)."""

    def __init__(self, collector: Collector, rest: Starlette) -> None:
        self._collector = collector
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection of ASGI."""
        if scope["type"] == "http" and scope["path"].startswith(("/rec/", "/s/")):
            await self._collector(scope, receive, send)
        else:
            if scope["type"] == "http" and scope["path"].startswith("//"):
                scope["path"] = "/" + scope["path"].lstrip("/")
            await self._rest(scope, receive, send)


def open_store(data: str, *, for_service: bool = False, progress: Progress = silent) -> Store:
    """The engine that `data` asks for; `for_service`: nobody else may serve it. StoreError if it cannot be opened.

    `progress` is told how far data of an older version are with being brought up to date.
    """
    if data == MEMORY:
        return MemoryStore()
    directory = Path(data)
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StoreError(f"cannot use {data} as a directory for data ({error.strerror})") from error
    return SqliteStore(directory / DATABASE, for_service=for_service, progress=progress)


class Workplace(msgspec.Struct, frozen=True):
    """What a command works with beside a service, or without one."""

    store: Store
    org: Org
    clock: SystemClock
    ids: RandomIds

    def new_key(self) -> str:
        """A fresh API key."""
        return new_api_key()

    def new_signing_secret(self) -> str:
        """A fresh secret that signs uids."""
        return new_signing_secret()


@contextmanager
def workplace(settings: Settings) -> Iterator[Workplace]:
    """The data of these settings and the org they name, or the first. StoreError if there is none."""
    store = open_store(settings.data)
    try:
        with store.read() as reader:
            named = settings.org or next(iter(reader.orgs()), "")
            org = reader.org(OrgId(named))
        if org is None:
            raise StoreError("there is no such org in these data: start the service once, or name another with --org")
        yield Workplace(store, org, SystemClock(), RandomIds())
    finally:
        store.close()


def compose(settings: Settings, progress: Progress = silent) -> Service:
    """Open the store, see that an org and a key are there, and put the faces on it.

    `progress` is told as by `open_store`. SettingsError if the key or the password of the settings is one that others
    would guess.
    """
    _refuse_weak(settings)
    give_large_memory_back()
    store = open_store(settings.data, for_service=True, progress=progress)
    try:
        return _composed(settings, store)
    except BaseException:
        store.close()
        raise


def _count_held(store: Store) -> int:
    with store.read() as reader:
        return reader.count_held(HELD_COUNTED_MAX)


def _composed(settings: Settings, store: Store) -> Service:
    clock, ids, counters = SystemClock(), RandomIds(), Counters()
    org, new_key = _found_org(store, settings, clock.now_ms())
    base = settings.public_url or f"http://{settings.host}:{settings.port}"
    courier = Courier(private_hosts=settings.webhook_private_hosts)
    teller = Teller(store, clock, courier, base)
    work = work_of(store, clock, ids, settings.scrub_delay_s * SECOND_MS, teller.wake)
    working = workers_of(store, clock, work)
    workers: tuple[Worker | Teller, ...] = (*working, teller)
    hearing: tuple[Worker | Teller, ...] = (teller, *(worker for worker in working if worker.name == PLACINGS))

    def wake_hearing() -> None:
        for worker in hearing:
            worker.wake()

    pace = Pace(settings.bundles_per_second_per_device, settings.bundles_per_second_per_org)
    pipeline = Pipeline(store, clock, counters, wake_hearing, pace)
    collector = Collector(pipeline, store, _scripts(), counters)
    door = Door(store, clock, new_token)
    made = _found_admin(store, door, org, settings)

    def wake() -> None:
        for worker in workers:
            worker.wake()

    desk = Desk(store, clock, ids, wake, settings.public_url)
    api = api_routes(desk, settings.api_requests_per_second)
    leaving = threading.Event()
    office = Office(
        store, clock, door, ids, wake, counters.refusals, new_api_key, new_password, leaving.is_set,
        settings.public_url, new_signing_secret,
    )  # fmt: skip
    routes = [*api, *dashboard_routes(office), *health_routes(store, clock, counters, __version__, leaving.is_set)]
    counters.watch(__version__, store.sizes, partial(_count_held, store))
    store.watch_commits(counters.observe_commit)
    app: App = Application(collector, Starlette(routes=routes, exception_handlers=error_handlers(page_beside())))
    if settings.log_requests:
        app = RequestLog(app, routes)
    front = Front(_limits(settings), counters.count_refusal)
    return Service(app, store, org, new_key, made, clock, workers, leaving, counters, settings.metrics_port, front)


def _refuse_weak(settings: Settings) -> None:
    """A text that somebody chose opens everything to whoever guesses it; what is made here cannot be guessed (OP-8)."""
    found = {
        "api_key": settings.api_key and key_weakness(settings.api_key),
        "password": settings.password and password_weakness(settings.password, ADMIN, settings.org),
    }
    for name, why in found.items():
        if why:
            raise SettingsError(f"{name}: {why}; choose another, or leave it out and one is made")


def _limits(settings: Settings) -> Limits:
    return Limits(
        connections_max=settings.connections,
        connections_per_address_max=settings.connections_per_address,
        requests_per_second_per_address=settings.requests_per_second_per_address,
        trusted_proxies=tuple(one for part in settings.trusted_proxies.split(",") if (one := part.strip())),
    )


def _found_org(store: Store, settings: Settings, now_ms: int) -> tuple[OrgId, str | None]:
    with store.read() as reader:
        known = reader.orgs()
        wanted = OrgId(settings.org or (known[0] if known else new_org_name()))
        is_new = wanted not in known
        has_key = bool(settings.api_key) and reader.key(digest(settings.api_key)) is not None
    key = settings.api_key or (new_api_key() if is_new else "")

    def found(transaction: Transaction) -> None:
        if is_new:
            transaction.add_org(Org(wanted, new_secret()))
        for name in transaction.orgs():
            keep_first_version(transaction, name, now_ms)
        if key and not has_key:
            transaction.add_key(Key(digest(key), wanted, "admin", "first", now_ms))

    store.submit(found).result()
    return wanted, None if settings.api_key else key or None


def _found_admin(store: Store, door: Door, org: OrgId, settings: Settings) -> str | None:
    """See that the member `admin` is there, with the password of the settings if they give one."""
    with store.read() as reader:
        admin = reader.member(org, ADMIN)
    password = settings.password or (new_password() if admin is None else "")
    if password and not fits(password, admin.password_hash if admin else None):
        door.put_member(org, ADMIN, ADMIN, password)
    return None if settings.password else password or None


def _scripts() -> Mapping[str, bytes]:
    """The built SDK files; none when the SDK was not built."""
    assets = files("passerby.faces").joinpath("assets")
    if not assets.is_dir():
        return {}
    return {entry.name: entry.read_bytes() for entry in assets.iterdir() if entry.name.endswith(".js")}
