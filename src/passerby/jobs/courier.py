"""The courier: carries a webhook's body to its URL, and only where it may go (AP-12).

The address is looked up once, checked, and then connected to, so that a name cannot change its mind in between.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping
from typing import Final, Protocol
from urllib.parse import SplitResult, urlsplit

TIMEOUT_S: Final = 10
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")


class Undelivered(Exception):
    """No answer came; the text is a code."""


class Carrier(Protocol):
    """Carries bodies."""

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """The status that came back. Undelivered if none did, or the URL may not be called."""
        ...


class Courier:
    """Carries bodies over http and https. Redirects are not followed."""

    def __init__(self, *, private_hosts: bool) -> None:
        self._private_hosts = private_hosts

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        """See `Carrier`; takes at most 10 s."""
        parts = urlsplit(url)
        connection = _connection(parts, self._address(parts))
        deadline = threading.Timer(TIMEOUT_S, connection.abort)
        deadline.start()
        try:
            path = parts.path or "/"
            connection.request("POST", f"{path}?{parts.query}" if parts.query else path, body, dict(headers))
            return connection.getresponse().status
        except TimeoutError as error:
            raise Undelivered("timeout") from error
        except ssl.SSLError as error:
            raise Undelivered("tls") from error
        except (OSError, http.client.HTTPException) as error:
            raise Undelivered("connection" if connection.sock else "timeout") from error
        finally:
            deadline.cancel()
            connection.close()

    def _address(self, parts: SplitResult) -> tuple[str, int]:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        try:
            found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise Undelivered("unknown_host") from error
        addresses = [str(place[0]) for *_, place in found]
        if not self._private_hosts and not all(is_public(address) for address in addresses):
            raise Undelivered("private_address")
        return addresses[0], port


def is_public(address: str) -> bool:
    """Whether an address is one of the open internet, also when it is wrapped in another."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        if found in _NAT64:
            inner = ipaddress.IPv4Address(found.packed[-4:])
        if inner is not None:
            return is_public(str(inner))
    return found.is_global and not found.is_multicast


def _connection(parts: SplitResult, address: tuple[str, int]) -> _Connection:
    context = ssl.create_default_context() if parts.scheme == "https" else None
    return _Connection(parts.hostname or "", address, context)


class _Connection(http.client.HTTPConnection):
    """A connection to an address that was checked, under the name that it was checked for."""

    def __init__(self, host: str, address: tuple[str, int], context: ssl.SSLContext | None) -> None:
        super().__init__(host, address[1], timeout=TIMEOUT_S)
        self.default_port = 443 if context else 80
        self._address = address
        self._context = context

    def connect(self) -> None:
        sock = socket.create_connection(self._address, TIMEOUT_S)
        self.sock = self._context.wrap_socket(sock, server_hostname=self.host) if self._context else sock

    def abort(self) -> None:
        """End it from another thread."""
        sock, self.sock = self.sock, None
        if sock is not None:
            sock.close()
