"""What the browser tests share: the finished chain behind a real UI, endpoint and Chromium.

Whatever a test does, the browser reaches nobody but this machine and its console stays clean.
"""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser import site
from tests.browser.site import Site
from tests.integration.project import Project

expect.set_options(timeout=1000 * site.PATIENCE)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with site.chromium() as browser:
        yield browser


@pytest.fixture(scope="package")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("browser")


@pytest.fixture(scope="package")
def endpoint(project: Project, logs: Path) -> Iterator[Site]:
    """`make serve` in the finished chain."""
    with site.serve(project.root, project.environment, logs / "serve.log") as running:
        yield running


@pytest.fixture(scope="package")
def ui(project: Project, endpoint: Site, logs: Path) -> Iterator[Site]:
    """`make ui` beside it."""
    log = logs / "ui.log"
    with site.ui(project.root, project.environment, log, endpoint.address) as running:
        yield running


@pytest.fixture(scope="package", params=site.WIDTHS)
def context(request: pytest.FixtureRequest, browser: Browser) -> Iterator[BrowserContext]:
    """A browser's session of desktop or phone width, in which the UI's code is loaded once."""
    with site.session(browser, site.WIDTHS[request.param]) as context:
        yield context


@pytest.fixture
def page(context: BrowserContext, ui: Site) -> Iterator[Page]:
    """The UI's first page, at desktop and at phone width."""
    yield from visited(context, ui.address)


def visited(context: BrowserContext, address: str) -> Iterator[Page]:
    """A page at `address`; after the test, what its console and its requests were is judged."""
    page = context.new_page()
    errors: list[str] = []
    hosts: set[str | None] = set()
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
    page.goto(address)
    site.settled(page)
    yield page
    page.close()
    assert errors == []
    assert hosts <= {"127.0.0.1", None}  # None: what the page made itself
