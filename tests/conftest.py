"""What every test may be asked for on the command line."""

from __future__ import annotations

import pytest

from tests.browser.engines.names import ENGINES


def pytest_addoption(parser: pytest.Parser) -> None:
    """Tests for every engine run in one of them alone if asked to; script/test runs each by itself."""
    parser.addoption("--engine", action="append", choices=ENGINES, help="of the tests for every engine, run this one's")
