"""Fullstory's own published loaders, unmodified, as their documentation has people put them on a page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from tests.browser.packages import bundle, printed

SDK: Final = Path(__file__).parents[2] / "sdk" / "js"
_V2: Final = """
window.app = {
  identify: (uid, properties) => FULLSTORY('setIdentity', { uid, properties }),
  track: (name, properties = {}) => FULLSTORY('trackEvent', { name, properties }),
  anonymize: () => FULLSTORY('setIdentity', { anonymous: true }),
};
"""
_V1: Final = """
window.app = {
  identify: (uid, properties) => FS.identify(uid, properties),
  track: (name, properties = {}) => FS.event(name, properties),
  anonymize: () => FS.anonymize(),
};
"""


class Loader(msgspec.Struct, frozen=True):
    """One way onto a page. `head(org, script, **options)` is what goes into the page's head, where `script` is host and
    path of fs.js and `options` are more of the loader's own; pages then call `app.identify`, `app.track` and
    `app.anonymize`, which are that loader's own calls.
    """

    name: str
    head: Callable[..., str]

    @property
    def slug(self) -> str:
        """The name, fit for an address."""
        return "".join(letter if letter.isalnum() else "-" for letter in self.name).strip("-")


def loader_named(name: str) -> Loader:
    """The loader of that name."""
    return next(loader for loader in loaders() if loader.name == name)


def loaders() -> list[Loader]:
    """Every generation that a site may have: npm package 2.0 and 2.1, snippets 1.3, 2.0 and 2.1."""
    return [
        *(Loader(f"@fullstory/browser {version}", _package(alias)) for version, alias in _PACKAGES.items()),
        *(
            Loader(f"snippet {version}", _snippet(maker, _V1 if version == "1.3" else _V2.replace("FULLSTORY", "FS")))
            for version, maker in _SNIPPETS.items()
        ),
    ]


_PACKAGES: Final = {"2.0": "@fullstory/browser-2.0", "2.1": "@fullstory/browser"}
_SNIPPETS: Final = {"1.3": "generateSnippetTextV1", "2.0": "generateSnippetTextV2", "2.1": "generateSnippetText"}


def _package(alias: str) -> Callable[..., str]:
    def head(org: str, script: str, ready: str = "undefined", **options: object) -> str:
        given = msgspec.json.encode({"orgId": org, "script": script, **options}).decode()
        use = f"import {{ FullStory, init }} from '{alias}';\ninit({given}, {ready});\n"
        return _script(bundle(use + _V2.replace("FULLSTORY", "FullStory") + "window.FullStory = FullStory;\n", SDK))

    return head


def _snippet(maker: str, app: str) -> Callable[..., str]:
    def head(org: str, script: str, **options: object) -> str:
        given = msgspec.json.encode({"orgId": org, "script": script, **options}).decode()
        text = printed(f"require('@fullstory/snippet').{maker}({given})", SDK)
        return _script(text) + _script(app)

    return head


def _script(text: str) -> str:
    assert "</script" not in text
    return f"<script>\n{text}\n</script>\n"
