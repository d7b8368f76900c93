"""OpenID Connect: whom an org's identity provider says somebody is (DA-2.4).

Authorization code with PKCE (S256), state and nonce. Authlib and joserfc know the protocol; what travels is bounded
here: by time, by size, and to addresses of https (http only to this machine itself).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar
from urllib.parse import urlsplit

import anyio
import httpx
import msgspec
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc._keys import KeySetSerialization
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from passerby.base.clock import Clock
from passerby.base.errors import Refusal

T = TypeVar("T")
_DEADLINE_S: Final = 10.0
_ANSWER_BYTES_MAX: Final = 256 << 10
_CHARS_MAX: Final = 2048
_AT_ONCE: Final = 8
_LEEWAY_S: Final = 120
_FRESH_S: Final = 3600.0
_KNOWN_MAX: Final = 100
_ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
_REGISTRY: Final = JWSRegistry(algorithms=list(_ALGORITHMS), strict_check_header=False)
"""Signatures with a key that only the provider has: no `none`, and nothing keyed by what we both know."""
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class Provider(msgspec.Struct, frozen=True):
    """An org's identity provider, and what the service is registered as there."""

    issuer: str
    client_id: str
    client_secret: str

    @property
    def host(self) -> str:
        """What the provider is called on pages."""
        return urlsplit(self.issuer).netloc


class Proven(msgspec.Struct, frozen=True):
    """Whom the provider says somebody is; `email` only if it says that it verified it."""

    issuer: str
    subject: str
    email: str | None


class Errand(msgspec.Struct, frozen=True):
    """One way to the provider and back: what only the browser that began it brings back."""

    state: str
    nonce: str
    verifier: str
    back_url: str


class _Metadata(msgspec.Struct, frozen=True):
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


class _Tokens(msgspec.Struct, frozen=True):
    id_token: str
    access_token: str = ""


class _Claims(msgspec.Struct, frozen=True):
    iss: str
    sub: str
    aud: str | list[str]
    email: str | None = None
    email_verified: bool | str = False


class Messenger:
    """Goes to providers. `now_s` never goes back. Every method raises Refusal: `provider_failed`, `busy`."""

    def __init__(self, clock: Clock, now_s: Callable[[], float]) -> None:
        self._clock = clock
        self._now_s = now_s
        self._known: dict[str, tuple[float, _Metadata]] = {}
        self._going = 0

    async def address(self, provider: Provider, errand: Errand) -> str:
        """Where a browser goes to sign in at the provider."""
        async with self._client() as client:
            metadata = await self._metadata(client, provider)
        address: str = prepare_grant_uri(
            metadata.authorization_endpoint,
            provider.client_id,
            "code",
            redirect_uri=errand.back_url,
            scope="openid email",
            state=errand.state,
            nonce=errand.nonce,
            code_challenge=create_s256_code_challenge(errand.verifier),
            code_challenge_method="S256",
        )
        return address

    async def proven(self, provider: Provider, errand: Errand, code: str) -> Proven:
        """Whom the provider says the holder of `code` is."""
        if self._going >= _AT_ONCE:
            raise Refusal("busy", "too many people are signing in: try again in a second")
        self._going += 1
        try:
            with anyio.fail_after(_DEADLINE_S):
                async with self._client() as client:
                    return await self._ask(client, provider, errand, code)
        except TimeoutError:
            raise _failed("it took too long") from None
        finally:
            self._going -= 1

    def _client(self) -> httpx.AsyncClient:
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        return httpx.AsyncClient(headers=headers, timeout=_DEADLINE_S, follow_redirects=False, trust_env=False)

    async def _ask(self, client: httpx.AsyncClient, provider: Provider, errand: Errand, code: str) -> Proven:
        metadata = await self._metadata(client, provider)
        supported = metadata.token_endpoint_auth_methods_supported
        way = "client_secret_basic" if "client_secret_basic" in supported else "client_secret_post"
        body = prepare_token_request(
            "authorization_code", code=code, redirect_uri=errand.back_url, code_verifier=errand.verifier
        )
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        url, headers, body = ClientAuth(provider.client_id, provider.client_secret, way).prepare(
            "POST", metadata.token_endpoint, form, body
        )
        tokens = _read(await _fetch(client, "POST", url, headers, body), _Tokens)
        keys = _read(await _fetch(client, "GET", metadata.jwks_uri), KeySetSerialization)
        return self._judged(provider, errand, tokens, keys)

    def _judged(self, provider: Provider, errand: Errand, tokens: _Tokens, keys: KeySetSerialization) -> Proven:
        """What the ID token says, if it is the provider's, for us, for this errand, and of now."""
        now_s = self._clock.now_ms() // 1000
        wanted = {"nonce": errand.nonce, "client_id": provider.client_id, "access_token": tokens.access_token}
        try:
            token = jwt.decode(tokens.id_token, KeySet.import_key_set(keys), registry=_REGISTRY)
            CodeIDToken(token.claims, token.header, None, wanted).validate(now=now_s, leeway=_LEEWAY_S)
            claims = msgspec.convert(token.claims, _Claims)
        except (JoseError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise _failed("its token is not good") from error
        audience = [claims.aud] if isinstance(claims.aud, str) else claims.aud
        if claims.iss != provider.issuer or provider.client_id not in audience or not claims.sub:
            raise _failed("its token is for somebody else")
        email = claims.email if claims.email_verified in (True, "true") else None
        return Proven(claims.iss, claims.sub, email)

    async def _metadata(self, client: httpx.AsyncClient, provider: Provider) -> _Metadata:
        """What the provider says of itself, at most an hour ago."""
        at_s, known = self._known.get(provider.issuer, (0.0, None))
        if known is not None and self._now_s() - at_s < _FRESH_S:
            return known
        url = f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration"
        with anyio.move_on_after(_DEADLINE_S) as scope:
            found = _read(await _fetch(client, "GET", url), _Metadata)
        if scope.cancelled_caught:
            raise _failed("it took too long")
        if found.issuer != provider.issuer:
            raise _failed("it says that it is another issuer")
        if not all(map(is_safe, (found.authorization_endpoint, found.token_endpoint, found.jwks_uri))):
            raise _failed("its addresses are not https")
        if len(self._known) >= _KNOWN_MAX:
            self._known.clear()
        self._known[provider.issuer] = (self._now_s(), found)
        return found


def is_safe(address: str) -> bool:
    """Whether nobody between can read what goes to that address: https, or http to this machine itself."""
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return False
    if not host or len(address) > _CHARS_MAX or parts.username is not None:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)


async def _fetch(
    client: httpx.AsyncClient, method: str, url: str, headers: dict[str, str] | None = None, body: str | None = None
) -> bytes:
    """The body of a 200 of bounded size."""
    read = b""
    try:
        async with client.stream(method, url, headers=headers, content=body) as answer:
            if answer.status_code != 200:
                raise _failed(f"it answered {answer.status_code}")
            async for chunk in answer.aiter_raw():
                read += chunk
                if len(read) > _ANSWER_BYTES_MAX:
                    raise _failed("it answered too much")
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        raise _failed("it cannot be reached") from error
    return read


def _read(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, ValueError):
        raise _failed("it answered something else") from None


def _failed(why: str) -> Refusal:
    return Refusal("provider_failed", f"your identity provider did not answer as it should: {why}")
