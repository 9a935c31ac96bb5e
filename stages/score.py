"""Score: every customer with the champion, into data/scores and the store's table `scores`."""

import logging
from datetime import date
from functools import partial
from typing import Any

import mlflow
import pyarrow.parquet as pq
from cassandra.cluster import Session
from mlflow.entities.model_registry import ModelVersion
from omegaconf import DictConfig

from stages.adapters import aliases, config, engine, frames, origin, raw, registry, score_reports
from stages.adapters.batch import Batch, written
from stages.adapters.dvc import data_version
from stages.adapters.files import locked, read_json, write_bytes, write_json
from stages.adapters.leftovers import sweep
from stages.adapters.logs import stage
from stages.adapters.paths import CHAMPION, REPORTS, SCORED, SCORES, SCORING, SEGMENTS
from stages.adapters.store import keyspace, published, read, write
from stages.adapters.store.session import connect
from stages.domain import tables
from stages.domain.errors import UserError
from stages.domain.run_summary import summary
from stages.domain.tables import STAMP

log = logging.getLogger(__name__)


@stage
def main() -> None:
    """Write data/scores/scores.parquet, publish it, and print a summary of the whole run."""
    params, client = config.load(), registry.connect()
    store = params.store
    SCORES.mkdir(parents=True, exist_ok=True)
    sweep(SCORES)
    # Of two at once the second waits; so does an extraction.
    with locked(SCORES / ".lock"), locked(raw.LOCK), connect(store) as session:
        champion = aliases.find(client, "champion")
        if champion is None:
            raise UserError("there is no champion to score with: run `make promote`")
        if not config.forced():
            first = "`make rebuild promote` first, or `make score FORCE=1`"
            origin.check(client, champion, params.source, first)
        stamp = dict(
            zip(STAMP, (str(champion.version), data_version(), _as_of(params)), strict=True)
        )
        totals = raw.manifest()  # without it data/raw is not whole
        raw.check_keyspace(store.keyspace)
        keyspace.check(session, store.keyspace, store.shards)
        if _done(stamp):
            _publish_again(session, store.keyspace, stamp)
            score_reports.tell_anew(params.playbook)
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
    return SEGMENTS.exists() and CHAMPION.exists() and written() == stamp


def _publish_again(session: Session, name: str, stamp: dict[str, Any]) -> None:
    """Publish data/scores as it is, where the store has lost its rows or is another one."""
    there, begun = published.published(session, name), SCORES / ".publishing"
    if there is not None and {n: there[n] for n in STAMP} == stamp and not begun.exists():
        log.info("scored already: champion %s, as of %s", stamp["model_version"], stamp["as_of"])
        return
    scores = pq.read_table(SCORED)
    begun.touch()  # a row of these scores does not show that all are there, until the end
    former = read.read_table(session, name, tables.SCORES)["customer_id"]
    write.write_rows(session, name, tables.SCORES, scores)
    published.withdraw(session, name, former, scores["customer_id"])
    published.verify(session, name, scores)
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
    known = score_reports.champion_report(champion, model)
    batch = Batch.begin(
        SCORING,
        model,
        stamp | {"part_rows": params.engine.part_rows, "keyspace": name},
        lambda: read.read_table(session, name, tables.SCORES),
        backend,
    )
    for number, files in enumerate(parts):
        batch.score(number, partial(score_reports.features, backend, files, model, as_of))
    customers = pq.read_table(raw.CUSTOMERS, columns=["customer_id"])["customer_id"]
    batch.unseen(customers, len(parts))
    with write.writing(session, name, tables.SCORES, tables.SCORES.schema.names) as rows:
        batch.publish(rows)
    now = batch.table("scores", ["customer_id", *STAMP]).sort_by("customer_id")
    if left := published.withdraw(session, name, batch.former["customer_id"], now["customer_id"]):
        log.info("%d customers are no longer among the scores", left)
    try:
        published.verify(session, name, now)
    except UserError:
        batch.unpublish()
        raise
    reports = score_reports.write_reports(SCORING, backend, batch, parts, params.playbook)
    registry.note(client, champion, {}, reports)
    # What the UI and the endpoint show changes together, once all that may fail is done.
    for file in reports:
        write_bytes(REPORTS / file.name, file.read_bytes())
    write_json(CHAMPION, known)
    table = batch.finish(SCORED)
    log.info("%d customers scored and published", table.num_rows)


if __name__ == "__main__":
    main()
