"""The web UI and what it needs, started as a person starts them, and a real Chromium."""

import os
import shutil
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from stages.adapters.local.listening import free_port

PATIENCE = 60  # seconds for a server to start or a page to be whole, on a busy machine
WIDTHS = {"desktop": 1280, "phone": 390}
HEIGHT = 900


@dataclass(frozen=True)
class Site:
    """A server: its address, process and log."""

    address: str
    pid: int
    log: Path


@contextmanager
def running(
    target: str,
    root: Path,
    environment: Mapping[str, str],
    log: Path,
    ready: str,
    patience: float = PATIENCE,
) -> Iterator[Site]:
    """`make TARGET` (serve, ui or mlflow) in `root` on a port of its own, until `ready` answers."""
    port = free_port("127.0.0.1")
    command = ["make", target, f"{target.upper()}_PORT={port}", "--old-file", ".venv/bin/.ready"]
    address = f"http://127.0.0.1:{port}"
    with log.open("w") as output:
        process = subprocess.Popen(
            command,
            cwd=root,
            env=dict(environment),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + patience
        while not _answers(address + ready):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, f"make {target} did not start: {log.read_text()}"
            time.sleep(0.2)
        yield Site(address, process.pid, log)
    finally:
        with suppress(ProcessLookupError):  # it ended by itself
            os.killpg(process.pid, signal.SIGTERM)
        process.wait()


@contextmanager
def serve(root: Path, environment: Mapping[str, str], log: Path) -> Iterator[Site]:
    """The endpoint."""
    with running("serve", root, environment, log, "/ping") as site:
        yield site


@contextmanager
def ui(root: Path, environment: Mapping[str, str], log: Path, endpoint: str) -> Iterator[Site]:
    """The web UI, which asks the endpoint at that address."""
    environment = {**environment, "SERVE_URL": endpoint}
    with running("ui", root, environment, log, "/_stcore/health") as site:
        yield site


def _answers(address: str) -> bool:
    try:
        return urllib.request.urlopen(address, timeout=5).status == 200
    except OSError:
        return False


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, installed where it is absent and that is allowed."""
    root = os.geteuid() == 0
    if shutil.which("chromium") is None:
        assert root, "Chromium is not installed: apt-get install chromium"
        for step in (["update"], ["install", "--yes", "--no-install-recommends", "chromium"]):
            subprocess.run(["apt-get", "--quiet", *step], check=True, stdout=subprocess.DEVNULL)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"] if root else []
        )
        yield browser
        browser.close()


@contextmanager
def session(browser: Browser, width: int) -> Iterator[BrowserContext]:
    """A session of windows of that width."""
    context = browser.new_context(viewport={"width": width, "height": HEIGHT})
    context.set_default_timeout(1000 * PATIENCE)
    yield context
    context.close()


def settled(page: Page) -> None:
    """Wait until the page has run to its end, shows everything and stays so for a moment."""
    page.evaluate("window.calm = 0")
    page.wait_for_function(
        """() => {
            const run = document.querySelector('[data-testid="stApp"]').dataset.testScriptState;
            const busy = '[data-testid="stSkeleton"], [data-stale="true"]';
            const whole = document.querySelector('h1') && !document.querySelector(busy);
            window.calm = run === 'notRunning' && whole ? window.calm + 1 : 0;
            return window.calm > 3;
        }""",
        polling=100,
    )


def visit(page: Page, title: str) -> None:
    """Go to a page as a person does, by its name in the navigation."""
    page.get_by_role("link", name=title, exact=True).click()
    page.get_by_role("heading", name=title, exact=True, level=1).wait_for()
    settled(page)
