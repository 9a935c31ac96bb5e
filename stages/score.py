"""Score: every customer with the champion, into data/scores and the store's table `scores`."""

import json
import logging
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from cassandra.cluster import Session
from ibis.backends.sql import SQLBackend
from mlflow.entities.model_registry import ModelVersion
from omegaconf import DictConfig

from stages.adapters import config, engine, frames, raw, registry
from stages.adapters.batch import Batch, gone
from stages.adapters.dvc import data_version
from stages.adapters.files import locked, read_json, write_bytes, write_json
from stages.adapters.leftovers import sweep
from stages.adapters.logs import stage
from stages.adapters.paths import CHAMPION, REPORTS, SCORED, SCORES, SEGMENTS
from stages.adapters.store import keyspace, published, read, write
from stages.adapters.store.session import connect
from stages.domain import migration, scoring, tables
from stages.domain.errors import UserError
from stages.domain.features import CLOCK
from stages.domain.model import Model
from stages.domain.profiles import SHOWN
from stages.domain.run_summary import summary
from stages.domain.segment_report import segment_report, with_playbook
from stages.domain.tables import STAMP

log = logging.getLogger(__name__)
MIGRATION = REPORTS / "migration.json"
UNDER_WAY = SCORES / ".scoring"


@stage
def main() -> None:
    """Write data/scores/scores.parquet, publish it, and print a summary of the whole run."""
    params, client = config.load(), registry.connect()
    store = params.store
    SCORES.mkdir(parents=True, exist_ok=True)
    sweep(SCORES)
    # Of two at once the second waits; so does an extraction.
    with locked(SCORES / ".lock"), locked(raw.LOCK), connect(store) as session:
        champion = registry.alias(client, "champion")
        if champion is None:
            raise UserError("there is no champion to score with: run `make promote`")
        if not config.forced():
            first = "`make rebuild promote` first, or `make score FORCE=1`"
            registry.check_source(client, champion, params.source, first)
        stamp = dict(
            zip(STAMP, (str(champion.version), data_version(), _as_of(params)), strict=True)
        )
        totals = raw.manifest()  # without it data/raw is not whole
        raw.check_keyspace(store.keyspace)
        keyspace.check(session, store.keyspace, store.shards)
        if _done(stamp):
            _publish_again(session, store.keyspace, stamp)
            _told_anew(params.playbook)
        else:
            _score(session, params, client, champion, stamp)
    print(summary(read_json(CHAMPION)["metrics"], totals, pq.read_table(SCORED)))


def _as_of(params: DictConfig) -> date:
    """The date that the data were prepared for; UserError where the configuration names another."""
    named, prepared = config.day(params, "as_of"), frames.plan().as_of
    if named not in (None, prepared):
        raise UserError(
            f"as_of={named}: data/processed was made as of {prepared}: `make rebuild promote` first"
        )
    return prepared


def _done(stamp: dict[str, Any]) -> bool:
    """Whether all is written here, and no other scoring is under way."""
    written = all(file.exists() for file in (SCORED, SEGMENTS, CHAMPION))
    if not written or UNDER_WAY.exists():
        return False
    return _stamp(pq.read_table(SCORED, columns=list(STAMP))) == stamp


def _publish_again(session: Session, name: str, stamp: dict[str, Any]) -> None:
    """Publish data/scores as it is, where the store has lost its rows or is another one."""
    there, begun = published.some(session, name), SCORES / ".publishing"
    if there is not None and {n: there[n] for n in STAMP} == stamp and not begun.exists():
        log.info("scored already: champion %s, as of %s", stamp["model_version"], stamp["as_of"])
        return
    scores = pq.read_table(SCORED)
    begun.touch()  # a row of these scores does not show that all are there, until the end
    former = read.read_table(session, name, tables.SCORES)["customer_id"]
    write.write_rows(session, name, tables.SCORES, scores)
    published.withdraw(session, name, gone(former, scores["customer_id"]))
    begun.unlink()
    log.info("scored already; the store had no such scores: %d published again", scores.num_rows)


def _score(
    session: Session,
    params: DictConfig,
    client: mlflow.MlflowClient,
    champion: ModelVersion,
    stamp: dict[str, Any],
) -> None:
    """Score, publish and report; what an interrupted scoring has done already is kept."""
    name, as_of = params.store.keyspace, stamp["as_of"]
    backend, parts = engine.connect(**params.engine), raw.parts(params.engine.part_rows)
    model = registry.model(champion)
    known = _known(champion, model)
    batch = Batch.begin(
        UNDER_WAY,
        model,
        stamp | {"part_rows": params.engine.part_rows, "keyspace": name},
        lambda: read.read_table(session, name, tables.SCORES),
        backend,
    )
    for number, files in enumerate(parts):
        batch.score(number, partial(_features, backend, files, model, as_of))
    customers = pq.read_table(raw.CUSTOMERS, columns=["customer_id"])["customer_id"]
    batch.unseen(customers, len(parts))
    with write.writing(session, name, tables.SCORES, tables.SCORES.schema.names) as rows:
        batch.publish(rows)
    if left := batch.gone():
        published.withdraw(session, name, left)
        log.info("%d customers are no longer among the scores", len(left))
    reports = _report(backend, batch, parts, params.playbook)
    registry.note(client, champion, {}, reports)
    # What the UI and the endpoint show changes together, once all that may fail is done.
    for file in reports:
        write_bytes(REPORTS / file.name, file.read_bytes())
    write_json(CHAMPION, known)
    table = batch.finish(SCORED)
    log.info("%d customers scored and published", table.num_rows)


def _told_anew(templates: dict[str, Any]) -> None:
    """Write the playbook's sentences again where conf/playbook has changed."""
    report = read_json(SEGMENTS)
    if (told := with_playbook(report, templates)) != report:
        write_json(SEGMENTS, told)
        log.info("the playbook has changed: its sentences are written anew")


def _known(champion: ModelVersion, model: Model) -> dict[str, Any]:
    """What the champion is and how good out of time; reports/ has the newest result's figures."""
    gain = pd.read_csv(StringIO(registry.reported(champion, "gain.csv")), index_col="customers")
    return {
        "horizon": model.spec.horizon,
        "kinds": model.spec.kinds,
        "totals": asdict(model.totals),
        "metrics": json.loads(registry.reported(champion, "metrics.json")),
        "best_fifths": gain.loc[0.2].to_dict(),  # their share of all spend, by each forecast
    }


def _features(
    backend: SQLBackend, files: list[Path], model: Model, as_of: date
) -> Iterator[pa.RecordBatch]:
    """The features of the customers of some files at `as_of`, ordered by customer."""
    rows = scoring.features_at(engine.read(backend, files), model, as_of)
    return engine.batches(backend, engine.keep(backend, "features", rows).order_by("customer_id"))


def _report(
    backend: SQLBackend, batch: Batch, parts: list[list[Path]], templates: dict[str, Any]
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
    if _stamp(batch.former) != batch.stamp or not MIGRATION.exists():
        made[MIGRATION.name] = _migration(backend, batch, parts, scores)
    for name, report in made.items():
        write_json(UNDER_WAY / name, report)
    return [UNDER_WAY / name for name in made]


def _migration(
    backend: SQLBackend, batch: Batch, parts: list[list[Path]], scores: pd.DataFrame
) -> dict[str, Any]:
    """Who moved between segments since the scores published last; empty where there are none."""
    former = batch.former.to_pandas()
    if former.empty:
        return {"why": "these are the first scores"}
    then = former["as_of"].max()
    rows = (row for files in parts for row in _features(backend, files, batch.model, then))
    schema = pa.schema([tables.SCORES.schema.field(name) for name in ("customer_id", "segment")])
    narrow = (b.select(schema.names) for b in batch.scores(rows, engine.CORES))
    again = pa.Table.from_batches(narrow, schema).to_pandas()  # perhaps none
    counts = migration.matrix(former, scores)
    return {
        "from": {name: str(former[name].max()) for name in STAMP},
        "to": {name: str(scores[name].iloc[0]) for name in STAMP},
        "changed": migration.split(former, again, scores),
        "matrix": counts.to_dict("index"),
    }


def _stamp(scores: pa.Table) -> dict[str, Any] | None:
    """What scores were made of; None where there are none."""
    return next(iter(scores.select(list(STAMP)).slice(0, 1).to_pylist()), None)


if __name__ == "__main__":
    main()
