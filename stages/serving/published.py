"""The published scores and segments, in memory, read again when their files change."""

import bisect
import logging
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from stages.domain.tables import SCORES, STAMP

log = logging.getLogger(__name__)
# They repeat, so that a million customers take some tens of megabytes.
REPEATING = [c.name for c in SCORES.columns if c.cql == "text" and c.name != "customer_id"]


@dataclass(frozen=True)
class Scores:
    """The table of scores, sorted by customer_id."""

    rows: pa.Table

    @classmethod
    def read(cls, path: Path) -> "Scores":
        """Read what `score` wrote."""
        rows = pq.read_table(path, read_dictionary=REPEATING)
        return cls(rows.sort_by("customer_id").combine_chunks())

    def of(self, customer_id: str) -> dict[str, Any] | None:
        """The customer's row, None where there is none; found by bisection."""
        ids = self.rows["customer_id"].chunk(0) if self.rows.num_rows else []
        at = bisect.bisect_left(ids, customer_id.encode(), key=lambda i: i.as_buffer().to_pybytes())
        if at == len(ids) or ids[at].as_py() != customer_id:
            return None
        row = self.rows.slice(at, 1).to_pylist()[0]
        return {k: v.isoformat() if isinstance(v, date) else v for k, v in row.items()}

    def about(self) -> dict[str, Any]:
        """How many there are and what made them."""
        if not self.rows.num_rows:
            return {"customers": 0}
        first = self.rows.slice(0, 1).to_pylist()[0]
        stamp = {name: str(first[name]) for name in STAMP}
        return {"customers": self.rows.num_rows, **stamp}


class Published:
    """Scores and segments as they were published last; None for what is not there."""

    def __init__(self, scores: Path, segments: Path) -> None:
        self._paths = {"scores": scores, "segments": segments}
        self._seen: dict[str, Any] = {}
        self._unread: set[str] = set()
        self.scores: Scores | None = None
        self.segments: bytes | None = None
        self.refresh()

    def refresh(self) -> None:
        """Read what has changed; a file that cannot be read leaves what was there before."""
        for name, read in (("scores", Scores.read), ("segments", Path.read_bytes)):
            path = self._paths[name]
            try:
                stat = path.stat() if path.exists() else None
                seen = stat and (stat.st_mtime_ns, stat.st_size, stat.st_ino)
                if name not in self._seen or self._seen[name] != seen:
                    setattr(self, name, read(path) if seen else None)
                    self._seen[name] = seen
                self._unread.discard(name)
            except (OSError, pa.ArrowException) as error:
                if name not in self._unread:  # once, not at every look
                    log.error("%s cannot be read: %s", path.name, type(error).__name__)
                self._unread.add(name)
