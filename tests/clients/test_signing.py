"""What servers sign of a uid is the same text in every language, and the one of WI-11."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
from typing import Any

import pytest
from passerby_client.signing import sign
from starlette.testclient import TestClient

from tests.docs.pages import ROOT

SECRET = "psk_0123456789abcdef0123456789abcdef"
EXPIRES_S = 1_790_000_000
SIGNED = "v1.1790000000.jwAokqu1EA0tTDwFVu5BeUi2Bphg2D5KZhO0slT4XHA"
CASES: list[tuple[str, str, str, int]] = [
    (SECRET, "o1", "42", EXPIRES_S),
    (SECRET, "o-1.x", "é \U0001f4a9 \n a@b.example", 1),
    ("ß", "o1", "4" * 256, 999_999_999_999),
]


def test_a_signature_is_what_the_contract_says() -> None:
    assert sign(SECRET, "o1", "42", EXPIRES_S) == SIGNED
    assert SIGNED in (ROOT / "spec/identity.md").read_text()


def test_every_part_of_what_is_signed_counts() -> None:
    others = [(SECRET + "0", "o1", "42", EXPIRES_S), (SECRET, "o2", "42", EXPIRES_S), (SECRET, "o1", "43", EXPIRES_S)]
    macs = {sign(*one).rpartition(".")[2] for one in [*others, (SECRET, "o1", "42", EXPIRES_S + 1)]}

    assert len(macs | {SIGNED.rpartition(".")[2]}) == 5
    assert all(re.fullmatch("[A-Za-z0-9_-]{43}", mac) for mac in macs)


def test_a_number_is_signed_as_the_text_that_a_browser_sends() -> None:
    assert sign(SECRET, "o1", 42, EXPIRES_S) == sign(SECRET, "o1", 42.0, EXPIRES_S) == SIGNED


@pytest.mark.parametrize("uid", ["", "  ", "x" * 257, True, None, 2**53, "\ud83d"])
def test_no_uid_is_not_signed(uid: Any) -> None:
    with pytest.raises(ValueError, match="a uid"):
        sign(SECRET, "o1", uid, EXPIRES_S)


@pytest.mark.parametrize("expires_s", [0, -1, 1.5, True, "1", 10**12])
def test_no_time_is_not_signed(expires_s: Any) -> None:
    with pytest.raises(ValueError, match="whole second"):
        sign(SECRET, "o1", "42", expires_s)


def test_nothing_is_signed_without_a_secret() -> None:
    with pytest.raises(ValueError, match="a secret"):
        sign("", "o1", "42", EXPIRES_S)


def test_the_node_sample_signs_the_same() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("no Node here")
    code = f"""import {{ sign }} from {json.dumps((ROOT / "examples/signing/sign.mjs").as_uri())};
        console.log(JSON.stringify({json.dumps(CASES)}.map((one) => sign(...one))));"""
    made = subprocess.run([node, "--input-type=module", "-e", code], capture_output=True, check=True, timeout=60)

    assert json.loads(made.stdout) == [sign(*one) for one in CASES]


@pytest.mark.parametrize("secret", [SECRET, ""])
def test_the_site_of_the_examples_signs_whom_it_says(secret: str) -> None:
    path = ROOT / "examples/starlette/app.py"
    specification = importlib.util.spec_from_file_location("signing_library", path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    client = TestClient(module.library("https://p.example", "o1", secret))
    nobody = client.get("/").text
    somebody = client.post("/login", data={"user": "42"}).text
    found = re.search(r'data-user="42" data-signature="((?:v1\.(\d+)\..+)?)"', somebody)

    assert 'data-user="" data-signature=""' in nobody
    assert found is not None
    assert found[1] == (sign(secret, "o1", "42", int(found[2])) if secret else "")
