"""Whatever is wrong with a file or a folder is said, and the rest is audited all the same."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from passerby_audit.audit import Result, audit
from passerby_audit.settings import Settings

WRONG = b"FS('setIdentity', { uid: null });\n"


def look(place: Path, settings: Settings | None = None) -> Result:
    (place / "sound.js").write_bytes(WRONG)
    result = audit([place], settings or Settings())
    assert any(f.path.endswith("sound.js") for f in result.findings), "the sound file was not judged"
    return result


def reasons(result: Result) -> dict[str, str]:
    return {Path(path).name: reason for path, reason in result.passed}


def test_a_syntax_error_is_named_and_the_rest_of_the_file_judged(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_bytes(b"function broken( {\n" + WRONG)
    result = look(tmp_path)
    assert reasons(result)["a.js"].startswith("has syntax errors")


def test_minified_code_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_bytes(b"FS.identify(1);" * 4000)
    assert reasons(look(tmp_path))["a.js"] == "minified"


def test_a_huge_file_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_bytes(b"FS.identify(1);\n" * 100)
    assert reasons(look(tmp_path, Settings(file_bytes_max=1000)))["a.js"] == "larger than 1 kB"


def test_a_binary_file_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_bytes(b"\0\1\2FS.identify(1)")
    assert reasons(look(tmp_path))["a.js"] == "binary"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "latin-1"])
def test_other_encodings_are_read(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.js").write_bytes("// caf\u00e9\nFS('setIdentity', { uid: null });\n".encode(encoding))
    found = [f.span.line for f in look(tmp_path).findings if f.path == "a.js"]
    assert found == [2]


def test_a_loop_of_links_ends(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "again").symlink_to(tmp_path, target_is_directory=True)
    (inner / "nowhere.js").symlink_to(tmp_path / "missing.js")
    assert len(look(tmp_path).findings) == 1


def test_a_path_that_is_not_there_is_said_to_be(tmp_path: Path) -> None:
    result = audit([tmp_path / "missing", tmp_path], Settings())
    assert result.passed == [(str(tmp_path / "missing"), "does not exist")]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_folder_is_passed_over(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir()
    closed.chmod(0)
    try:
        assert reasons(look(tmp_path))["closed"] == "not readable"
    finally:
        closed.chmod(0o700)


def test_a_pipe_is_not_waited_on(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.js")
    assert reasons(look(tmp_path))["pipe.js"] == "not a regular file"


@pytest.mark.parametrize("text", ["a." * 3000 + "FS", "(" * 3000 + "FS.x" + ")" * 3000, "[" * 5000, "if(FS){" * 2000])
def test_code_that_is_nested_too_deeply_breaks_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.js").write_text(text, "utf-8")
    look(tmp_path)


@pytest.mark.parametrize(
    "suffix", [".js", ".ts", ".tsx", ".vue", ".svelte", ".html", ".kt", ".swift", ".java", ".dart", ".py"]
)
@pytest.mark.parametrize(
    "text",
    [
        "",
        "FS",
        "FS.anonymize(",
        "}}}} FS.identify(",
        "class { FS }",
        "\u0000".replace("\u0000", "FS") * 3,
        "import FS from",
    ],
)
def test_scraps_of_code_break_nothing(tmp_path: Path, suffix: str, text: str) -> None:
    (tmp_path / f"a{suffix}").write_text(text, "utf-8")
    look(tmp_path)


def test_functions_that_call_one_another_in_a_circle_end(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text(
        "const a = b; const b = a;\nfunction f() { FS.anonymize(); g(); }\nfunction g() { f(); }\nlet s = s + 'x'; "
        "fetch(s);\n",
        "utf-8",
    )
    look(tmp_path)
