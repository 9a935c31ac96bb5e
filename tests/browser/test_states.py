"""Where something lacks, the page says what to do."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import mlflow
import pytest
import requests
from playwright.sync_api import Locator, Page, expect

from stages.adapters import registry
from stages.adapters.local.listening import free_port
from stages.adapters.local.node import Address
from tests.browser import site
from tests.browser.conftest import visited
from tests.browser.site import visit
from tests.integration.project import Project

KEY = "key-of-the-browser"
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


@pytest.fixture
def extracted(browser, project, logs, nowhere, tmp_path):
    """The UI of a twin whose data/raw is another version than the scores are made from."""
    twin = project.twin(tmp_path)
    lock = twin.root / "dvc.lock"
    lock.write_text(lock.read_text().replace(twin.lock()["data/raw"], "c0ffee.dir"))
    with (
        site.ui(twin.root, twin.environment, logs / "extracted.log", nowhere) as running,
        site.session(browser, site.WIDTHS["desktop"]) as context,
    ):
        yield from visited(context, running.address)


@pytest.fixture
def keyed(browser, project, logs, tmp_path):
    """A twin's endpoint that asks for a key: the twin, and how to open a UI with an environment."""
    twin = project.twin(tmp_path)
    key = {"SERVE_API_KEY": KEY}
    guarded = twin.environment | key | {"SERVE_POLL": "0.2"}
    with (
        site.serve(twin.root, guarded, logs / "keyed.log") as endpoint,
        site.session(browser, site.WIDTHS["desktop"]) as context,
    ):

        @contextmanager
        def opened(environment: dict[str, str]) -> Iterator[Page]:
            given = twin.environment | environment
            with (
                site.ui(twin.root, given, logs / "keyed-ui.log", endpoint.address) as running,
                contextmanager(visited)(context, running.address) as page,
            ):
                yield page

        yield twin, endpoint.address, opened, key


def told(page: Page) -> Locator:
    """The boxes that say what to do."""
    return page.get_by_test_id("stAlert")


def test_before_the_first_run_every_page_says_make_run(unrun):
    for title in PAGES:
        visit(unrun, title)
        expect(told(unrun)).to_contain_text("make run")


def test_without_an_endpoint_the_pages_that_ask_it_say_make_serve(unserved):
    visit(unserved, "Customer")
    unserved.get_by_label("Customer id").fill("1001")  # of some others there is no habit to change
    unserved.get_by_label("Customer id").press("Enter")
    expect(told(unserved).filter(has_text="make serve")).to_have_count(2)
    visit(unserved, "Test the model")
    unserved.get_by_role("button", name="Ask the model").click()
    expect(told(unserved)).to_contain_text("make serve")
    unserved.get_by_role("link", name="Health").click()  # all but MLflow, which takes its time
    expect(unserved.get_by_text("not running: make serve").last).to_be_visible()


def test_data_that_are_not_scored_yet_lend_the_scores_no_figures(extracted):
    data = extracted.get_by_role("listitem").filter(has_text="Data:")
    expect(data).to_contain_text("data/raw has changed since and is not scored yet")
    expect(data).not_to_contain_text("transactions")


def test_a_broken_version_given_the_alias_by_hand_shows_on_health(keyed):
    twin, address, opened, key = keyed
    said = twin.run("python", "-m", "tests.integration.versions", "no load")
    broken = said.split("version=")[-1].split()[0]
    client = mlflow.MlflowClient(f"sqlite:///{twin.root}/mlflow.db")
    client.set_registered_model_alias(registry.NAME, "champion", broken)
    health, deadline = {"problem": None}, time.monotonic() + site.PATIENCE
    while not health["problem"]:
        assert time.monotonic() < deadline
        time.sleep(0.2)
        health = requests.get(f"{address}/health", timeout=10).json()
    with opened(key) as page:
        visit(page, "Health")
        expect(told(page).filter(has_text="serves version 1, but")).to_contain_text(broken)


def test_an_endpoint_with_a_key_is_asked_with_it_and_the_pages_show_only_its_name(keyed):
    _, _, opened, key = keyed
    with opened({}) as page:
        visit(page, "Test the model")
        page.get_by_role("button", name="Ask the model").click()
        expect(told(page)).to_contain_text("set SERVE_API_KEY")
        visit(page, "Health")
        expect(page.get_by_text("refuses: try it on Test the model").last).to_be_visible()
    with opened(key) as page:
        visit(page, "Test the model")
        page.get_by_role("button", name="Ask the model").click()
        expect(page.get_by_text('-H "X-API-Key: $SERVE_API_KEY"')).to_be_visible()
        assert KEY not in page.content()
