"""A site that a server renders. Each page says whom it was made for (`data-user`; empty: nobody), before anything is
recorded of it, which covers the ways out that have no page, too.

Run it with `python examples/starlette/app.py`, then open http://localhost:8080. Given a secret of the org, it signs
whom it says (WI-11), so that nobody else can say so.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import sys
import time
from urllib.parse import parse_qs

import uvicorn
from jinja2 import Environment
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

COOKIE = "login"
SIGNED_FOR_S = 3600
PAGE = Environment(autoescape=True).from_string("""<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8"><title>A library</title><link rel="icon" href="data:,">
  <script src="{{ passerby }}/s/fs.js?org={{ org }}" data-user="{{ user or '' }}" data-signature="{{ proof }}"></script>
</head>
<body>
  <h1>A library</h1>
  {% if user %}
  <p>Hello {{ user }}</p>
  <button onclick="FS('trackEvent', { name: 'Book Lent' })">Lend a book</button>
  <form method="post" action="/logout"><button>Log out</button></form>
  {% else %}
  <form method="post" action="/login"><input name="user" required> <button>Log in</button></form>
  {% endif %}
</body>
</html>""")


def sign(secret: str, org: str, uid: str, expires_s: int) -> str:
    """What proves to the org that its user is `uid`, until then, in seconds since 1970."""
    said = f"passerby-identify-v1\n{org}\n{uid}\n{expires_s}"
    mac = hmac.digest(secret.encode(), said.encode(), hashlib.sha256)
    return f"v1.{expires_s}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


def library(passerby: str, org: str, secret: str = "") -> Starlette:
    """The site, with Passerby's address and org in its pages. `state.logins` holds who is signed in, by cookie."""
    logins: dict[str, str] = {}

    async def show(request: Request) -> Response:
        user = logins.get(request.cookies.get(COOKIE, ""))
        proof = sign(secret, org, user, int(time.time()) + SIGNED_FOR_S) if secret and user else ""
        text = PAGE.render(user=user, proof=proof, passerby=passerby, org=org)
        return HTMLResponse(text, headers={"Cache-Control": "no-store"})

    async def log_in(request: Request) -> Response:
        form = parse_qs((await request.body()).decode())
        token = secrets.token_urlsafe()
        logins[token] = form["user"][0]
        response = RedirectResponse("/", 303)
        response.set_cookie(COOKIE, token, httponly=True, samesite="lax")
        return response

    async def log_out(request: Request) -> Response:
        logins.pop(request.cookies.get(COOKIE, ""), None)
        response = RedirectResponse("/", 303)
        response.delete_cookie(COOKIE)
        return response

    app = Starlette(
        routes=[
            Route("/", show),
            Route("/login", log_in, methods=["POST"]),
            Route("/logout", log_out, methods=["POST"]),
        ]
    )
    app.state.logins = logins
    return app


if __name__ == "__main__":
    given = dict(enumerate(sys.argv))
    site = library(given.get(1, "http://localhost:8000"), given.get(2, "YOUR_ORG"), given.get(3, ""))
    uvicorn.run(site, port=8080)
