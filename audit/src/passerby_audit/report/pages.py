"""The rules' pages as Markdown: one for each rule, and the list of all."""

from __future__ import annotations

import re

from passerby_audit.rules.registry import RULES
from passerby_audit.rules.rule import Rule


def pages() -> dict[str, str]:
    """File name → text."""
    made = {f"{rule.code.lower()}-{rule.name}.md": page(rule) for rule in RULES}
    rows = "\n".join(
        f"| [{rule.code}]({rule.code.lower()}-{rule.name}.md) | {rule.name} | {rule.severity} | {rule.title} |"
        for rule in RULES
    )
    made["README.md"] = f"{_INDEX}\n| code | name | severity | what it finds |\n|---|---|---|---|\n{rows}\n"
    return made


def page(rule: Rule) -> str:
    """One rule's page."""
    text = rule.page.strip()
    title, _, rest = text.partition("\n")
    rest = re.sub(r"^(What|Why|Known problems): ", r"**\1:** ", rest, flags=re.MULTILINE)
    rest = re.sub(r"^(Example|Instead)::\n\n((?:    .*\n?|\n)+)", _code, rest, flags=re.MULTILINE)
    return f"# {rule.code} {rule.name}\n\n{title} *({rule.severity})*\n{rest.rstrip()}\n"


def _code(found: re.Match[str]) -> str:
    lines = [line[4:] for line in found.group(2).rstrip().splitlines()]
    body = "\n".join(lines)
    return f"**{found.group(1)}:**\n\n```js\n{body}\n```\n\n"


_INDEX = """# What the linter finds

`passerby audit PATH…` (or `passerby-audit PATH…`) finds mistakes around login and logout in JavaScript, TypeScript,
Vue, Svelte, HTML, Kotlin, Swift, Java, Dart and Python. Errors and warnings are shown, hints only with `--hints`;
findings that rest on guesses only with `--confidence medium` or `low`. A comment `passerby: ignore[PB001] -- reason`
answers a finding; without a reason it does not. `--logout-paths` lists every logout path and what releases the
identity on it.

In `pyproject.toml`, under `[tool.passerby-audit]`, or in `passerby-audit.toml`: `select`, `ignore`, `exclude`,
`confidence`, `hints`, `assume-identified`, `baseline`, `max-file-bytes`.

As a pre-commit hook:

```yaml
- repo: local
  hooks:
    - id: passerby-audit
      name: passerby-audit
      entry: passerby-audit
      args: ["."]
      language: python
      additional_dependencies: ["passerby-audit"]
      pass_filenames: false
```

The whole tree is audited, not the changed files alone: what releases an identity may be anywhere. As a step of a
GitHub workflow, the action in `audit/action.yml` writes annotations.
"""
