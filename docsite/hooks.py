"""MkDocs' hooks: the pages made at build time, diagrams, links into the code."""

import logging
import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from docsite import cases, diagrams, figures

log = logging.getLogger("mkdocs.plugins.docsite")
LINK = re.compile(r"(?<!!)\[([^\]]+)\]\((\.\.?/[^)#\s]+)(?:#[^)]*)?\)")
SCREENSHOT = re.compile(r"!\[([^\]]+)\]\((images/ui-[\w-]+\.png)\)")
NO_CARD = "# Model card\n\nThere is no result in this checkout yet: `make run` writes the card.\n"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are made from tests and from the newest result."""
    root = Path(config.config_file_path).parent
    card = root / "reports" / "model-card.md"
    made = {
        "test-cases.md": cases.page(root),
        "model-card.md": card.read_text() if card.exists() else NO_CARD,
    }
    for name, content in made.items():
        files.append(File.generated(config, name, content=content))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Diagrams become pictures, links into the code names, marks of figures nothing."""
    root = Path(config.config_file_path).parent

    def keep(title: str, content: bytes) -> str:
        uri = f"images/diagrams/{re.sub(r'[^a-z0-9]+', '-', title.lower()).strip('-')}.svg"
        if files.get_file_from_path(uri) is None:
            files.append(File.generated(config, uri, content=content))
        return posixpath.relpath(uri, posixpath.dirname(page.file.src_uri) or ".")

    here = Path(config.docs_dir) / Path(page.file.src_uri).parent
    linked = LINK.sub(lambda link: _code(link, here, root), figures.unmarked(markdown))
    shown = SCREENSHOT.sub(lambda asked: _screenshot(asked, files), linked)
    return diagrams.replaced(shown, keep)


def _code(link: re.Match[str], here: Path, root: Path) -> str:
    """A link to a file outside docs/ as its name, which is checked; any other as it is."""
    target = (here / link.group(2)).resolve()
    if target.is_relative_to(root / "docs") or not target.is_relative_to(root):
        return link.group(0)
    if not target.exists():
        log.warning("%s names %s, which is not there", link.group(0), target.relative_to(root))
    label, path = link.group(1), str(target.relative_to(root))
    return label if path.endswith(label.strip("`")) else f"{label} (`{path}`)"


def _screenshot(asked: re.Match[str], files: Files) -> str:
    """A picture of the web UI, or how to take it where this checkout has none."""
    if files.get_file_from_path(asked.group(2)) is not None:
        return asked.group(0)
    return f"*{asked.group(1)}: no picture is here; `make screenshots` takes it.*"
