"""What people can answer to a finding: a comment with a reason, a baseline, a setting, a correction."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator
from passerby_audit.cli import main

WRONG = "FS('setIdentity', { uid: null });\n"


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(main, [str(a) for a in arguments])
    return result.exit_code, result.output


@pytest.fixture
def app(tmp_path: Path) -> Path:
    place = tmp_path / "app"
    place.mkdir()
    return place


def test_a_comment_with_code_and_reason_answers_the_next_line(app: Path) -> None:
    (app / "a.js").write_text(f"// passerby: ignore[PB004] -- a test of the refusal\n{WRONG}", "utf-8")
    code, said = run(app)
    assert code == 0
    assert "1 suppressed" in said


def test_a_comment_answers_its_own_line_by_the_rules_name(app: Path) -> None:
    (app / "a.js").write_text(WRONG.rstrip() + " // passerby: ignore[wrong-anonymize-syntax] -- on purpose\n", "utf-8")
    assert run(app)[0] == 0


def test_a_comment_for_the_file_answers_all_of_it(app: Path) -> None:
    (app / "a.js").write_text(f"// passerby: ignore-file[PB004] -- made by a tool\n{WRONG}{WRONG}", "utf-8")
    assert run(app)[0] == 0


def test_a_comment_without_a_reason_answers_nothing_and_is_named(app: Path) -> None:
    (app / "a.js").write_text(f"// passerby: ignore[PB004]\n{WRONG}", "utf-8")
    code, said = run(app)
    assert code == 1
    assert "a.js:1: a suppression has to give its reason" in said


def test_a_comment_that_answers_nothing_is_named(app: Path) -> None:
    (app / "a.js").write_text(
        "// passerby: ignore[PB001] -- was needed once\nFS('setIdentity', { anonymous: true });\n", "utf-8"
    )
    assert "answers nothing" in run(app)[1]


def test_a_baseline_lets_known_findings_pass_and_no_new_ones(app: Path, tmp_path: Path) -> None:
    known = tmp_path / "known.json"
    (app / "a.js").write_text(WRONG, "utf-8")
    assert run(app, "--write-baseline", known)[0] == 0
    assert run(app, "--baseline", known)[0] == 0
    (app / "a.js").write_text(f"\n\n{WRONG}FS('setIdentity', {{ uid: '' }});\n", "utf-8")
    code, said = run(app, "--baseline", known)
    assert code == 1
    assert said.count("PB004") == 1
    assert "1 in the baseline" in said


def test_a_file_that_is_no_baseline_is_a_usage_error(app: Path) -> None:
    (app / "a.js").write_text(WRONG, "utf-8")
    assert run(app, "--baseline", app / "a.js")[0] == 2


def test_settings_come_from_the_nearest_file(app: Path) -> None:
    (app / "a.js").write_text(WRONG, "utf-8")
    (app / "passerby-audit.toml").write_text('ignore = ["PB004"]\n', "utf-8")
    assert run(app)[0] == 0


def test_settings_come_from_pyproject(app: Path) -> None:
    (app / "a.js").write_text(WRONG, "utf-8")
    (app / "pyproject.toml").write_text('[tool.passerby-audit]\nexclude = ["a.js"]\n', "utf-8")
    assert run(app)[0] == 0


@pytest.mark.parametrize("line", ["colour = 1", 'hints = "yes"', 'confidence = "utter"', "= ="])
def test_a_setting_that_cannot_be_is_a_usage_error(app: Path, line: str) -> None:
    (app / "passerby-audit.toml").write_text(line + "\n", "utf-8")
    assert run(app)[0] == 2


def test_fix_shows_a_diff_and_corrects_what_is_safe(app: Path) -> None:
    (app / "a.js").write_text(WRONG, "utf-8")
    code, said = run(app, "--fix", "--yes")
    assert code == 0
    assert "-FS('setIdentity', { uid: null });" in said
    assert (app / "a.js").read_text("utf-8") == "FS('setIdentity', { anonymous: true });\n"
    assert run(app)[0] == 0


def test_diff_changes_nothing(app: Path) -> None:
    (app / "a.js").write_text(WRONG, "utf-8")
    assert "+FS('setIdentity', { anonymous: true });" in run(app, "--diff")[1]
    assert (app / "a.js").read_text("utf-8") == WRONG


def test_a_repeated_release_is_removed_with_its_line(app: Path) -> None:
    text = "function logout() {\n  FS.anonymize();\n  clearTokens();\n  FS.anonymize();\n}\n"
    (app / "a.js").write_text(text, "utf-8")
    run(app, "--fix", "--yes", "--select", "PB003")
    assert (app / "a.js").read_text("utf-8") == "function logout() {\n  FS.anonymize();\n  clearTokens();\n}\n"


def test_sarif_has_rules_places_and_suppressions(app: Path) -> None:
    (app / "a.js").write_text(f"{WRONG}// passerby: ignore[PB004] -- on purpose\n{WRONG}", "utf-8")
    log = json.loads(run(app, "--format", "sarif")[1])
    Draft202012Validator(SARIF).validate(log)
    (done,) = log["runs"]
    assert [r["ruleId"] for r in done["results"]] == ["PB004", "PB004"]
    assert "suppressions" not in done["results"][0]
    assert done["results"][1]["suppressions"] == [{"kind": "inSource"}]
    rules = done["tool"]["driver"]["rules"]
    assert all(rules[r["ruleIndex"]]["id"] == r["ruleId"] for r in done["results"])


def test_github_annotations_name_file_and_line(app: Path) -> None:
    (app / "a.js").write_text(WRONG, "utf-8")
    said = run(app, "--format", "github")[1]
    assert said.startswith("::error file=a.js,line=1,col=1,endLine=1,endColumn=33,title=PB004 wrong-anonymize-syntax::")


def test_a_report_goes_into_a_file(app: Path, tmp_path: Path) -> None:
    (app / "a.js").write_text(WRONG, "utf-8")
    report = tmp_path / "report.json"
    assert run(app, "--format", "json", "--output", report)[1] == ""
    assert json.loads(report.read_text("utf-8"))["findings"][0]["code"] == "PB004"


SARIF = {
    "type": "object",
    "required": ["version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["tool", "results"],
                "properties": {
                    "tool": {
                        "type": "object",
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "type": "object",
                                "required": ["name", "rules"],
                                "properties": {
                                    "rules": {
                                        "type": "array",
                                        "items": {"required": ["id", "shortDescription", "fullDescription"]},
                                    }
                                },
                            }
                        },
                    },
                    "results": {
                        "type": "array",
                        "items": {
                            "required": ["ruleId", "ruleIndex", "level", "message", "locations"],
                            "properties": {
                                "level": {"enum": ["none", "note", "warning", "error"]},
                                "locations": {
                                    "type": "array",
                                    "minItems": 1,
                                    "items": {
                                        "properties": {
                                            "physicalLocation": {
                                                "required": ["artifactLocation", "region"],
                                                "properties": {
                                                    "region": {
                                                        "properties": {
                                                            "startLine": {"type": "integer", "minimum": 1},
                                                            "startColumn": {"type": "integer", "minimum": 1},
                                                        }
                                                    }
                                                },
                                            }
                                        }
                                    },
                                },
                            },
                        },
                    },
                },
            },
        },
    },
}
"""The parts of the SARIF 2.1.0 schema that readers of it insist on."""
