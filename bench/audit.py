"""How fast the linter is: a million lines of mixed source on one core, and semgrep with three of the same patterns.

The tree is made up from a seed: the apps of audit/corpus, and around them modules as a product has them, in eight
languages; three in a hundred files speak of logging out. Nothing of it is kept. Both programs are run by turns on one
core over the same tree, and their processor time is taken.

    python bench/audit.py [--lines 1000000] [--against-lines 100000] [--rounds 3] [--semgrep PATH]
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

CORPUS = Path(__file__).parents[1] / "audit" / "corpus"
SECONDS_MAX = 30
TIMES_FASTER_MIN = 5

_RULES = """rules:
  - id: wrong-anonymize-syntax
    languages: [javascript, typescript]
    severity: ERROR
    message: this releases nobody
    patterns:
      - pattern-either:
          - pattern: "$FS('setIdentity', {..., uid: null, ...})"
          - pattern: "$FS('setIdentity', {..., uid: '', ...})"
          - pattern: "$FS('setIdentity', {..., uid: 'anonymous', ...})"
          - pattern: "$FS('setIdentity', {})"
  - id: anonymize-after-navigation
    languages: [javascript, typescript]
    severity: ERROR
    message: too late
    pattern-either:
      - pattern: |
          window.location.href = $X;
          ...
          $FS('setIdentity', {anonymous: true});
      - pattern: |
          $R.push(...);
          ...
          FS.anonymize();
  - id: logout-without-anonymize
    languages: [javascript, typescript]
    severity: ERROR
    message: nobody is released
    patterns:
      - pattern-either:
          - pattern: "function $F(...) { ... localStorage.removeItem(...); ... }"
          - pattern: "const $F = (...) => { ... localStorage.removeItem(...); ... }"
      - pattern-not: "function $F(...) { ... $FS('setIdentity', {anonymous: true}); ... }"
      - pattern-not: "function $F(...) { ... FS.anonymize(); ... }"
      - pattern-not: "const $F = (...) => { ... FS.anonymize(); ... }"
"""

_WORDS = [
    "order",
    "item",
    "price",
    "cart",
    "page",
    "list",
    "row",
    "cell",
    "chart",
    "label",
    "filter",
    "query",
    "team",
    "task",
]


def module(random_: random.Random, suffix: str, speaks: bool) -> str:
    """One made-up module of a few dozen to a few hundred lines."""
    parts = []
    for _ in range(random_.randint(4, 24)):
        a, b = random_.choice(_WORDS), random_.choice(_WORDS)
        name = f"{a}{b.title()}{random_.randint(1, 999)}"
        parts.append(_function(suffix, name, a, b))
    if speaks:
        parts.append(_function(suffix, f"logout{random_.randint(1, 999)}Link", "href", "logout"))
    return "\n\n".join(parts) + "\n"


def _function(suffix: str, name: str, a: str, b: str) -> str:
    if suffix in (".kt", ".swift", ".java", ".dart", ".py"):
        return _FORMS[suffix].replace("NAME", name).replace("AAA", a).replace("BBB", b)
    return _FORMS[".ts"].replace("NAME", name).replace("AAA", a).replace("BBB", b)


_FORMS = {
    ".ts": """export function NAME(AAA, BBB = {}) {
  const found = AAA.filter((one) => one.BBB > 3 && !one.hidden);
  if (found.length === 0) {
    return { BBB: null, total: 0, rows: [] };
  }
  const total = found.reduce((sum, one) => sum + one.BBB * (one.count || 1), 0);
  for (const one of found) {
    one.label = `${one.name}: ${format(one.BBB)}`;
  }
  return { BBB: found[0], total, rows: found.map((one) => ({ ...one, share: one.BBB / total })) };
}""",
    ".kt": """fun NAME(AAA: List<Row>, BBB: Int = 3): Summary {
    val found = AAA.filter { it.count > BBB && !it.hidden }
    if (found.isEmpty()) {
        return Summary(null, 0, emptyList())
    }
    var total = 0
    for (one in found) {
        total += one.count * (one.weight ?: 1)
    }
    return Summary(found.first(), total, found.map { it.copy(share = it.count / total) })
}""",
    ".swift": """func NAME(_ AAA: [Row], BBB: Int = 3) -> Summary {
    let found = AAA.filter { $0.count > BBB && !$0.hidden }
    guard let first = found.first else {
        return Summary(first: nil, total: 0, rows: [])
    }
    var total = 0
    for one in found {
        total += one.count * (one.weight ?? 1)
    }
    return Summary(first: first, total: total, rows: found)
}""",
    ".java": """class NAME {
    Summary of(List<Row> AAA, int BBB) {
        int total = 0;
        for (Row one : AAA) {
            if (one.getCount() > BBB && !one.isHidden()) {
                total += one.getCount() * one.getWeight();
            }
        }
        return new Summary(AAA.isEmpty() ? null : AAA.get(0), total);
    }
}""",
    ".dart": """Summary NAME(List<Row> AAA, {int BBB = 3}) {
  final found = AAA.where((one) => one.count > BBB && !one.hidden).toList();
  if (found.isEmpty) {
    return Summary(null, 0);
  }
  var total = 0;
  for (final one in found) {
    total += one.count * (one.weight ?? 1);
  }
  return Summary(found.first, total);
}""",
    ".py": """def NAME(AAA, BBB=3):
    found = [one for one in AAA if one.count > BBB and not one.hidden]
    if not found:
        return None, 0, []
    total = 0
    for one in found:
        total += one.count * (one.weight or 1)
    return found[0], total, found""",
}
_SUFFIXES = [".ts", ".tsx", ".js", ".ts", ".tsx", ".js", ".kt", ".swift", ".java", ".dart", ".py"]


def make_tree(root: Path, lines: int, seed: int) -> int:
    """A tree of at least so many lines; returns how many there are."""
    random_ = random.Random(seed)
    shutil.copytree(CORPUS, root / "apps")
    count = sum(p.read_bytes().count(b"\n") for p in (root / "apps").rglob("*") if p.is_file())
    number = 0
    while count < lines:
        suffix = random_.choice(_SUFFIXES)
        text = module(random_, suffix, random_.random() < 0.03)
        place = root / f"area{number % 97}" / f"part{number % 13}" / f"module{number}{suffix}"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, "utf-8")
        count += text.count("\n")
        number += 1
    return count


def seconds(command: list[str]) -> float:
    """The processor time that a program and its children take, on one core; the machine may be busy with other
    things."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**os.environ, "SEMGREP_SEND_METRICS": "off"},
        preexec_fn=lambda: os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}),
        check=False,
    )
    if done.returncode not in (0, 1):
        raise SystemExit(f"{command[0]} failed: {done.stderr.decode()[-400:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def own(tree: Path) -> list[str]:
    return [sys.executable, "-c", "from passerby_audit.cli import main; main()", str(tree), "--exit-zero"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--against-lines", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--semgrep", default=shutil.which("semgrep") or "")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "whole"
        count = make_tree(whole, given.lines, 1)
        taken = sorted(seconds(own(whole)) for _ in range(given.rounds))
        print(f"{count} lines: {taken[len(taken) // 2]:.1f} s (median of {given.rounds}; limit {SECONDS_MAX} s)")
        if not given.semgrep:
            print("semgrep is not installed; say where it is with --semgrep")
            return
        part = Path(folder) / "part"
        count = make_tree(part, given.against_lines, 2)
        rules = Path(folder) / "rules.yaml"
        rules.write_text(_RULES, "utf-8")
        flags = ["--jobs", "1", "--quiet", "--no-git-ignore", "--disable-version-check"]
        theirs = [given.semgrep, "scan", "--config", str(rules), *flags, str(part)]
        pairs = [(seconds(own(part)), seconds(theirs)) for _ in range(given.rounds)]
        ratios = sorted(b / a for a, b in pairs)
        print(f"{count} lines, by turns: {', '.join(f'{a:.1f} s against {b:.1f} s' for a, b in pairs)}")
        print(f"{ratios[len(ratios) // 2]:.1f} times as fast as semgrep (median; at least {TIMES_FASTER_MIN} wanted)")


if __name__ == "__main__":
    main()
