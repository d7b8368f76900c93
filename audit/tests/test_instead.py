"""The corrected code that is shown beside a finding: whole statements, and calls that mean something where they are."""

from __future__ import annotations

from pathlib import Path

from passerby_audit.audit import audit
from passerby_audit.settings import Settings


def instead(place: Path, **files: str) -> list[str]:
    """What is shown in place of each logout that does not release, for an app of these files."""
    app = place / "app"
    app.mkdir()
    for name, text in files.items():
        stem, _, suffix = name.rpartition("_")
        (app / f"{stem}.{suffix}").write_text(text, "utf-8")
    return [f.instead for f in audit([app], Settings(select=("PB001",))).findings]


IDENTIFIES = "export const known = (user) => FS('setIdentity', { uid: user.id });\n"


def test_the_release_stands_after_the_whole_of_a_statement_of_several_lines(tmp_path: Path) -> None:
    logout = "export function logout() {\n  dispatch({\n    type: 'LOG_OUT',\n  });\n  done();\n}\n"
    assert instead(tmp_path, known_js=IDENTIFIES, logout_js=logout) == [
        "  dispatch({\n    type: 'LOG_OUT',\n  });\n  FS('setIdentity', { anonymous: true });"
    ]


def test_the_release_stands_before_a_statement_that_returns(tmp_path: Path) -> None:
    logout = "export async function logout() {\n  return await auth.signOut();\n}\n"
    assert instead(tmp_path, known_js=IDENTIFIES, logout_js=logout) == [
        "  FS('setIdentity', { anonymous: true });\n  return await auth.signOut();"
    ]


def test_a_function_that_is_one_expression_gets_a_body(tmp_path: Path) -> None:
    logout = "export const Out = () => <button onClick={() => supabase.auth.signOut()}>Log out</button>;\n"
    assert instead(tmp_path, known_js=IDENTIFIES, logout_jsx=logout) == [
        "{ supabase.auth.signOut(); FS('setIdentity', { anonymous: true }); }"
    ]


def test_a_statement_amid_a_line_is_shown_without_the_line(tmp_path: Path) -> None:
    logout = "export const logout = async () => { await auth.signOut(); router.push('/login'); };\n"
    assert instead(tmp_path, known_js=IDENTIFIES, logout_js=logout) == [
        "FS('setIdentity', { anonymous: true }); router.push('/login');"
    ]


def test_a_name_of_another_file_is_not_called(tmp_path: Path) -> None:
    known = "const sdk = () => window.FS;\nexport const known = (user) => sdk()('setIdentity', { uid: user.id });\n"
    logout = "export async function logout() {\n  await auth.signOut();\n}\n"
    assert instead(tmp_path, known_js=known, logout_js=logout) == [
        "  await auth.signOut();\n  window.FS?.('setIdentity', { anonymous: true });"
    ]


def test_a_name_that_is_imported_in_both_files_is_called(tmp_path: Path) -> None:
    brought = "import { FullStory } from '@fullstory/browser';\n"
    known = f"{brought}export const known = (user) => FullStory('setIdentity', {{ uid: user.id }});\n"
    logout = f"{brought}export async function logout() {{\n  await auth.signOut();\n}}\n"
    assert instead(tmp_path, known_js=known, logout_js=logout) == [
        "  await auth.signOut();\n  FullStory('setIdentity', { anonymous: true });"
    ]


def test_a_link_gets_a_handler(tmp_path: Path) -> None:
    link = "export const Out = () => (\n  <a\n    href='/logout'\n  >Leave</a>\n);\n"
    assert instead(tmp_path, known_js=IDENTIFIES, link_jsx=link) == [
        "    href='/logout' onClick={() => FS('setIdentity', { anonymous: true })}"
    ]
