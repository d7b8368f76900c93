"""The command: exit codes, forms of the report, explanations."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from passerby_audit.cli import main

LEAKING = """\
import { signOut } from 'firebase/auth';
FS('setIdentity', { uid: user.id });
export async function logout() {
  await signOut(auth);
  window.location.href = '/login';
}
"""


@pytest.fixture
def app(tmp_path: Path) -> Path:
    place = tmp_path / "app"
    place.mkdir()
    (place / "auth.js").write_text(LEAKING, "utf-8")
    return place


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(main, [str(a) for a in arguments])
    return result.exit_code, result.output


def test_a_finding_makes_the_exit_code_one_and_shows_the_code_with_its_correction(app: Path) -> None:
    code, said = run(app)
    assert code == 1
    assert "auth.js:4:9: error PB001 logout-without-anonymize (in logout)" in said
    assert "+ |   FS('setIdentity', { anonymous: true });" in said


def test_a_clean_tree_exits_with_zero(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("export const one = 1;\n", "utf-8")
    assert run(tmp_path)[0] == 0


def test_exit_zero_reports_and_passes(app: Path) -> None:
    code, said = run(app, "--exit-zero")
    assert code == 0
    assert "PB001" in said


def test_a_path_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    assert run(tmp_path / "nowhere")[0] == 2


def test_json_carries_place_and_correction(app: Path) -> None:
    document = json.loads(run(app, "--format", "json")[1])
    (finding,) = document["findings"]
    assert (finding["code"], finding["path"], finding["line"], finding["confidence"]) == ("PB001", "auth.js", 4, "high")
    assert "anonymous: true" in finding["instead"]
    assert document["summary"]["identifies"] is True


def test_ignoring_a_rule_by_name_silences_it(app: Path) -> None:
    assert run(app, "--ignore", "logout-without-anonymize")[0] == 0


def test_selecting_another_rule_leaves_this_one_out(app: Path) -> None:
    assert run(app, "--select", "PB002")[0] == 0


def test_an_unknown_rule_is_a_usage_error(app: Path) -> None:
    assert run(app, "--select", "PB999")[0] == 2


def test_explain_prints_the_page_of_a_rule() -> None:
    code, said = run("explain", "PB012")
    assert code == 0
    assert said.startswith("PB012 shutdown-instead-of-anonymize (error)")
    assert "Instead::" in said


def test_logout_paths_name_each_path_and_what_releases_it(app: Path) -> None:
    code, said = run(app, "--logout-paths")
    assert code == 1
    assert "manual   logout at auth.js:4: DOES NOT RELEASE the identity" in said
