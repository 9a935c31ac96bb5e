"""Score: every customer with the champion, into data/scores and the store's table `scores`."""

import logging
from typing import Any

import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends.sql import SQLBackend

from stages.adapters import config, engine, raw, registry
from stages.adapters.dvc import data_version
from stages.adapters.files import read_json, write_json, write_parquet
from stages.adapters.logs import stage
from stages.adapters.paths import PROCESSED, REPORTS, SCORES
from stages.adapters.store import keyspace, read, write
from stages.adapters.store.session import connect
from stages.domain import migration, scoring, tables
from stages.domain.cutoffs import Plan
from stages.domain.errors import UserError
from stages.domain.model import Model
from stages.domain.run_summary import summary
from stages.domain.segment_report import segment_report

log = logging.getLogger(__name__)
SCORED, SEGMENTS = SCORES / "scores.parquet", REPORTS / "segments.json"
MIGRATION = REPORTS / "migration.json"
STAMP = ["model_version", "data_version", "as_of"]


@stage
def main() -> None:
    """Write data/scores/scores.parquet, publish it, and print a summary of the whole run."""
    params, client = config.load(), registry.connect()
    champion = registry.alias(client, "champion")
    if champion is None:
        raise UserError("there is no champion to score with: run `make promote`")
    as_of = config.day(params, "as_of") or Plan.from_json(read_json(PROCESSED / "plan.json")).as_of
    stamp = dict(zip(STAMP, (str(champion.version), data_version(), as_of), strict=True))
    if SCORED.exists() and _stamp(pq.read_table(SCORED, columns=STAMP)) == stamp:
        log.info("scored already: champion %s, as of %s", champion.version, as_of)
    else:
        SCORED.unlink(missing_ok=True)  # from here on the table may hold others
        backend = engine.connect(**params.engine)
        transactions = engine.read(backend, raw.TRANSACTIONS)
        model = registry.load(champion).unwrap_python_model().model
        with connect(params.store) as session:
            keyspace.check(session, params.store.keyspace, params.store.shards)
            before = read.read_table(session, params.store.keyspace, tables.SCORES)
            scores = _score(backend, transactions, model, stamp, before, params.playbook)
            table = pa.Table.from_pandas(scores, tables.SCORES.schema, preserve_index=False)
            write.write_rows(session, params.store.keyspace, tables.SCORES, table)
        registry.note(client, champion, {}, [SEGMENTS, MIGRATION])
        write_parquet(SCORED, table)  # after all else: its presence says that all is done
        log.info("%d customers scored and published", table.num_rows)
    print(summary(read_json(REPORTS / "metrics.json"), raw.manifest(), pq.read_table(SCORED)))


def _score(
    backend: SQLBackend,
    transactions: ir.Table,
    model: Model,
    stamp: dict[str, Any],
    before: pa.Table,
    templates: dict[str, Any],
) -> pd.DataFrame:
    """The scores of all customers; what their segments are, and who moved since `before`."""
    customers, former = pq.read_table(raw.CUSTOMERS).to_pandas(), before.to_pandas()
    tiers = dict(zip(former["customer_id"], former["tier"], strict=True))
    features = scoring.at(backend, transactions, model, stamp["as_of"], customers["customer_id"])
    published = features["customer_id"].map(tiers).to_numpy(object)
    scores = model.score(features, published).assign(**stamp)
    segments = segment_report(
        backend, transactions, scores, features, customers, model.spec.kinds, templates
    )
    made = {"horizon": model.spec.horizon, "kinds": model.spec.kinds, "band": model.band}
    write_json(SEGMENTS, segments | {"model": made})
    if _stamp(before) != stamp:  # else an interrupted scoring has written it
        write_json(MIGRATION, _migration(backend, transactions, model, former, scores, tiers))
    return scores


def _migration(
    backend: SQLBackend,
    transactions: ir.Table,
    model: Model,
    former: pd.DataFrame,
    scores: pd.DataFrame,
    tiers: dict[str, str],
) -> dict[str, Any]:
    """Who moved between segments since the scores published last; empty where there are none."""
    if former.empty:
        return {"why": "these are the first scores"}
    then = former["as_of"].max()
    again = scoring.score(backend, transactions, model, then, (), tiers)
    counts = migration.matrix(former, scores)
    return {
        "from": {name: str(former[name].max()) for name in STAMP},
        "to": {name: str(scores[name].iloc[0]) for name in STAMP},
        "changed": migration.split(former, again, scores),
        "matrix": counts.to_dict("index"),
    }


def _stamp(scores: pa.Table) -> dict[str, Any] | None:
    """What scores were made of; None where there are none."""
    return next(iter(scores.select(STAMP).slice(0, 1).to_pylist()), None)


if __name__ == "__main__":
    main()
