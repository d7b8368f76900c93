"""Real tools for tests in a real browser: the service as a process, a site, a relay that remembers, a visitor."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Final

import msgspec
import pytest
from playwright.sync_api import Browser

from tests.browser.engines.choice import LACKS, launched, missing
from tests.browser.engines.names import ENGINES, TABS_AGREE
from tests.browser.loaders import Loader, loaders
from tests.browser.reader import ApiReader
from tests.browser.relay import Relay, relaying
from tests.browser.shop import Shop
from tests.browser.site import Site, serving_site
from tests.browser.visitor import Visitor, visiting
from tests.running import running_service

ORG: Final = "o-browser"
KEY: Final = "key-of-the-browser-tests"
FS_JS: Final = files("passerby.faces").joinpath("assets", "fs.js")


class TlsService(msgspec.Struct, frozen=True):
    """A running service. `trust` knows its development certificate."""

    base: str
    org: str
    key: str
    trust: ssl.SSLContext

    @property
    def host(self) -> str:
        """Host and port."""
        return self.base.removeprefix("https://")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here needs a browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.slow)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What is marked so runs in every engine."""
    if "engine" in metafunc.fixturenames and metafunc.definition.get_closest_marker("every_engine"):
        metafunc.parametrize("engine", metafunc.config.getoption("engine") or ENGINES, indirect=True, scope="session")


@pytest.fixture(scope="session")
def engine(request: pytest.FixtureRequest) -> str:
    """The engine to run in: Chromium, unless a test is marked as one for all."""
    engine: str = getattr(request, "param", "chromium")
    if why := missing(engine):
        pytest.skip(why)
    return engine


@pytest.fixture(scope="session")
def tabs_agree(engine: str) -> bool:
    """Whether tabs agree soon after one wrote. Where not, a test may not ask that they do."""
    return engine in TABS_AGREE


@pytest.fixture(autouse=True)
def _has_what_it_needs(request: pytest.FixtureRequest) -> None:
    """A test that is marked as needing what its engine lacks is skipped there."""
    for marker in request.node.iter_markers("needs"):
        if why := LACKS[request.getfixturevalue("engine")].get(marker.args[0]):
            pytest.skip(why)


@pytest.fixture(scope="session")
def service(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsService]:  # noqa: ARG001
    """The service over TLS, one for each engine: tests tell their visitors apart by uid and device."""
    with running_service(tmp_path_factory.mktemp("data"), "--tls", org=ORG, api_key=KEY, log="off") as running:
        authority = re.search(r"Trust\s+(\S+)", running.welcome)
        assert authority is not None
        yield TlsService(running.base, ORG, KEY, ssl.create_default_context(cafile=authority[1]))


@pytest.fixture
def reader(service: TlsService) -> Iterator[ApiReader]:
    """The service's API."""
    reader = ApiReader(service.base, service.key, service.trust)
    yield reader
    reader.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A web site on another origin."""
    with serving_site(tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture
def relay(service: TlsService, tmp_path: Path) -> Iterator[Relay]:
    """A relay before the service that has carried nothing yet."""
    with relaying(tmp_path, service.base, service.trust) as relay:
        yield relay


@pytest.fixture(scope="module")
def browser(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One per module, because Chromium's driver keeps this thread's event loop to itself while it runs."""
    with launched(engine, tmp_path_factory.mktemp(engine)) as browser:
        yield browser


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Visitor]:
    """Somebody who was never here before."""
    with visiting(browser) as visitor:
        yield visitor


@pytest.fixture(scope="session")
def _built_sdk() -> None:
    """Our fs.js and the npm packages; script/test fails before this if they cannot be had."""
    if not FS_JS.is_file():
        pytest.skip("the browser SDK is not built: run script/setup sdk")


@pytest.fixture(params=loaders(), ids=lambda loader: loader.name)
def loader(request: pytest.FixtureRequest, _built_sdk: None) -> Loader:
    """Each of Fullstory's own loaders in turn."""
    loader: Loader = request.param
    return loader


@pytest.fixture
def shop(
    _built_sdk: None, service: TlsService, site: Site, relay: Relay, visitor: Visitor, request: pytest.FixtureRequest
) -> Iterator[Shop]:
    """A site with fs.js on it. Whatever a test does there, no exception of ours may reach the page (RE-2)."""
    name = re.sub(r"\W+", "-", request.node.name).strip("-")
    yield Shop(service.org, site, relay, visitor, name)
    assert [line for line in visitor.complaints if line.startswith("uncaught")] == []
