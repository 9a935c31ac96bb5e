"""What the viewer sees: pages as Chromium shows them, and a terminal drawn by the same Chromium."""

import html
import itertools
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, TimeoutError

from demo.film import HEIGHT, WIDTH
from demo.place import Place
from tests.browser import site

PATIENCE = 120  # seconds for a page, on a busy machine
ROWS, MOST = 27, 36  # lines of the terminal; pictures of an output, at most
STYLE = """<style>
body {margin: 0; background: #0b1622; color: #e6edf3; font: 16px/21px 'DejaVu Sans Mono', monospace}
header {background: #1f4e79; padding: 5px 14px; font-size: 15px; position: sticky; top: 0}
pre {margin: 10px 14px; font: inherit; white-space: pre-wrap; overflow-wrap: anywhere}
.card {display: grid; place-content: center; height: 100vh; text-align: center;
  font-family: 'DejaVu Sans', sans-serif; gap: 26px; padding: 0 90px}
.card h1 {font-size: 46px; line-height: 58px; margin: 0} .card p {font-size: 25px; margin: 0;
  line-height: 36px; color: #b9c9d8}
</style>"""


@dataclass(frozen=True)
class Frame:
    """A picture and the seconds that it is seen; the last one of a step stays longer."""

    file: Path
    seconds: float


class Camera:
    """One browser window, and the pictures taken of it."""

    def __init__(self, context: BrowserContext, folder: Path) -> None:
        self._page, self._folder = context.new_page(), folder
        self._page.set_default_timeout(1000 * PATIENCE)
        self._page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
        self._number = itertools.count()

    def play(self, step: dict[str, Any], place: Place) -> list[Frame]:
        """Do what a step says: a card, a command or a page; then the actions on the page."""
        frames: list[Frame] = []
        for name in step.get("needs", []):
            place.address(name)
        if "card" in step:
            title, *rest = (html.escape(line) for line in step["card"])
            body = f"<h1>{title}</h1>" + "".join(f"<p>{line}</p>" for line in rest)
            self._show(f"<div class=card>{body}</div>")
        if "run" in step:
            frames += self._terminal(step["run"].strip(), place)
        if "page" in step:
            self._page.goto(place.address(step["page"]) + step.get("at", "/"))
            self._settle()
        for action in step.get("do", []):
            for verb, what in action.items():
                frames += self._act(verb, what)
        return [*frames, self._shot(1.0)]

    def _terminal(self, command: str, place: Place) -> list[Frame]:
        """The command as it is typed, then its real output."""
        frames = []
        for share in (0.0, 0.25, 0.5, 0.75, 1.0):
            self._screen("", [f"$ {command[: round(share * len(command))]}▌"])
            frames.append(self._shot(0.25))
        ran = place.run(command)
        took = f"the command took {ran.seconds:,.0f} s" if ran.seconds >= 10 else ""
        lines = [*f"$ {command}".splitlines(), *ran.lines]
        pace = max(1, -(-len(ran.lines) // MOST))
        for end in range(len(lines) - len(ran.lines), len(lines), pace):
            self._screen("", lines[:end])
            frames.append(self._shot(0.25))
        self._screen(took, lines)
        return frames

    def _screen(self, told: str, lines: list[str]) -> None:
        shown = html.escape("\n".join(lines[-ROWS:]))
        self._show(
            f"<header>Terminal in the checkout &nbsp; {told}</header><pre>{shown}</pre>"
            "<script>scrollTo(0, 1e6)</script>"
        )

    def _show(self, body: str) -> None:
        self._page.set_content(STYLE + body)

    def _act(self, verb: str, what: Any) -> list[Frame]:
        """One action of a person, with a picture before and after."""
        frames = []
        if verb == "scroll":
            self._page.mouse.move(WIDTH / 2, HEIGHT / 2)
            for _ in range(8):
                self._page.mouse.wheel(0, what / 8)
                self._page.wait_for_timeout(60)
                frames.append(self._shot(0.1))
        elif verb == "fill":
            ((field, text),) = what.items()
            frames.append(self._mark(field))
            self._page.locator(field).first.fill(str(text))
        elif verb == "click":
            frames.append(self._mark(what))
            self._page.locator(what).first.click()
        elif verb == "press":
            ((field, key),) = what.items()
            self._page.locator(field).first.press(key)
        else:
            assert verb == "wait", f"{verb}: give scroll, fill, click, press or wait"
            self._page.locator(what).first.wait_for()
        self._settle()
        return [*frames, self._shot(0.8)]

    def _mark(self, selector: str) -> Frame:
        """A frame with an outline round what is about to be used."""
        found = self._page.locator(selector).first
        found.scroll_into_view_if_needed()
        found.evaluate("e => { e.style.outline = '4px solid #c7702e' }")
        frame = self._shot(0.7)
        found.evaluate("e => { e.style.outline = '' }")
        return frame

    def _settle(self) -> None:
        with suppress(TimeoutError):  # some pages never stop asking their server
            self._page.wait_for_load_state("networkidle", timeout=3000)
        if self._page.locator('[data-testid="stApp"]').count():
            site.settled(self._page)

    def _shot(self, seconds: float) -> Frame:
        file = self._folder / f"{next(self._number):05}.png"
        self._page.screenshot(path=file)
        return Frame(file, seconds)
