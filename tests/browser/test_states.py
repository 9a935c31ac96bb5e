"""Where something lacks, the page says what to do."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager

import mlflow
import pandas as pd
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


def nobody() -> str:
    """An address where nobody listens."""
    return f"http://127.0.0.1:{free_port('127.0.0.1')}"


@pytest.fixture
def unrun(browser, tmp_path, logs):
    """The UI of a fresh copy in which nothing has run."""
    fresh = Project.copy(tmp_path, Address("127.0.0.1", 9))
    log = logs / "unrun.log"
    with (
        site.ui(fresh.root, fresh.environment, log, nobody()) as running,
        site.session(browser, site.WIDTHS["phone"]) as context,
    ):
        yield from visited(context, running.address)


@pytest.fixture
def unserved(browser, project, logs):
    """The UI of the finished chain without an endpoint."""
    log = logs / "unserved.log"
    with (
        site.ui(project.root, project.environment, log, nobody()) as running,
        site.session(browser, site.WIDTHS["desktop"]) as context,
    ):
        yield from visited(context, running.address)


@pytest.fixture(scope="module")
def twin(project, tmp_path_factory):
    """A copy of the finished chain."""
    return project.twin(tmp_path_factory.mktemp("states"))


@pytest.fixture(scope="module")
def changed(browser, project, tmp_path_factory, logs):
    """The UI of another copy, after what `extracted`, `worse` and `few` say, in a session."""
    root = project.twin(tmp_path_factory.mktemp("changed")).root
    extracted(root, project.lock()["data/raw"])
    worse(root)
    few(root)
    with (
        site.ui(root, project.environment, logs / "changed.log", nobody()) as running,
        site.session(browser, site.WIDTHS["desktop"]) as context,
    ):
        yield context, running.address


@pytest.fixture
def page(changed):
    """Its first page."""
    yield from visited(*changed)


def extracted(root, version):
    """data/raw is another version than the scores are made from."""
    lock = root / "dvc.lock"
    lock.write_text(lock.read_text().replace(version, "c0ffee.dir"))


def worse(root):
    """The champion ranks worse than the better baseline."""
    champion = root / "reports/champion.json"
    known = json.loads(champion.read_text())
    known["metrics"]["gain"]["gini"] = -0.005
    champion.write_text(json.dumps(known))


def few(root):
    """A segment has nine customers."""
    scores, reports = root / "data/scores/scores.parquet", root / "reports/segments.json"
    table, report = pd.read_parquet(scores), json.loads(reports.read_text())
    table.loc[table.index[table["segment"] == "Top · growing"][9:], "segment"] = "Top · steady"
    table.to_parquet(scores)
    report["segments"] = [s for s in report["segments"] if s["segment"] != "Top · growing"]
    reports.write_text(json.dumps(report))


@pytest.fixture(scope="module")
def keyed(browser, twin, logs):
    """The twin's endpoint, which asks for a key, and how to open a UI with an environment."""
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

        yield endpoint.address, opened, key


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


def test_the_overview_lends_the_scores_no_later_data_and_no_success(page):
    data = page.get_by_role("listitem").filter(has_text="Data:")
    expect(data).to_contain_text("data/raw has changed since and is not scored yet")
    expect(data).not_to_contain_text("transactions")
    expect(page.get_by_text("0.005 below that of the better baseline")).to_be_visible()


def test_health_says_that_its_figures_are_not_of_the_model_of_the_published_scores(page):
    visit(page, "Health")
    expect(told(page)).to_contain_text("not the one of the published scores (version 1)")


def test_a_segment_that_is_too_small_for_the_menu_is_named_under_it(page):
    visit(page, "Segments")
    expect(page.get_by_text("Not in the menu: Top · growing (9).")).to_be_visible()


def test_an_endpoint_with_a_key_is_asked_with_it_and_the_pages_show_only_its_name(keyed):
    _, opened, key = keyed
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


def test_a_broken_version_given_the_alias_by_hand_shows_on_health(twin, keyed):
    address, opened, key = keyed
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
