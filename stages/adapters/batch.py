"""A scoring under way: its parts on disk, so that one that was interrupted goes on.

In its folder: stamp.json, what the scores are made from; former.parquet, the scores published
before; for each part N its features_N.parquet and scores_N.parquet; published.json, how many rows
the store has acknowledged, in the order of the parts.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends.sql import SQLBackend

from stages.adapters import engine
from stages.adapters.files import read_json, write_batches, write_json, write_parquet
from stages.adapters.paths import SCORED, SCORING
from stages.domain import scoring
from stages.domain.errors import UserError
from stages.domain.model import Model
from stages.domain.tables import SCORES, STAMP

MADE_FROM, PUBLISHED = "stamp.json", "published.json"
SLICE_ROWS = 65_536  # published at a time


@dataclass(frozen=True)
class Batch:
    """The scoring in `folder` of all customers by one model."""

    folder: Path
    model: Model
    stamp: dict[str, Any]  # model_version, data_version, as_of
    former: pa.Table
    backend: SQLBackend

    @classmethod
    def begin(
        cls,
        folder: Path,
        model: Model,
        stamp: dict[str, Any],
        published: Callable[[], pa.Table],
        backend: SQLBackend,
    ) -> Self:
        """Go on with the scoring of the same stamp, or begin one; `published` reads the store."""
        file, former = folder / MADE_FROM, folder / "former.parquet"
        written = {name: str(value) for name, value in stamp.items()}
        if not file.exists() or read_json(file) != written:
            shutil.rmtree(folder, ignore_errors=True)
            write_parquet(former, published())
            write_json(file, written)
        own = {n: stamp[n] for n in SCORES.schema.names if n in stamp}
        return cls(folder, model, own, pq.read_table(former), backend)

    def score(self, number: int, features: Callable[[], Iterator[pa.RecordBatch]]) -> None:
        """Score the part `number`, unless that is done; `features` yields its customers' rows."""
        wide, narrow = self._part("features", number), self._part("scores", number)
        if narrow.exists():
            return
        if not wide.exists():
            rows = features()
            first = next(rows, None)
            if first is None:  # nobody of this part had come by then
                return
            write_batches(wide, first.schema, chain([first], rows))
        rows = engine.apply(self.backend, wide, self.scorer, SCORES.schema)
        write_batches(narrow, SCORES.schema, rows)

    @property
    def scorer(self) -> engine.Mapped:
        """From rows of features to scores, by this model and held to the same tiers."""
        tiers = self.former.select(["customer_id", "tier"])
        return partial(scoring.stream, self.model, tiers, self.stamp)

    def unseen(self, known: pa.ChunkedArray, parts: int) -> None:
        """Score, as the part after all others, those of `known` who have no transaction."""
        own = self._part("features", parts)  # there already, where an interruption came after it
        others = [path for path in self._parts("features") if path != own]
        if not others:
            raise UserError(f"nobody has a transaction before as_of {self.stamp['as_of']}")
        seen = pa.concat_tables(pq.read_table(path, columns=["customer_id"]) for path in others)
        rows = scoring.unseen(known, seen["customer_id"], pq.read_schema(others[0]))
        if rows.num_rows:
            self.score(parts, lambda: iter(rows.combine_chunks().to_batches()))

    def publish(self, write: Callable[[pa.Table], None]) -> None:
        """Have `write` send the rows to the store, without those that it has acknowledged."""
        mark = self.folder / PUBLISHED
        done, at = read_json(mark) if mark.exists() else 0, 0
        for path in self._parts("scores"):
            with pq.ParquetFile(path) as file:
                for rows in file.iter_batches(SLICE_ROWS):
                    at += rows.num_rows
                    if at > done:
                        write(pa.Table.from_batches([rows]))
                        write_json(mark, at)

    def unpublish(self) -> None:
        """Have the next `publish` send all rows again."""
        (self.folder / PUBLISHED).unlink()

    def table(self, what: str, columns: list[str] | None = None) -> pa.Table:
        """All parts of "features" or "scores", in one order."""
        return pa.concat_tables(pq.read_table(path, columns=columns) for path in self._parts(what))

    def finish(self, path: Path) -> pa.Table:
        """Write all scores, ordered by customer, to `path`; nothing else of the scoring stays."""
        scores = self.table("scores").sort_by("customer_id")
        write_parquet(path, scores)
        (self.folder / MADE_FROM).unlink()  # first: without it what else is left is begun anew
        shutil.rmtree(self.folder)
        return scores

    def _part(self, what: str, number: int) -> Path:
        return self.folder / f"{what}_{number:04}.parquet"

    def _parts(self, what: str) -> list[Path]:
        return sorted(self.folder.glob(f"{what}_*.parquet"))


def written() -> dict[str, Any] | None:
    """What data/scores was made of; None where it is not there, or a scoring is under way."""
    if SCORING.exists() or not SCORED.exists():
        return None
    return stamp_of(pq.read_table(SCORED, columns=list(STAMP)))


def stamp_of(scores: pa.Table) -> dict[str, Any] | None:
    """What scores were made of; None where there are none."""
    return next(iter(scores.select(list(STAMP)).slice(0, 1).to_pylist()), None)
