"""What is logged of a bug of ours says where it is, and nothing of whom it concerned (PV-3)."""

from __future__ import annotations

import io
import json
import logging
from logging.config import dictConfig

import pytest

from passerby.cli.logs import log_config


def of_exception(style: str, text: str) -> str:
    """What is logged when something raises an exception with that text."""
    told = io.StringIO()
    config = log_config(style)
    config["handlers"]["stderr"] |= {"stream": told}
    config["loggers"] = {"passerby.of.a.test": {**config["loggers"]["uvicorn"]}}
    dictConfig(config)
    try:
        int(text)
    except ValueError:
        logging.getLogger("passerby.of.a.test").exception("it failed")
    return told.getvalue()


@pytest.mark.parametrize("style", ["json", "text"])
def test_of_an_exception_it_is_told_where_and_which_and_not_its_text(style: str) -> None:
    told = of_exception(style, "uid-of-ann")
    assert "uid-of-ann" not in told
    assert "ValueError" in told
    assert "test_logs.py" in told
    assert "it failed" in told


def test_in_json_it_is_one_line() -> None:
    (line,) = of_exception("json", "uid-of-ann").splitlines()
    assert {"at", "level", "message", "traceback"} == set(json.loads(line))
