"""What is told of the scores beside them: segments, who moved, and what the champion is."""

import json
import logging
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends.sql import SQLBackend
from mlflow.entities.model_registry import ModelVersion

from stages.adapters import engine, frames, raw, registry
from stages.adapters.batch import Batch, stamp_of
from stages.adapters.files import read_json, write_json
from stages.adapters.paths import REPORTS, SEGMENTS
from stages.domain import migration, scoring, tables
from stages.domain.features import CLOCK
from stages.domain.model import Model
from stages.domain.profiles import SHOWN
from stages.domain.segment_report import segment_report, with_playbook
from stages.domain.tables import STAMP

log = logging.getLogger(__name__)
MIGRATION = REPORTS / "migration.json"


def features(
    backend: SQLBackend, files: list[Path], model: Model, as_of: date
) -> Iterator[pa.RecordBatch]:
    """The features of the customers of some files at `as_of`, ordered by customer."""
    rows = scoring.features_at(engine.read(backend, files), model, as_of)
    return engine.batches(backend, engine.keep(backend, "features", rows).order_by("customer_id"))


def write_reports(
    folder: Path,
    backend: SQLBackend,
    batch: Batch,
    parts: list[list[Path]],
    templates: dict[str, Any],
) -> list[Path]:
    """What the segments are, and who moved since the scores published before: files under way."""
    scores, transactions = batch.table("scores").to_pandas(), engine.read(backend, raw.TRANSACTIONS)
    unknown = CLOCK if frames.plan().monthly else ()
    shown = [name for name in SHOWN if name not in unknown]
    segments = segment_report(
        backend,
        transactions,
        scores,
        batch.table("features", ["customer_id", *shown]).to_pandas(),
        pq.read_table(raw.CUSTOMERS).to_pandas(),
        batch.model.spec.kinds,
        templates,
    )
    made = {SEGMENTS.name: segments}
    # Where the store has these scores already, nobody moved since, and the former report stays.
    if stamp_of(batch.former) != batch.stamp or not MIGRATION.exists():
        made[MIGRATION.name] = _moves(backend, batch, parts, scores)
    for name, report in made.items():
        write_json(folder / name, report)
    return [folder / name for name in made]


def _moves(
    backend: SQLBackend, batch: Batch, parts: list[list[Path]], scores: pd.DataFrame
) -> dict[str, Any]:
    """Who moved between segments since the scores published last; why not, where there are none."""
    former = batch.former.to_pandas()
    if former.empty:
        return {"why": "these are the first scores"}
    then = former["as_of"].max()
    rows = (row for files in parts for row in features(backend, files, batch.model, then))
    schema = pa.schema([tables.SCORES.schema.field(name) for name in ("customer_id", "segment")])
    narrow = (b.select(schema.names) for b in batch.scorer(rows, engine.CORES))
    again = pa.Table.from_batches(narrow, schema).to_pandas()  # perhaps none
    counts = migration.matrix(former, scores)
    return {
        "from": {name: str(former[name].max()) for name in STAMP},
        "to": {name: str(scores[name].iloc[0]) for name in STAMP},
        "changed": migration.split(former, again, scores),
        "matrix": counts.to_dict("index"),
    }


def champion_report(champion: ModelVersion, model: Model) -> dict[str, Any]:
    """What the champion is and how good out of time; reports/ has the newest result's figures."""
    gain = pd.read_csv(StringIO(registry.reported(champion, "gain.csv")), index_col="customers")
    return {
        "horizon": model.spec.horizon,
        "kinds": model.spec.kinds,
        "totals": asdict(model.totals),
        "metrics": json.loads(registry.reported(champion, "metrics.json")),
        "best_fifths": gain.loc[0.2].to_dict(),  # their share of all spend, by each forecast
    }


def tell_anew(templates: dict[str, Any]) -> None:
    """Write the playbook's sentences again where conf/playbook has changed."""
    report = read_json(SEGMENTS)
    if (told := with_playbook(report, templates)) != report:
        write_json(SEGMENTS, told)
        log.info("the playbook has changed: its sentences are written anew")
