"""The courier: carries a webhook's body to its URL, and only where it may go (AP-12).

The protocol is httpcore's. How it comes by a connection is ours: the name is looked up once, each of its addresses is
judged, and what was judged is connected to, so that a name cannot change its mind in between. TLS still asks for the
name, and checks the certificate against it.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, Protocol
from urllib.parse import SplitResult, urlsplit

import anyio
import httpcore

from passerby.jobs.addresses import is_public
from passerby.jobs.resolver import Resolver, Unresolved

TIMEOUT_S: Final = 10
"""From the look-up of the name to the status, everything together."""
CONNECT_S: Final = 3
"""As long one address is tried while there is another."""
ADDRESSES_MAX: Final = 4
HEAD_BYTES_MAX: Final = 64 * 1024
"""More is not read of an answer. Its body is not read at all."""


class Undelivered(Exception):
    """No answer came; the text is a code."""


class Carrier(Protocol):
    """Carries bodies."""

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """The status that came back. Undelivered if none did, or the URL may not be called."""
        ...


class Courier:
    """Carries bodies over http and https. Redirects are not followed."""

    def __init__(
        self, *, private_hosts: bool, resolver: Resolver | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        self._private_hosts = private_hosts
        self._resolver = resolver or Resolver()
        self._tls = tls

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """See `Carrier`; takes at most 10 s, and leaves no connection behind."""
        network = _Network(self._resolver, self._private_hosts)
        try:
            with anyio.fail_after(TIMEOUT_S):
                return await self._asked(network, urlsplit(url), headers, body)
        except (TimeoutError, httpcore.TimeoutException) as error:
            raise Undelivered("timeout") from error
        except (OSError, httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise Undelivered("connection") from error
        finally:
            await network.close()

    async def _asked(self, network: _Network, parts: SplitResult, headers: Mapping[str, str], body: bytes) -> int:
        host = parts.hostname or ""
        origin = httpcore.Origin(parts.scheme.encode(), host.encode(), _port(parts))
        target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        url = httpcore.URL(scheme=origin.scheme, host=origin.host, port=origin.port, target=target)
        request = httpcore.Request(
            "POST",
            url,
            headers=[
                ("Host", _authority(parts)),
                ("Connection", "close"),
                ("Content-Length", str(len(body))),
                *headers.items(),
            ],
            content=body,
            extensions={"sni_hostname": host.rstrip(".")},
        )
        tls = self._context() if parts.scheme == "https" else None
        connection = httpcore.AsyncHTTPConnection(origin, ssl_context=tls, network_backend=network)
        return (await connection.handle_async_request(request)).status

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = ssl.create_default_context()
        return self._tls


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _authority(parts: SplitResult) -> str:
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    return host if parts.port is None else f"{host}:{parts.port}"


class _Network(httpcore.AsyncNetworkBackend):
    """Connects one request to an address that was judged."""

    def __init__(self, resolver: Resolver, private_hosts: bool) -> None:
        self._resolver = resolver
        self._private_hosts = private_hosts
        self._stream: httpcore.AsyncNetworkStream | None = None

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002
        local_address: str | None = None,  # noqa: ARG002
        socket_options: Iterable[Any] | None = None,  # noqa: ARG002
    ) -> httpcore.AsyncNetworkStream:
        """A connection to `host`. Undelivered if it has no address, or one that may not be called."""
        try:
            found = await self._resolver.addresses(host)
        except Unresolved as error:
            raise Undelivered("unknown_host") from error
        if not self._private_hosts and not all(map(is_public, found)):
            raise Undelivered("private_address")
        self._stream = await _connected(found[:ADDRESSES_MAX], port)
        return _Bounded(self._stream)

    async def close(self) -> None:
        """Let go of the connection at once, whatever state it is in."""
        if self._stream is not None:
            with anyio.CancelScope(shield=True):
                await self._stream.aclose()


async def _connected(addresses: Sequence[str], port: int) -> httpcore.AsyncNetworkStream:
    network = httpcore.AnyIOBackend()
    for address in addresses[:-1]:
        try:
            return await network.connect_tcp(address, port, CONNECT_S)
        except (httpcore.NetworkError, httpcore.TimeoutException):
            continue
    return await network.connect_tcp(addresses[-1], port)


class _Bounded(httpcore.AsyncNetworkStream):
    """A stream of which no more is read than an answer's head may have.

    What is written leaves together when an answer is waited for: some receivers read once.
    """

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream
        self._unsent = b""
        self._left = HEAD_BYTES_MAX

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """The next bytes. Undelivered if they are more than an answer's head may have."""
        if self._unsent:
            unsent, self._unsent = self._unsent, b""
            with suppress(httpcore.WriteError):  # it may have answered all the same
                await self._stream.write(unsent, timeout)
        found = await self._stream.read(max_bytes, timeout)
        self._left -= len(found)
        if self._left < 0:
            raise Undelivered("answer_too_large")
        return found

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        """Send bytes with the next read."""
        self._unsent += buffer

    async def aclose(self) -> None:
        """Close it."""
        await self._stream.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        """The same connection under TLS. Undelivered if it does not come about."""
        try:
            inner = await self._stream.start_tls(ssl_context, server_hostname, timeout)
        except (httpcore.NetworkError, OSError, ValueError) as error:
            raise Undelivered("tls") from error
        return _Bounded(inner)

    def get_extra_info(self, info: str) -> Any:
        """What is known of the connection."""
        return self._stream.get_extra_info(info)
