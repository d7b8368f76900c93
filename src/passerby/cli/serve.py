"""`passerby serve`: compose, listen, say where."""

from __future__ import annotations

import signal
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, Final, cast

import click
import uvicorn

from passerby.base.errors import SettingsError
from passerby.boot import MEMORY, Service, compose
from passerby.cli import certificate
from passerby.cli.logs import log_config
from passerby.cli.progress import as_logged
from passerby.config import Settings

_ACCEPTED_A_TURN: Final = 64
"""Handles that listen on the one socket: of each, libuv takes one connection in a turn of the loop."""
_FILES_BESIDE: Final = 512
"""Files that are open beside connections: handles that listen, the database's for each thread."""
_SWITCH_S: Final = 0.0005
"""How long a thread may make others wait. The writer gives way at every statement: it must get its turn back soon."""


def serve(settings: Settings, prepare: Callable[[Service, str], None] = lambda _service, _base: None) -> None:
    """Run until stopped, after `prepare` was given the service and its address. SettingsError if the port is taken."""
    _stop_in_order()
    listener = listen(settings.host, settings.port, "--port")
    with as_logged(settings.log) as progress:
        service = compose(settings, progress)
    scheme = "https" if settings.tls else "http"
    base = settings.public_url or f"{scheme}://{_shown_host(settings.host)}:{listener.getsockname()[1]}"
    keyfile, certfile, trust = None, None, None
    if settings.tls:
        directory = Path("." if settings.data == MEMORY else settings.data) / "tls"
        keyfile, certfile, trust = certificate.development(directory, settings.host)
    prepare(service, base)
    _welcome(service, base, trust)
    config = uvicorn.Config(
        service.app,
        http=cast(Any, service.front.protocol),
        ws="none",
        lifespan="off",
        access_log=False,
        server_header=False,
        date_header=True,
        log_config=log_config(settings.log),
        forwarded_allow_ips=list(service.front.limits.trusted_proxies),
        timeout_keep_alive=service.front.limits.idle_s,
        timeout_graceful_shutdown=10,
        ssl_keyfile=keyfile,
        ssl_certfile=certfile,
    )
    _allow_files(settings.connections + _FILES_BESIDE)
    sys.setswitchinterval(_SWITCH_S)
    try:
        service.start()
        handles = [listener, *(listener.dup() for _ in range(_ACCEPTED_A_TURN - 1))]
        _Server(config, service.leaving).run(sockets=handles)
    finally:
        service.close()


def _stop_in_order() -> None:
    """A signal to stop ends the process through all its `finally`: uvicorn raises it again once it has stopped."""

    def stop(sig: int, _frame: FrameType | None) -> None:
        signal.signal(sig, signal.SIG_IGN)
        raise SystemExit(0)

    if threading.current_thread() is threading.main_thread():
        for sig in (signal.SIGINT, signal.SIGTERM):
            signal.signal(sig, stop)


def _allow_files(count: int) -> None:
    """Let this process open so many files, as far as the system lets it say so itself."""
    try:
        import resource
    except ModuleNotFoundError:  # not on Windows
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY:
        count = min(count, hard)
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))


class _Server(uvicorn.Server):
    """Says that it is leaving before it waits for what is under way."""

    def __init__(self, config: uvicorn.Config, leaving: threading.Event) -> None:
        super().__init__(config)
        self._leaving = leaving

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal to stop arrived."""
        self._leaving.set()
        super().handle_exit(sig, frame)


def listen(host: str, port: int, flag: str) -> socket.socket:
    """A socket that listens; port 0 takes a free one. SettingsError, which names `flag`, if the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()  # from here on whoever read the welcome may connect
    except OSError as error:
        listener.close()
        raise SettingsError(f"cannot listen on {host}:{port} ({error.strerror}); choose another with {flag}") from error
    return listener


def _shown_host(host: str) -> str:
    return "localhost" if host in ("127.0.0.1", "::1", "0.0.0.0", "::") else host


def _welcome(service: Service, base: str, trust: Path | None) -> None:
    click.echo(f"\n  Passerby is running.\n\n  Dashboard  {base}/ui/{service.org}/")
    if service.new_password:
        click.echo(f"  Sign in    admin / {service.new_password}   (shown this once: keep it)")
    if service.new_key:
        click.echo(f"  API key    {service.new_key}   (shown this once: keep it)")
    if trust:
        click.echo(f"  Trust      {trust}   (add this development CA to a browser, or let it through)")
    script = base.split("://", 1)[1] + "/s/fs.js"
    click.echo(
        f"\n  Paste this into the <head> of your pages:\n\n"
        f'    <script src="{base}/s/fs.js?org={service.org}"></script>\n'
    )
    if base.startswith("https://"):
        click.echo(
            "  or, with Fullstory's own @fullstory/browser package:\n\n"
            f"    init({{ orgId: '{service.org}', script: '{script}' }})\n"
        )
    else:
        click.echo("  Fullstory's own loaders always use https: start with --tls to use them.\n")
