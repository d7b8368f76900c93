"""Which files are audited: found, read, and sorted out.

Nothing that is wrong with a file stops the audit: it is passed over and said to be. Of the files that are left only
those are parsed that can matter: the ones that mention the SDK, a login's end, or a function that leads to either.
Nothing audited is run.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

from passerby_audit import languages

FILE_BYTES_MAX = 1_500_000
LINE_BYTES_MAX = 20_000
"""A longer line than this was not written by a person."""

_FOLDERS_PASSED = {
    "node_modules", "bower_components", "dist", "build", "out", "target", "vendor", "Pods", "Carthage", ".git", ".hg",
    ".svn", ".venv", "venv", "__pycache__", ".next", ".nuxt", ".output", ".svelte-kit", ".dart_tool", ".gradle",
    ".idea", ".vscode", "coverage", ".turbo", ".cache", ".expo", "DerivedData", ".yarn", ".pnpm-store",
    "site-packages", ".tox", ".mypy_cache", ".pytest_cache", "storybook-static", "Generated", "generated", ".angular",
    ".parcel-cache", "third_party",
}  # fmt: skip
_SDK = (
    b"fullstory",
    b"FS(",
    b"FS.",
    b"FS?.",
    b"FS!",
    b"'FS'",
    b'"FS"',
    b"setIdentity",
    b"passerby",
    b"_fs_",
    b"FS as",
    b"FS }",
    b"FS,",
    b"FS;",
)
_ENDINGS = (
    b"sessiontimeout", b"session_timeout", b"idletimeout", b"delete_account", b"removeaccount", b"clear_session",
    b"clear_token", b'remove("token', b"remove('token", b'delete("token', b"delete('token", b"closeaccount",
    b"logout", b"signout", b"sign_out", b"log_out", b"logoff", b"sign-out", b"log-out", b"deleteaccount",
    b"removeitem", b"sessionexpired", b"session_expired", b"unauthorized", b"401", b"clearauth", b"cleartoken",
    b"clearsession", b"clearuser", b"removeobject", b"resetgenericpassword", b"removetoken", b"setuser(null",
    b"tokenexpired", b"deleteitem", b"authstate", b"endsession", b"clearcredentials", b"removecookie",
    b"cookies.remove", b"loggedout", b"signedout", b"deauth",
)  # fmt: skip


@dataclass(slots=True)
class Source:
    """A readable file. `text` is UTF-8; `recoded` says that it is not what is on disk, and so cannot be fixed in
    place."""

    path: PurePosixPath
    place: Path
    text: bytes
    recoded: bool = False


@dataclass(slots=True)
class Gathered:
    """What was found below the audited paths. `passed` holds (path, reason)."""

    sources: list[Source] = field(default_factory=list)
    passed: list[tuple[str, str]] = field(default_factory=list)
    named: set[PurePosixPath] = field(default_factory=set)


def gather(
    paths: list[Path],
    exclude: tuple[str, ...] = (),
    bytes_max: int = FILE_BYTES_MAX,
    seen_file: Callable[[], None] | None = None,
) -> Gathered:
    """Read every file of a known language below some paths. A path that does not exist is passed over too."""
    found = Gathered()
    root = Path(os.path.commonpath([p.absolute() for p in paths])) if paths else Path.cwd()
    if root.is_file():
        root = root.parent
    visited: set[Path] = set()
    for path in paths:
        if not path.exists():
            found.passed.append((str(path), "does not exist"))
            continue
        if path.is_file():
            relative = _relative(path.absolute(), root)
            found.named.add(relative)
            if not languages.is_known(relative):
                found.passed.append((str(path), "language not known"))
                continue
            _read(path, relative, found, bytes_max)
            continue
        for place in _walk(path, found, visited, exclude, root):
            if seen_file is not None:
                seen_file()
            _read(place, _relative(place.absolute(), root), found, bytes_max)
    found.sources.sort(key=lambda s: s.path)
    return found


def _relative(path: Path, root: Path) -> PurePosixPath:
    try:
        return PurePosixPath(path.relative_to(root).as_posix())
    except ValueError:
        return PurePosixPath(path.as_posix())


def _walk(top: Path, found: Gathered, visited: set[Path], exclude: tuple[str, ...], root: Path) -> Iterator[Path]:
    try:
        real = top.resolve()
    except (OSError, RuntimeError):
        found.passed.append((str(top), "a link that leads nowhere"))
        return
    if real in visited:
        return
    visited.add(real)
    try:
        entries = sorted(os.scandir(top), key=lambda entry: entry.name)
    except OSError:
        found.passed.append((str(top), "not readable"))
        return
    for entry in entries:
        place = Path(entry.path)
        relative = _relative(place.absolute(), root)
        if any(fnmatch(str(relative), pattern) or fnmatch(entry.name, pattern) for pattern in exclude):
            continue
        try:
            folder = entry.is_dir()
        except OSError:
            found.passed.append((str(place), "not readable"))
            continue
        if folder:
            if entry.name not in _FOLDERS_PASSED:
                yield from _walk(place, found, visited, exclude, root)
        elif languages.is_known(PurePosixPath(entry.name)):
            yield place


def _read(place: Path, relative: PurePosixPath, found: Gathered, bytes_max: int) -> None:
    try:
        if not place.is_file():
            found.passed.append((str(relative), "not a regular file"))
            return
        if place.stat().st_size > bytes_max:
            found.passed.append((str(relative), f"larger than {bytes_max // 1000} kB"))
            return
        raw = place.read_bytes()
    except OSError:
        found.passed.append((str(relative), "not readable"))
        return
    text, recoded = _decode(raw)
    if text is None:
        found.passed.append((str(relative), "binary"))
        return
    if _is_minified(text):
        found.passed.append((str(relative), "minified"))
        return
    found.sources.append(Source(relative, place, text, recoded))


def _decode(raw: bytes) -> tuple[bytes | None, bool]:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return raw.decode("utf-16").encode(), True
        except UnicodeDecodeError:
            return None, False
    if b"\0" in raw[:8192]:
        return None, False
    if raw.startswith(b"\xef\xbb\xbf"):
        return b"   " + raw[3:], True
    try:
        raw.decode("utf-8")
        return raw, False
    except UnicodeDecodeError:
        return raw.decode("latin-1").encode(), True


def _is_minified(text: bytes) -> bool:
    if len(text) < 5000:
        return False
    lines = text.count(b"\n") + 1
    if len(text) / lines > 400:
        return True
    if len(text) < LINE_BYTES_MAX:
        return False
    at = 0
    while True:
        end = text.find(b"\n", at)
        if end < 0:
            return len(text) - at > LINE_BYTES_MAX and b"base64" not in text[at : at + 4000]
        if end - at > LINE_BYTES_MAX and b"base64" not in text[at : at + 4000]:
            return True
        at = end + 1


def speaks_of_sdk(text: bytes) -> bool:
    """Whether a file may call the SDK."""
    return any(word in text for word in _SDK[1:]) or _SDK[0] in text.lower()


def speaks_of_ending(lowered: bytes) -> bool:
    """Whether a file, in lower case, may log someone out."""
    return any(word in lowered for word in _ENDINGS)
