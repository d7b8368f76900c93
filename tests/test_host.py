"""What the service asks of the machine it runs on."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.running import clean_environment

_THREADS = 8
_HASHING = f"""
import threading
from pathlib import Path
from passerby.access.passwords import fits
from passerby.host import give_large_memory_back
(give_large_memory_back if {{is_asked}} else int)()
started, turn = threading.Barrier({_THREADS}), threading.Lock()
def work():
    started.wait()
    for _ in range(2):
        with turn:
            fits("a guess", None)
    started.wait()
    started.wait()
threads = [threading.Thread(target=work) for _ in range({_THREADS} - 1)]
for thread in threads:
    thread.start()
started.wait()
started.wait()
print(Path("/proc/self/status").read_text())
started.wait()
"""
"""Threads that are there together hash in turn, as those of a service do."""


def resident_mb(is_asked: bool) -> float:
    told = subprocess.run(
        [sys.executable, "-c", _HASHING.format(is_asked=is_asked)],
        env=clean_environment(), capture_output=True, text=True, check=True, timeout=60,
    ).stdout  # fmt: skip
    found = re.search(r"VmRSS:\s+(\d+)", told)
    assert found is not None
    return int(found[1]) / 1024


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read where Linux tells it")
def test_what_hashing_took_goes_back_whichever_thread_did_it() -> None:
    kept = resident_mb(is_asked=False)
    if kept < 19 * _THREADS / 2:
        pytest.skip("this C library keeps nothing")
    assert resident_mb(is_asked=True) < 19 * 3
