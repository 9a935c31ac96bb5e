"""Each page's main task, done as a person does it, at desktop and phone width."""

import io
import json
import re
from pathlib import Path

import pandas as pd
import psutil
import pytest
import requests
from playwright.sync_api import Locator, Page, expect

from stages.domain.audit import PROTECTED
from tests.browser.accessible import findings
from tests.browser.site import settled, visit

# What is said, and not how it is laid out, needs no second width.
DESKTOP = pytest.mark.parametrize("context", ["desktop"], indirect=True)
PASTED = """customer_id,booked_at,amount
carla,2017-11-20T10:00:00,62.40
carla,2017-12-27T10:00:00,48.10
"""


@pytest.fixture(scope="package")
def scores(project) -> pd.DataFrame:
    return pd.read_parquet(project.root / "data/scores/scores.parquet")


def way(page: Page, name: str) -> Locator:
    """One of the ways to give transactions."""
    return page.get_by_role("radio", name=name).or_(
        page.get_by_role("button", name=name, exact=True)
    )


def card(page: Page, name: str) -> Locator:
    """The figure of a card."""
    shown = page.get_by_test_id("stMetric").filter(has=page.get_by_text(name, exact=True))
    return shown.get_by_test_id("stMetricValue")


def fits(page: Page) -> bool:
    """Whether the page needs no scrolling sideways."""
    return page.evaluate(
        "() => {const m = document.querySelector('[data-testid=stMain]');"
        " return m.scrollWidth <= m.clientWidth}"
    )


def downloaded(page: Page, button: str, name: str) -> pd.DataFrame:
    """A CSV of customers, of that name, with what its figures are made from and for how long."""
    with page.expect_download() as waiting:
        page.get_by_role("button", name=button).click()
    assert waiting.value.suggested_filename == name
    table = pd.read_csv(io.BytesIO(Path(waiting.value.path()).read_bytes()), dtype=str)
    assert set(PROTECTED).isdisjoint(table.columns)
    assert list(table.columns[-3:]) == ["model_version", "as_of", "horizon_days"]
    assert set(table["horizon_days"]) == {"90"}
    assert not table["expected_spend"].str.contains(r"\.\d{3}").any()
    assert not table["percentile"].str.contains(r"\.\d{2}").any()
    return table


def type_id(page: Page, customer_id: str) -> None:
    page.get_by_label("Customer id").fill(customer_id)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Look at").first.wait_for()
    settled(page)


def test_the_overview_says_how_much_is_expected_of_whom(page, scores):
    total = scores["expected_spend"].sum()
    expect(card(page, "Expected spend in all")).to_have_text(f"{total / 1e6:.2f} M")
    expect(card(page, "Customers")).to_have_text(f"{len(scores):,}")
    for heading in ("Where the spend is", "What changed since the last scoring"):
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
    expect(page.get_by_text("these are the first scores")).to_be_visible()
    assert fits(page)
    assert findings(page) == []


@DESKTOP
@pytest.mark.parametrize("title", ["Overview", "Customer", "Segments", "Campaign"])
def test_a_forecast_that_is_over_is_said_to_be(page, scores, title):
    visit(page, title)
    if title == "Customer":
        type_id(page, scores["customer_id"].iloc[0])
    expect(page.get_by_test_id("stAlert").filter(has_text="is over")).to_be_visible()
    expect(page.get_by_text("customers are expected")).to_have_count(0)


def test_a_customer_is_found_by_id_explained_and_moved_by_the_keyboard(page, scores):
    customer = scores.iloc[1234]
    visit(page, "Customer")
    type_id(page, customer["customer_id"])
    expect(card(page, "Percentile")).to_have_text(f"{int(customer['percentile'])}")
    expect(card(page, "Segment")).to_have_text(customer["segment"])
    expect(page.get_by_text("raises it by").or_(page.get_by_text("lowers it by"))).to_have_count(2)
    before = card(page, "As it is").inner_text()
    expect(card(page, "With these habits")).to_have_text(before)
    page.get_by_role("slider", name="More or less spent on each").press("PageUp")
    expect(page.get_by_test_id("stMetricValue").filter(has_text="+")).to_be_visible()
    settled(page)
    expect(card(page, "With these habits")).not_to_have_text(before)
    expect(card(page, "As it is")).to_have_text(before)
    assert fits(page)
    assert findings(page) == []
    similar = page.get_by_role("button", name="Look at").first
    other = similar.inner_text().removeprefix("Look at ")
    similar.click()
    expect(page.get_by_label("Customer id")).to_have_value(other)
    assert page.url.endswith("/customer")


@DESKTOP
def test_nobody_spends_more_than_all_customers(page, scores):
    best = scores.loc[scores["percentile"].idxmax()]
    assert best["percentile"] == 100
    visit(page, "Customer")
    type_id(page, best["customer_id"])
    expect(card(page, "Percentile")).to_have_text("99")
    expect(page.get_by_text("more than 99 % of customers")).to_be_visible()


@DESKTOP
def test_an_unknown_id_is_answered_with_what_to_do(page):
    visit(page, "Customer")
    page.get_by_label("Customer id").fill("nobody")
    page.keyboard.press("Enter")
    expect(page.get_by_text("No customer has exactly this id")).to_be_visible()


def test_a_segment_has_a_playbook_profiles_and_members_to_take_away(page, scores):
    visit(page, "Segments")
    page.get_by_role("combobox", name="Segment").click()
    page.get_by_role("option", name="Middle · steady").click()
    settled(page)
    members = scores[scores["segment"] == "Middle · steady"]
    expect(card(page, "Customers")).to_have_text(f"{len(members):,}")
    for topic in ("Pricing", "Campaigns", "Distribution", "Product priorities"):
        expect(page.get_by_text(topic, exact=True)).to_be_visible()
    for tab in ("Psychographic", "Demographic", "Geographic", "Products"):
        page.get_by_role("tab", name=tab).click()
        expect(page.get_by_role("tabpanel", name=tab)).to_contain_text("Middle · steady")
    as_of = scores["as_of"].iloc[0]
    name = f"members-middle-steady-{as_of}.csv"
    table = downloaded(page, f"Download the {len(members):,} members", name)
    assert set(table["customer_id"]) == set(members["customer_id"])
    assert set(table["as_of"]) == {str(as_of)}
    assert fits(page)
    assert findings(page) == []


def test_a_campaign_contacts_the_best_that_the_budget_pays(page, scores):
    visit(page, "Campaign")
    page.get_by_role("button", name="Top", exact=True).click()
    page.get_by_label("Budget", exact=True).fill("50")
    page.get_by_label("Cost of a contact").fill("0.5")
    page.keyboard.press("Enter")
    download = page.get_by_role("button", name="Download the 100 contacts")
    expect(download).to_be_visible()
    settled(page)
    best = scores[scores["tier"] == "Top"].nlargest(100, "expected_spend")
    expect(card(page, "Expected spend reached")).to_have_text(
        f"{best['expected_spend'].sum():,.0f}"
    )
    name = f"contacts-{scores['as_of'].iloc[0]}.csv"
    table = downloaded(page, "Download the 100 contacts", name)
    assert table["customer_id"].tolist() == best["customer_id"].tolist()
    assert fits(page)
    assert findings(page) == []


@DESKTOP
def test_a_budget_below_one_contact_says_what_to_change(page):
    visit(page, "Campaign")
    page.get_by_label("Budget", exact=True).fill("0")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The budget does not pay a single contact")).to_be_visible()


def test_pasted_transactions_are_answered_and_shown_as_curl(page):
    visit(page, "Test the model")
    way(page, "Paste").click()
    field = page.get_by_label("CSV with a header, or JSON")
    field.fill(PASTED)
    page.get_by_role("button", name="Ask the model").click()
    expect(page.get_by_role("heading", name="Answer")).to_be_visible()
    settled(page)
    expect(card(page, "Customers")).to_have_text("1")
    expect(card(page, "Answered in")).to_contain_text(" ms")
    expect(page.get_by_text("curl -s").first).to_be_visible()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download request.json").click()
    body = json.loads(Path(waiting.value.path()).read_text())
    assert [r["amount"] for r in body["dataframe_records"]] == [62.4, 48.1]
    assert fits(page)
    assert findings(page) == []
    field.fill("customer_id,booked_at,amount\ncarla,2017-11-20,sixty")
    page.get_by_role("button", name="Ask the model").click()
    expect(page.get_by_text("Row 1: amount is no number")).to_be_visible()
    field.fill(json.dumps(body | {"params": {"as_of": "2017-12-25"}}))
    page.get_by_role("button", name="Ask the model").click()
    expect(page.get_by_text("as of 2017-12-25")).to_be_visible()
    way(page, "Upload").click()
    latin = {"name": "a.csv", "mimeType": "text/csv", "buffer": "Müller".encode("latin-1")}
    page.locator("input[type=file]").set_input_files(latin)
    expect(page.get_by_text("The file is not UTF-8")).to_be_visible()


def test_health_shows_versions_quality_latency_and_the_way_into_mlflow(page):
    visit(page, "Health")
    expect(page.get_by_text("Links open")).to_be_visible()
    settled(page)
    for name in ("Champion", "Challenger", "Published scores", "Endpoint"):
        expect(card(page, name)).to_have_text("1")
    expect(page.get_by_text("passed the gate")).to_be_visible()
    page.get_by_role("button", name="Ask the endpoint 20 times").click()
    expect(card(page, "Median")).to_contain_text(" ms")
    settled(page)
    assert fits(page)
    assert findings(page) == []


@DESKTOP
def test_the_ui_listens_on_loopback_only_and_logs_no_customer(page, ui, endpoint, scores):
    customer = scores["customer_id"].iloc[1234]
    visit(page, "Customer")
    type_id(page, customer)
    server = psutil.Process(ui.pid)
    sockets = [
        connection.laddr.ip
        for process in (server, *server.children(recursive=True))
        for connection in process.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert set(sockets) == {"127.0.0.1"}
    requests.get(f"{endpoint.address}/customers/{customer}", timeout=10).raise_for_status()
    said = ui.log.read_text() + endpoint.log.read_text()
    assert endpoint.address in said
    assert re.search(rf"\b{customer}\b", said) is None
    assert "carla" not in said
    assert "Traceback" not in said
