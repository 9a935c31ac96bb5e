"""What /docs shows is all in its page."""

import re

from fastapi import FastAPI

from stages.serving import openapi


def test_the_page_of_docs_names_no_foreign_host_and_holds_its_files():
    page = openapi.page(FastAPI(title="Purchasing capability"))
    assert "://" not in page
    held = re.findall(r'(?:src|href)="([^;"]+)', page)
    assert held == ["data:text/css", "data:image/png", "data:text/javascript"]
