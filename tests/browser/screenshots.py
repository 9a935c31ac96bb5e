"""Pictures of every page with the result on disk, for README and docs: `make screenshots`."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page

from stages.adapters.paths import ROOT
from tests.browser import site

IMAGES = ROOT / "docs" / "images"
TALLEST = 2600  # pixels of a picture


def any_customer(page: Page) -> None:
    page.get_by_label("Customer id").fill("1001")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Look at").first.wait_for()
    page.get_by_role("slider", name="More or fewer visits").press("PageUp")
    page.get_by_test_id("stMetricValue").filter(has_text="+").wait_for()


def campaign(page: Page) -> None:
    page.get_by_role("button", name="Top", exact=True).click()
    page.get_by_role("button", name="Middle", exact=True).click()
    page.get_by_role("button", name="Download the").wait_for()


def ask(page: Page) -> None:
    page.get_by_role("button", name="Ask the model").click()
    page.get_by_role("heading", name="Answer").wait_for()


def asked(page: Page) -> None:
    page.get_by_text("Links open").wait_for()


PICTURES: tuple[tuple[str, str, str, Callable[[Page], None] | None], ...] = (
    ("ui-overview", "Overview", "desktop", None),
    ("ui-overview-phone", "Overview", "phone", None),
    ("ui-customer", "Customer", "desktop", any_customer),
    ("ui-segments", "Segments", "desktop", None),
    ("ui-campaign", "Campaign", "desktop", campaign),
    ("ui-test", "Test the model", "desktop", ask),
    ("ui-health", "Health", "desktop", asked),
)


def picture(page: Page, width: int, file: Path) -> None:
    """The whole page, from its top down to its footer."""
    page.mouse.move(0, 0)
    page.set_viewport_size({"width": width, "height": TALLEST})
    site.settled(page)
    footer = page.get_by_text("in the currency of the source · model").bounding_box()
    assert footer is not None
    height = min(footer["y"] + footer["height"] + 20, TALLEST)
    page.screenshot(path=file, clip={"x": 0, "y": 0, "width": width, "height": height})


def main() -> None:
    """Start the endpoint and the UI, walk through the pages, write the pictures."""
    environment = dict(os.environ)
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    with (
        TemporaryDirectory() as folder,
        site.serve(ROOT, environment, Path(folder) / "serve.log") as endpoint,
        site.ui(ROOT, environment, Path(folder) / "ui.log", endpoint.address) as ui,
        site.chromium() as browser,
    ):
        for name, title, kind, prepare in PICTURES:
            with site.session(browser, site.WIDTHS[kind]) as context:
                page = context.new_page()
                page.goto(ui.address)
                site.settled(page)
                site.visit(page, title)
                if prepare:
                    prepare(page)
                site.settled(page)
                picture(page, site.WIDTHS[kind], IMAGES / f"{name}.png")
                print(IMAGES / f"{name}.png")


if __name__ == "__main__":
    main()
