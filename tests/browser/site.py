"""Somebody's web site, on an origin that is not the service's."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.browser.serving import Receive, Scope, Send, answer, make_certificate, serving

DOMAIN: Final = "shop.test"
_PAGE: Final = """<!doctype html><html><head><title>{title}</title><link rel="icon" href="data:,">
{head}
</head><body>{body}</body></html>"""


class Site:
    """Serves one page under every path below the one it was put at, on `shop.test` and all its sub-domains."""

    def __init__(self, *headers: tuple[bytes, bytes]) -> None:
        self._headers = [(b"content-type", b"text/html; charset=utf-8"), *headers]
        self._pages: dict[str, bytes] = {}
        self.port = 0

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """One request."""
        page = self._pages.get(scope["path"].split("/")[1])
        if page is None:
            await answer(send, 404, [], b"")
        else:
            await answer(send, 200, self._headers, page)

    def put(self, name: str, head: str, body: str = "<button>Buy</button>", title: str = "") -> str:
        """Serve a page at `/name/` and everything below, titled `title`, else `name`; its address at `www`."""
        self._pages[name] = _PAGE.format(title=title or name, head=head, body=body).encode()
        return self.address(name)

    def address(self, name: str, subdomain: str = "www") -> str:
        """Where a page that was put is found."""
        return f"https://{subdomain}.{DOMAIN}:{self.port}/{name}/"


@contextlib.contextmanager
def serving_site(directory: Path, *headers: tuple[bytes, bytes]) -> Iterator[Site]:
    """A site that listens until the block ends, and sends `headers` with every page."""
    site = Site(*headers)
    with serving(site, make_certificate(directory / "site.pem", DOMAIN, f"*.{DOMAIN}")) as port:
        site.port = port
        yield site
