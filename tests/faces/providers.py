"""A tiny OpenID provider, which says of its users what a test wants it to."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

KEY = RSAKey.generate_key(2048, {"kid": "k1"})
OTHER_KEY = RSAKey.generate_key(2048, {"kid": "k1"})
CLIENT = ("client-1", "the secret of the client")


class TinyProvider:
    """One provider. `claims`, `metadata`, `key` and `answers` may be changed to make it lie."""

    def __init__(self, port: int, now_s: int) -> None:
        self.issuer = f"http://127.0.0.1:{port}"
        self.now_s = now_s
        self.key, self.alg = KEY, "RS256"
        self.claims: dict[str, Any] = {}
        self.metadata: dict[str, Any] = {}
        self.answers: dict[str, tuple[int, bytes]] = {}
        self.asked: list[str] = []
        self._granted: dict[str, dict[str, str]] = {}

    def sign_in(self, address: str, subject: str, email: str | None = None, verified: bool | str = True) -> str:
        """What the provider's page does: the path and query it sends the browser back to."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert query["response_type"] == "code"
        assert query["code_challenge_method"] == "S256"
        assert query["client_id"] == CLIENT[0]
        code = f"code-{len(self._granted)}"
        self._granted[code] = query
        self.claims = {"sub": subject, **({"email": email, "email_verified": verified} if email else {}), **self.claims}
        back = urlsplit(query["redirect_uri"])
        return f"{back.path}?code={code}&state={query['state']}"

    def get(self, path: str) -> tuple[int, bytes]:
        """What a GET is answered."""
        self.asked.append(path)
        if path in self.answers:
            return self.answers[path]
        if path == "/.well-known/openid-configuration":
            told = {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                **self.metadata,
            }
            return 200, json.dumps(told).encode()
        if path == "/keys":
            return 200, json.dumps({"keys": [KEY.as_dict(private=False)]}).encode()
        return 404, b"{}"

    def exchange(self, authorization: str, fields: dict[str, str]) -> tuple[int, bytes]:
        """What a request for a token is answered."""
        self.asked.append("/token")
        if "/token" in self.answers:
            return self.answers["/token"]
        query = self._granted.pop(fields["code"], None)
        wanted = base64.b64encode(":".join(CLIENT).encode()).decode()
        challenge = base64.urlsafe_b64encode(hashlib.sha256(fields["code_verifier"].encode()).digest()).rstrip(b"=")
        if query is None or authorization != f"Basic {wanted}" or challenge.decode() != query["code_challenge"]:
            return 400, b'{"error": "invalid_grant"}'
        if fields["redirect_uri"] != query["redirect_uri"]:
            return 400, b'{"error": "invalid_grant"}'
        claims = {
            "iss": self.issuer, "aud": CLIENT[0], "iat": self.now_s, "exp": self.now_s + 300,
            "nonce": query["nonce"], **self.claims,
        }  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not None}
        with warnings.catch_warnings(action="ignore"):  # of "none"
            token = jwt.encode({"alg": self.alg, "kid": "k1"}, claims, self.key, algorithms=[self.alg])
        return 200, json.dumps({"access_token": "a", "token_type": "Bearer", "id_token": token}).encode()


@contextmanager
def tiny_provider(now_s: int) -> Iterator[TinyProvider]:
    """A provider that listens on this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(*provider.get(self.path))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            fields = {name: values[0] for name, values in parse_qs(body).items()}
            self._answer(*provider.exchange(self.headers.get("authorization", ""), fields))

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            if status == 302:
                self.send_header("location", f"{provider.issuer}/keys")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider = TinyProvider(server.server_address[1], now_s)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
