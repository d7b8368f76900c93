"""What docs/signed-identify.md shows makes signatures that the service takes."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time

import pytest

from passerby.base.ids import OrgId
from passerby.lifecycle.proof import fault_of
from tests.docs.pages import ROOT

_PAGE = (ROOT / "docs/signed-identify.md").read_text()
_SECRET, _ORG, _UID = "psk_0123456789abcdef0123456789abcdef", "o-TEST", 'ann "ä" 😀'


def sample(kind: str) -> str:
    found = re.search(rf"```{kind}\n(.*?)```", _PAGE, re.DOTALL)
    assert found is not None
    return found[1]


def proves(program: list[str]) -> bool:
    signature = subprocess.run(program, capture_output=True, text=True, check=True, timeout=60).stdout.strip()
    return fault_of(signature, OrgId(_ORG), _UID, [_SECRET.encode()], int(time.time() * 1000)) is None


def test_the_sample_in_python_signs() -> None:
    assert proves([sys.executable, "-c", f"{sample('python')}\nprint(sign({_SECRET!r}, {_ORG!r}, {_UID!r}))"])


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no Node.js")
def test_the_sample_in_javascript_signs() -> None:
    arguments = ", ".join(map(json.dumps, (_SECRET, _ORG, _UID)))
    assert proves(["node", "-e", f"{sample('js')}\nconsole.log(sign({arguments}));"])
