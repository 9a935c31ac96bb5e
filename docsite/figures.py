"""Figures in the documents: each names the command that makes it, and is that of its JSON.

The newest figures of each command are committed in docs/figures/. In a page, a comment after a
figure says where it is from: `0.870<!-- make run: holdout.gini -->`, with ` %` at the end where a
share is shown in per cent; a row of a benchmark by what it is called:
`2.18<!-- make bench-store: ratio of unload to zstd Parquet -->`. A figure keeps its decimals. With
`, before` after the command it is that of an earlier measurement, which stays.

`make docs` takes over the result of `make run` where it is that of the committed configuration,
and benchmarks their own; both write the pages' figures anew. A test holds the pages to the JSON.
"""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from stages.adapters.files import read_json, write_bytes, write_json
from stages.adapters.paths import REPORTS, ROOT, SCORED
from stages.adapters.raw import MANIFEST
from stages.domain.errors import UserError
from stages.domain.run_summary import summary

FOLDER = ROOT / "docs" / "figures"
COMMANDS = {
    "make run": "metrics",
    "make bench-store": "store",
    "make bench-serve": "serve",
    "make bench-edge": "edge",
    "make bench-scale": "scale",
    "make quality": "quality",
}
RUN = re.compile(r"<!-- make run: its end -->\n```\n.*?```\n<!-- end -->", re.DOTALL)
FIGURE = re.compile(
    r"(?P<shown>-?[\d,]+(?:\.\d+)?)(?P<mark><!-- (?P<command>make [\w-]+)(?P<before>, before)?:"
    r" (?P<key>[\w.]+)(?: of (?P<row>.+?))?(?P<share> %)? -->)"
)


@dataclass(frozen=True)
class Figure:
    """A figure as a page shows it, and where it is from."""

    shown: str
    file: str
    key: str
    row: str | None
    percent: bool

    def now(self, folder: Path = FOLDER) -> str:
        """The figure in its JSON, written as this one is; UserError where it is not there."""
        content = read_json(folder / self.file)
        try:
            if self.row is not None:
                content = {_named(row): row for row in content["rows"]}[self.row]
            for part in self.key.split("."):
                content = content[part]
        except (KeyError, TypeError) as error:
            of = f"{self.key} of {self.row}" if self.row else self.key
            raise UserError(f"{self.file} has no {of}: correct the mark of {self.shown}") from error
        decimals = len(self.shown.partition(".")[2])
        return f"{content * (100 if self.percent else 1):,.{decimals}f}"


def figures(text: str) -> Iterator[Figure]:
    """The figures of a page that say where they are from."""
    return (_figure(found) for found in FIGURE.finditer(text))


def _figure(found: re.Match[str]) -> Figure:
    shown, command, before, key, row = found.group("shown", "command", "before", "key", "row")
    file = f"{COMMANDS[command]}{'-before' if before else ''}.json"
    return Figure(shown, file, key, row, found.group("share") is not None)


def _named(row: dict[str, Any]) -> str:
    """A row's name: what was measured; in `quality`, the data set and the figure."""
    return ": ".join(row[part] for part in ("what", "figure") if part in row)


def unmarked(text: str) -> str:
    """The page for people, without the marks: a site's Markdown would stumble over some."""
    return FIGURE.sub(lambda found: found.group("shown"), text)


def pages() -> list[Path]:
    """README and every page of docs/."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def current(text: str, folder: Path = FOLDER) -> str:
    """The page with each figure as its JSON in `folder` has it."""

    def renewed(found: re.Match[str]) -> str:
        return _figure(found).now(folder) + found.group("mark")

    end = read_json(folder / "run.json")["end"]
    block = "\n".join(["<!-- make run: its end -->", "```", *end, "```", "<!-- end -->"])
    return RUN.sub(lambda _: block, FIGURE.sub(renewed, text))


def refresh() -> None:
    """Write the figures of every page anew from docs/figures/."""
    for page in pages():
        text = page.read_text()
        if (now := current(text)) != text:
            write_bytes(page, now.encode())


def take_over() -> None:
    """The result of `make run` becomes that of docs/figures/, if its configuration is git's."""
    metrics, scores = REPORTS / "metrics.json", SCORED
    committed = ["git", "diff", "--quiet", "HEAD", "--", "params.yaml"]
    if not (metrics.exists() and scores.exists()) or subprocess.run(committed, cwd=ROOT).returncode:
        return
    write_bytes(FOLDER / "metrics.json", metrics.read_bytes())
    said = summary(read_json(metrics), read_json(MANIFEST), pq.read_table(scores))
    lines = said.strip().splitlines()
    write_json(FOLDER / "run.json", {"end": lines[: lines.index("", lines.index("Tiers:"))]})


def main() -> None:
    """Take over what was made, and write the pages' figures anew."""
    take_over()
    refresh()


if __name__ == "__main__":
    main()
