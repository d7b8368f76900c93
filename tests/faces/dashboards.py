"""A dashboard over a store in memory, and what a browser would be to it."""

from __future__ import annotations

import asyncio
import itertools
import re
from typing import Any

import httpx
import msgspec
from starlette.applications import Starlette

from passerby.access.door import Door
from passerby.faces.dashboard import Office, dashboard_routes
from passerby.ingest.recording import record
from passerby.store.memory import MemoryStore
from passerby.wire.decode import decode
from tests.worlds import NOW_MS, ORG, CountedIds, SetClock

PASSWORD = "correct horse battery"
_MARK = re.compile(r'name="mark" value="([0-9a-f]+)"')


def uuid(n: int) -> str:
    """The nth id."""
    return f"{n:08x}-5eed-4000-8000-0123456789ab"


class Dashboard:
    """The dashboard of one org, with an admin and a viewer. Clients do not follow redirects."""

    def __init__(self) -> None:
        self.store, self.clock = MemoryStore(), SetClock()
        self.store.submit(lambda transaction: transaction.add_org(ORG)).result()
        tokens = (f"token-{n}" for n in itertools.count())
        passwords = (f"password-{n}" for n in itertools.count())
        self.monotonic_s = 0.0
        self.door = door = Door(self.store, self.clock, lambda: next(tokens), lambda: self.monotonic_s)
        door.put_member(ORG.id, "admin", "admin", PASSWORD)
        door.put_member(ORG.id, "vera", "viewer", PASSWORD)
        secrets = itertools.count()
        keys = (f"key-{n}" for n in itertools.count())
        self.woken = 0
        office = Office(
            self.store, self.clock, door, CountedIds(), self._wake, lambda: {"malformed_json": 7},
            lambda: next(keys), lambda: next(passwords), lambda: False,
            new_signing_secret=lambda: f"psk_{next(secrets):040d}",
        )  # fmt: skip
        self.routes = dashboard_routes(office)
        self._app = Starlette(routes=self.routes)

    def _wake(self) -> None:
        self.woken += 1

    def browser(self, name: str = "") -> Browser:
        """A browser, signed in as `name` if one is given."""
        browser = Browser(Client(self._app))
        if name:
            assert browser.sign_in(name).status_code == 303
        return browser

    def send(self, n: int, *ops: dict[str, Any], page: int = 0, sdk: str = "browser/1") -> None:
        """A bundle of device and session `n`, made and received now; `n` and `t` of operations are filled in."""
        now = self.clock.ms
        stamped = [{"n": index, "t": now + index, **op} for index, op in enumerate(ops, 1)]
        envelope = {
            "v": 1, "org": ORG.id, "device": uuid(n), "session": uuid(0x1000 + n), "page": uuid(page or 0x2000 + n),
            "started": now, "sent": now + 1000, "sdk": sdk, "ops": stamped,
        }  # fmt: skip
        bundle = decode(msgspec.json.encode(envelope), "", now + 1000)
        self.store.submit(lambda transaction: record(transaction, bundle)).result()


class Client:
    """Asks the app in this process; keeps its cookies, follows no redirect."""

    def __init__(self, app: Starlette) -> None:
        self._app = app
        self.cookies = httpx.Cookies()
        self.headers: dict[str, str | bytes] = {}
        self.address = "127.0.0.1"

    def get(self, url: str) -> httpx.Response:
        """Fetch."""
        return asyncio.run(self._ask("GET", url, None))

    def post(self, url: str, fields: dict[str, str]) -> httpx.Response:
        """Send a form."""
        return asyncio.run(self._ask("POST", url, fields))

    def send(self, url: str, body: bytes) -> httpx.Response:
        """Send a body."""
        return asyncio.run(self._ask("POST", url, body))

    async def _ask(self, method: str, url: str, sent: dict[str, str] | bytes | None) -> httpx.Response:
        transport = httpx.ASGITransport(self._app, client=(self.address, 123))
        async with httpx.AsyncClient(
            transport=transport, base_url="http://testserver", cookies=self.cookies, headers=self.headers
        ) as client:
            if isinstance(sent, bytes):
                answer = await client.request(method, url, content=sent)
            else:
                answer = await client.request(method, url, data=sent)
            self.cookies = client.cookies
            return answer


class Browser:
    """Sends what a person's browser would."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def sign_in(self, name: str, password: str = PASSWORD, back: str = "") -> httpx.Response:
        """Fill in the sign-in form."""
        fields = {"name": name, "password": password, "next": back}
        return self.client.post(f"/ui/{ORG.id}/sign-in", fields)

    def see(self, path: str, status: int = 200) -> str:
        """The text of a page of the org."""
        answer = self.client.get(f"/ui/{ORG.id}{path}")
        assert answer.status_code == status, answer.text
        return answer.text

    def fill_in(self, page: str, path: str, **fields: str) -> httpx.Response:
        """Post a form with the mark that `page` has."""
        found = _MARK.search(self.see(page))
        assert found is not None
        return self.client.post(f"/ui/{ORG.id}{path}", {"mark": found[1], **fields})


def session_path(n: int) -> str:
    """The path of session `n`'s page."""
    return f"/session/{uuid(n)}:{uuid(0x1000 + n)}"


__all__ = ["NOW_MS", "ORG", "PASSWORD", "Browser", "Dashboard", "session_path", "uuid"]
