"""Where something lacks, the page says what to do."""

import pytest
from playwright.sync_api import Locator, Page, expect

from stages.adapters.local.listening import free_port
from stages.adapters.local.node import Address
from tests.browser import site
from tests.browser.conftest import visited
from tests.browser.site import visit
from tests.integration.project import Project

PAGES = ("Overview", "Customer", "Segments", "Campaign", "Test the model", "Health")


@pytest.fixture
def nowhere() -> str:
    """An address where nobody listens."""
    return f"http://127.0.0.1:{free_port('127.0.0.1')}"


@pytest.fixture
def unrun(browser, tmp_path, logs, nowhere):
    """The UI of a fresh copy in which nothing has run."""
    fresh = Project.copy(tmp_path, Address("127.0.0.1", 9))
    log = logs / "unrun.log"
    with (
        site.ui(fresh.root, fresh.environment, log, nowhere) as running,
        site.session(browser, site.WIDTHS["phone"]) as context,
    ):
        yield from visited(context, running.address)


@pytest.fixture
def unserved(browser, project, logs, nowhere):
    """The UI of the finished chain without an endpoint."""
    log = logs / "unserved.log"
    with (
        site.ui(project.root, project.environment, log, nowhere) as running,
        site.session(browser, site.WIDTHS["desktop"]) as context,
    ):
        yield from visited(context, running.address)


def told(page: Page) -> Locator:
    """The boxes that say what to do."""
    return page.get_by_test_id("stAlert")


def test_before_the_first_run_every_page_says_make_run(unrun):
    for title in PAGES:
        visit(unrun, title)
        expect(told(unrun)).to_contain_text("make run")


def test_without_an_endpoint_the_pages_that_ask_it_say_make_serve(unserved):
    visit(unserved, "Customer")
    unserved.get_by_role("button", name="Any customer").click()
    expect(told(unserved).filter(has_text="make serve")).to_have_count(2)
    visit(unserved, "Test the model")
    unserved.get_by_role("button", name="Ask the model").click()
    expect(told(unserved)).to_contain_text("make serve")
    unserved.get_by_role("link", name="Health").click()  # all but MLflow, which takes its time
    expect(unserved.get_by_text("not running: make serve").last).to_be_visible()
