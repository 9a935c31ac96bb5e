"""What axe-core finds in a page, our own findings apart from the framework's."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

SERIOUS = ("serious", "critical")
# Streamlit's own, by axe's rule and the widget that renders it: nothing of ours can mend them.
FRAMEWORK = {
    "scrollable-region-focusable": ("stTable",),  # a wide table scrolls by touch, not by key
}


def findings(page: Page) -> list[str]:
    """Serious and critical findings, one line each; empty where there are none of ours."""
    violations = Axe().run(page).response["violations"]
    return [
        f"{violation['id']}: {node['html'][:200]}"
        for violation in violations
        if violation["impact"] in SERIOUS
        for node in violation["nodes"]
        if not any(name in str(node["target"]) for name in FRAMEWORK.get(violation["id"], ()))
    ]
