"""docs/configuration.md: every key of conf/ with its default and what its comment says.

`python -m docsite.configuration` writes it, as `make docs` does; a test holds it to conf/.
"""

from collections.abc import Iterator
from pathlib import Path

import yaml

from stages.adapters.files import write_bytes
from stages.adapters.paths import CONF, PIPELINE, ROOT

PAGE = ROOT / "docs" / "configuration.md"
LONGEST = 60  # characters of a default that are shown
HEAD = """# Configuration

Written by `make docs` from the comments of `conf/`; do not edit it here. Override any key:
`make run SET="horizon=30 store=cluster"`. A default that is too long ends in ….

"""
Row = tuple[str, str, str]  # key, default, meaning


def main() -> None:
    """Write the page."""
    write_bytes(PAGE, page().encode())


def page() -> str:
    """The whole page, a section a group of conf/."""
    readers = _readers()
    top = CONF / "config.yaml"
    parts = [HEAD, _section("Top level", [(top, "")], [])]
    for group in sorted(p for p in CONF.iterdir() if p.is_dir()):
        files = [(f, f"{group.name}=") for f in sorted(group.glob("*.yaml"))]
        files += [(f, "") for f in sorted(group.glob("*/*.yaml"))]  # what several of them share
        parts.append(_section(group.name, files, readers.get(group.name, [])))
    return "\n".join(parts)


def rows(file: Path, prefix: str = "") -> list[Row]:
    """The keys of one file in its order, nested ones joined by points below `prefix`."""
    text = file.read_text()
    return list(_keys(yaml.compose(text), text, prefix))


def _keys(node: yaml.MappingNode, text: str, prefix: str) -> Iterator[Row]:
    for key, value in node.value:
        name = f"{prefix}{key.value}"
        nested = isinstance(value, yaml.MappingNode) and not value.flow_style
        default = "" if nested else text[value.start_mark.index : value.end_mark.index].strip()
        if key.value != "defaults":
            end = key.end_mark.index + 1 if nested else value.end_mark.index
            meaning = _comment(text[end:])
            if default or meaning:
                yield name, default, meaning
            if nested:
                yield from _keys(value, text, f"{name}.")


def _comment(rest: str) -> str:
    """The comment in what is left of a line."""
    line = rest.partition("\n")[0].strip()
    return line.removeprefix("#").strip() if line.startswith("#") else ""


def _section(title: str, files: list[tuple[Path, str]], stages: list[str]) -> str:
    lines = [f"## {title}", ""]
    if stages:
        lines += [f"A change reruns: {', '.join(sorted(stages))}.", ""]
    for file, choice in files:
        if title != "Top level":
            shown = f"`{choice}{file.stem}`" if choice else f"shared: `{file.relative_to(CONF)}`"
            lines += [f"### {shown}", ""]
        if said := _heading(file):
            lines += [said, ""]
        prefix = "" if title == "Top level" else f"{title}."
        lines += ["| key | default | meaning |", "| --- | --- | --- |"]
        lines += [f"| `{k}` | {_code(d)} | {_cell(m)} |" for k, d, m in rows(file, prefix)]
        lines.append("")
    return "\n".join(lines)


def _heading(file: Path) -> str:
    """What a file's first lines say, where they are comments."""
    said = []
    for line in file.read_text().splitlines():
        if not line.startswith("#"):
            break
        said.append(line.removeprefix("#").strip())
    return " ".join(said)


def _code(default: str) -> str:
    short = default if len(default) <= LONGEST else f"{default[:LONGEST].rstrip()}…"
    return f"`{_cell(' '.join(short.split()))}`" if default else ""


def _cell(text: str) -> str:
    return text.replace("|", r"\|")


def _readers() -> dict[str, list[str]]:
    """The pipeline's stages that each group or key decides, by name."""
    found: dict[str, list[str]] = {}
    for name, stage in yaml.safe_load(PIPELINE.read_text())["stages"].items():
        for group in stage["params"]:
            found.setdefault(group, []).append(name)
    return found


if __name__ == "__main__":
    main()
