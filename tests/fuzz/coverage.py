"""Fuzzing that sees which lines were run, by atheris: what leads to new ones is kept and changed further.

    script/soak fuzz [SECONDS [TARGET...]]

Each target runs in a process of its own, since atheris ends the process it runs in.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

_BYTES_MAX: Final = 8_192
_SLOWEST_S: Final = 10
_MEMORY_MB: Final = 1_024


def fuzz(target: str, seconds: int, corpus: str, found: str) -> None:
    """Run one target; does not return."""
    import atheris

    with atheris.instrument_imports(include=["passerby", "passerby_client"]):
        from tests.fuzz.targets import TARGETS
    options = [
        f"-max_total_time={seconds}", f"-max_len={_BYTES_MAX}", f"-timeout={_SLOWEST_S}", f"-rss_limit_mb={_MEMORY_MB}",
        f"-artifact_prefix={found}/{target}-", "-print_final_stats=1", "-verbosity=1",
    ]  # fmt: skip
    atheris.Setup([sys.argv[0], *options, corpus], TARGETS[target])
    atheris.Fuzz()


def main() -> int:
    """0 if no target failed; what made one fail is left in a folder that is named."""
    from tests.fuzz.seeds import SEEDS

    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    found, is_clean = tempfile.mkdtemp(prefix="passerby-fuzz-"), True
    for target in sys.argv[2:] or SEEDS:
        with tempfile.TemporaryDirectory() as corpus:
            for n, seed in enumerate(SEEDS[target]):
                (Path(corpus) / str(n)).write_bytes(seed)
            line = [sys.executable, "-m", "tests.fuzz.coverage", "--one", target, str(seconds), corpus, found]
            done = subprocess.run(line, capture_output=True, text=True, errors="replace", check=False)
        runs = _said(done.stderr, "stat::number_of_executed_units:")
        lines = done.stderr.rsplit("cov: ", 1)[-1].split(" ", 1)[0] if "cov: " in done.stderr else "?"
        print(
            f"  {'ok    ' if done.returncode == 0 else 'BROKEN'} {target:<10} {runs:>9} runs, {lines:>6} edges",
            flush=True,
        )
        if done.returncode:
            is_clean = False
            print(done.stdout[-3_000:])
            print("\n".join(done.stderr.splitlines()[-12:]), f"\n  the input is in {found}", flush=True)
    return 0 if is_clean else 1


def _said(text: str, name: str) -> str:
    return next((line.split()[-1] for line in text.splitlines() if line.startswith(name)), "?")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        fuzz(sys.argv[2], int(sys.argv[3]), sys.argv[4], sys.argv[5])
    else:
        sys.exit(main())
