"""Diagrams: Mermaid text in the pages becomes SVG when they are built: no page needs a network."""

import re
from collections.abc import Callable

import mmdr

FENCE = re.compile(r"^```mermaid\n(.*?)^```$", re.DOTALL | re.MULTILINE)
TITLE = re.compile(r"^\s*accTitle: (.+)$", re.MULTILINE)
SIZE, BOX = re.compile(r'width="100%"'), re.compile(r'viewBox="\S+ \S+ (\S+) (\S+?)"')
LOOK = """%%{init: {"theme": "base", "flowchart": {"htmlLabels": false}, "themeVariables": {
"primaryColor": "#eef3f7", "primaryBorderColor": "#1f4e79", "primaryTextColor": "#0b1622",
"lineColor": "#1f4e79", "clusterBkg": "#ffffff", "clusterBorder": "#9fb6c9"}}}%%
"""


def title(source: str) -> str:
    """What a diagram shows, for those who do not see it: its accTitle; ValueError without one."""
    found = TITLE.search(source)
    if found is None:
        raise ValueError("a diagram lacks its accTitle: say in one line what it shows")
    return found.group(1).strip()


def svg(source: str) -> bytes:
    """The diagram as an SVG document of its own size, which a page makes smaller where it must."""
    drawn = str(mmdr.render(LOOK + source).svg())
    width, height = (float(n) for n in BOX.findall(drawn)[0])
    return SIZE.sub(f'width="{width:.0f}" height="{height:.0f}"', drawn, count=1).encode()


def replaced(markdown: str, keep: Callable[[str, bytes], str]) -> str:
    """`markdown` with a picture in the place of each diagram.

    `keep` takes a diagram's title and SVG and says where the picture lies.
    """

    def picture(fence: re.Match[str]) -> str:
        name = title(fence.group(1))
        return f"![{name}]({keep(name, svg(fence.group(1)))})"

    return FENCE.sub(picture, markdown)
