"""A house to break into: one service with two orgs, everything in the first marked, and all who may come to a door."""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import sqlite3
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Final, get_args
from urllib.parse import quote

import msgspec
from starlette.applications import Starlette

from passerby.access.door import form_mark
from passerby.access.passwords import password_hash
from passerby.base.ids import OrgId, SessionId
from passerby.base.token import digest
from passerby.boot import DATABASE, Service, compose
from passerby.config import Settings
from passerby.faces.dashboard.desk import COOKIE
from passerby.model.member import GUEST, Admission, Member, Role
from passerby.model.org import Org
from passerby.store.contract import Key
from tests.attacks.asking import Answer, Header, ask
from tests.attacks.doors import MARK, Door

ATTACKED: Final = OrgId("attacked")
OTHER: Final = OrgId("other")
ROLES: Final = tuple(role for role in get_args(Role) if role != GUEST)
SCOPES: Final = ("capture", "read", "admin")
_HOUR_MS: Final = 3_600_000
_PASSWORD: Final = "staple horse battery 4711"
_WAITS_S: Final = 20
_OWN_PAGE: Final = ("sec-fetch-site", "same-origin")


class Caller(msgspec.Struct, frozen=True):
    """Somebody at a door: `headers` is what they show, `mark` what their forms carry."""

    name: str
    headers: tuple[Header, ...] = ()
    mark: str = ""
    token: str = ""


class House:
    """The service, and what may be asked of it. `close` ends it."""

    def __init__(self, data: Path) -> None:
        self._counting = itertools.count(1)
        self._loop = asyncio.Runner()
        self._file = data / DATABASE
        self.first_key = "key-of-the-attacked-org-0001"
        self.service: Service = compose(
            Settings(data=str(data), org=ATTACKED, api_key=self.first_key, password=_PASSWORD)
        )
        self._write(lambda transaction: transaction.add_org(Org(OTHER, b"o" * 32)))
        self.hash = password_hash(_PASSWORD)
        self.service.start()
        self.sessions = [self._visited(n) for n in range(2)]
        self.names = self._filled()

    def close(self) -> None:
        """End the service."""
        self.service.close()
        self._loop.close()

    def ask(
        self, method: str, target: str, caller: Caller, door: Door | None = None, from_: Header = _OWN_PAGE
    ) -> Answer:
        """One request by that caller, as one of our own pages would make it, from an address of its own."""
        kind, body = door.content(caller.mark) if door is not None and method != "GET" else ("application/json", b"")
        for name in ("digest", "share", "annotation"):
            body = body.replace(b"%%7B%s%%7D" % name.encode(), self.names[name].encode())
        target += door.query if door is not None else ""
        headers = [*caller.headers, from_, ("content-type", kind), ("content-length", str(len(body)))]
        return self.raw(method, target, headers, body)

    def raw(self, method: str, target: str, headers: list[Header], body: bytes = b"") -> Answer:
        """One request with these headers and no other, from an address of its own."""
        n = next(self._counting)
        return self._ask(method, target, headers, body, f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}")

    def _ask(
        self, method: str, target: str, headers: list[Header], body: bytes = b"", address: str = "10.255.0.1"
    ) -> Answer:
        return self._loop.run(ask(self.service.app, method, target, headers, body, address))

    def _write(self, work: Callable[[Any], None]) -> None:
        self.service.store.submit(work).result()

    # Who may come

    def with_key(self, org: OrgId, scope: str) -> Caller:
        """Somebody with a fresh API key."""
        raw = f"key-{next(self._counting)}-of-{org}-{scope}"
        self._write(lambda transaction: transaction.add_key(Key(digest(raw), org, scope, scope, 0)))
        return Caller(f"key {scope}", (("authorization", f"Basic {raw}"),), token=raw)

    def signed_in(self, org: OrgId, role: Role, session: SessionId | None = None, for_ms: int = _HOUR_MS) -> Caller:
        """A member who signed in just now; a guest holds a share link's token as a cookie, which it is not."""
        n = next(self._counting)
        token, name, now_ms = f"token-{n}-with-enough-characters", f"{role}-{n}", self.service.clock.now_ms()
        kept = Admission(digest(token), org, name, role, session, now_ms, now_ms + for_ms)
        member = Member(name, role, self.hash)

        def admit(transaction: Any) -> None:
            if role != GUEST:
                transaction.put_member(org, member)
            transaction.admit(kept)

        self._write(admit)
        return Caller(role, (("cookie", f"{COOKIE}={token}"),), form_mark(token), token)

    def strangers(self) -> Iterator[Caller]:
        """Everyone whom no door of the attacked org may let in, unless it is open."""
        yield Caller("nobody")
        yield Caller("unknown key", (("authorization", "Basic bm90IGEga2V5"),))
        yield Caller("no credential", (("authorization", "Basic "),))
        yield Caller("unknown cookie", (("cookie", f"{COOKIE}=never-given-out"),), form_mark("never-given-out"))
        yield Caller("empty cookie", (("cookie", f"{COOKIE}="),), form_mark(""))
        key, member = self.with_key(ATTACKED, "admin"), self.signed_in(ATTACKED, "admin")
        yield Caller("key as cookie", (("cookie", f"{COOKIE}={key.token}"),), form_mark(key.token))
        yield Caller("cookie as key", (("authorization", f"Bearer {member.token}"),))
        yield Caller("digest as key", (("authorization", f"Basic {digest(key.token).hex()}"),))
        yield named(self.signed_in(ATTACKED, "admin", for_ms=-1), "expired cookie")
        yield named(self.signed_in(ATTACKED, GUEST, self.sessions[1]), "share link as cookie")
        yield named(self.signed_in(OTHER, GUEST, self.sessions[1]), "other's share link as cookie")

    def foreigners(self) -> Iterator[Caller]:
        """Members and keys of the other org."""
        for scope in SCOPES:
            yield named(self.with_key(OTHER, scope), f"other's key {scope}")
        for role in ROLES:
            yield named(self.signed_in(OTHER, role), f"other's {role}")

    def own(self) -> Iterator[Caller]:
        """Members and keys of the attacked org, each fresh."""
        for scope in SCOPES:
            yield self.with_key(ATTACKED, scope)
        for role in ROLES:
            yield self.signed_in(ATTACKED, role)

    # What is there

    def target(self, path: str) -> str:
        """A path with the attacked org's own things in it."""
        return re.sub(r"\{(\w+)(?::path)?\}", lambda found: quote(self._named(found[1], path), safe=":"), path)

    def _named(self, name: str, path: str) -> str:
        if name == "job":
            return self.names["user_job" if "/users/" in path else "event_job"]
        return self.names[name]

    def state(self) -> list[tuple[Any, ...]]:
        """All that is kept of the attacked org, from the file itself, but for when a worker looked last."""
        found: list[tuple[Any, ...]] = []
        with closing(sqlite3.connect(self._file)) as db:
            number = db.execute("SELECT org FROM orgs WHERE name = ?", (ATTACKED,)).fetchone()[0]
            tables = db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
            for (table,) in tables.fetchall():
                columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
                if "org" in columns:
                    rows = db.execute(f"SELECT * FROM {table} WHERE org IN (?, ?)", (number, ATTACKED))
                elif table == "keys":
                    rows = db.execute("SELECT * FROM keys WHERE name = ?", (ATTACKED,))
                else:
                    continue
                found += sorted(((table, *row) for row in rows if "watch" not in row), key=repr)
        return found

    def _visited(self, n: int) -> SessionId:
        ids = {name: str(uuid.uuid4()) for name in ("device", "session", "page")}
        now_ms = self.service.clock.now_ms()
        seen = f"{MARK}-session-{n}"
        ops: list[dict[str, Any]] = [
            {"op": "page", "url": f"https://shop.example/{seen}"},
            {"op": "identify", "uid": f"{MARK}-{n}" if n else MARK, "properties": {"displayName": seen}},
            {"op": "event", "name": seen, "properties": {"what": seen}},
            {"op": "event", "name": "spaced", "properties": {f"{MARK} name": 1}},
        ]
        stamped = [{"n": at, "t": now_ms, **op} for at, op in enumerate(ops, 1)]
        body = {"v": 1, "org": ATTACKED, **ids, "started": now_ms, "sent": now_ms, "ops": stamped}
        answer = self._ask("POST", "/rec/bundle", [], json.dumps(body).encode())
        assert answer.status == 200, answer.body
        self.device = ids["device"] if n == 0 else self.device
        return SessionId(ids["session"])

    def _filled(self) -> Mapping[str, str]:
        """Names of things of every kind: jobs, an export, a webhook, an erasure, a share link."""
        made = self._made
        user = self._got(f"/v2/users?uid={MARK}")["results"][0]["id"]
        user_job = made("/v2/users/batch", {"requests": [{"uid": f"{MARK}-batch"}]})["job"]["id"]
        event = {"name": MARK, "user": {"uid": MARK}, "session": {"use_most_recent": True}}
        event_job = made("/v2/events/batch", {"requests": [event]})["job"]["id"]
        asked = {"segmentId": "everyone", "timeRange": {"start": "2025-01-01"}, "fields": ["EventId"]}
        operation = made("/segments/v1/exports", asked)["operationId"]
        gone = made("/v2/users", {"uid": f"{MARK}-gone"})["id"]
        self._json("DELETE", f"/v2/users/{gone}")
        erasure = self._got("/v2/erasures")["results"][0]["id"]
        self._settled([f"/v2/users/batch/{user_job}", f"/v2/events/batch/{event_job}", f"/v2/erasures/{erasure}"])
        export = self._got(f"/operations/v1/{operation}")["results"]["searchExportId"]
        hook = {"url": f"https://{MARK}.example/", "eventTypes": [{"eventName": "session.ended"}]}
        webhook = made("/webhooks/v1/endpoints", hook)["id"]
        annotation = made("/v2/annotations", {"text": MARK, "source": MARK})["id"]
        share = self.signed_in(ATTACKED, GUEST, self.sessions[1])
        self._write(lambda transaction: transaction.put_member(ATTACKED, Member("second", "viewer", self.hash)))
        return {
            "org": ATTACKED, "user": user, "uid": MARK, "session": f"{self.device}:{self.sessions[0]}",
            "user_job": user_job, "event_job": event_job, "operation": operation, "export": export,
            "erasure": erasure, "webhook": webhook, "token": "never-given-out",
            "annotation": annotation, "digest": digest(self.first_key).hex(), "share": digest(share.token).hex(),
        }  # fmt: skip

    def _json(self, method: str, target: str, body: object = None) -> Any:
        sent = b"" if body is None else json.dumps(body).encode()
        answer = self._ask(method, target, [("authorization", f"Basic {self.first_key}")], sent)
        assert answer.status < 300, (method, target, answer.status, answer.body)
        return json.loads(answer.body)

    def _made(self, target: str, body: object) -> Any:
        return self._json("POST", target, body)

    def _got(self, target: str) -> Any:
        return self._json("GET", target)

    def _settled(self, targets: list[str]) -> None:
        """Wait until the workers are done with these."""
        until = time.monotonic() + _WAITS_S
        while time.monotonic() < until:
            told = json.dumps([self._got(target) for target in targets]).lower()
            if told.count('"completed"') + told.count('"erased"') >= len(targets):
                return
            time.sleep(0.05)
        raise AssertionError(f"the workers did not finish: {told}")


def named(caller: Caller, name: str) -> Caller:
    """The same caller under another name."""
    return msgspec.structs.replace(caller, name=name)


def routes(app: object) -> list[Any]:
    """All routes of the Starlette application inside `app`, whatever stands around it."""
    seen: set[int] = set()
    waiting = [app]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Starlette):
            return list(one.routes)
        if id(one) not in seen:
            seen.add(id(one))
            waiting += [part for part in vars(one).values() if hasattr(part, "__dict__")]
    raise AssertionError("the service has no routes")
