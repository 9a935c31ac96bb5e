"""What the drills came to: a table for the end of `make drill`."""

from collections.abc import Iterator
from contextlib import contextmanager

_ROWS: list[tuple[str, str, str]] = []
_HEAD = ("fault", "what happened", "lost")


class Outcome:
    """What happened, told by the drill itself."""

    said = ""


@contextmanager
def drilled(fault: str) -> Iterator[Outcome]:
    """Enter a drill into the table when it ends; what fails in it has lost something."""
    outcome, lost = Outcome(), "SOMETHING: see above"
    try:
        yield outcome
        lost = "nothing"
    finally:
        _ROWS.append((fault, outcome.said, lost))


def table() -> str:
    """The table, a line a drill; empty where there was none."""
    if not _ROWS:
        return ""
    widths = [max(len(row[i]) for row in (_HEAD, *_ROWS)) for i in range(len(_HEAD))]
    lines = (" | ".join(map(str.ljust, row, widths)).rstrip() for row in (_HEAD, *_ROWS))
    return "\n\n" + "\n".join(lines) + "\n"
