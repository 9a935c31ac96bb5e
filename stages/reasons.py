"""Reasons: what moves the expectation of the customers asked for, by the scores published last."""

import logging
import sys
from pathlib import Path

import ibis
import pyarrow as pa
import pyarrow.parquet as pq

from stages.adapters import config, dvc, engine, registry
from stages.adapters.files import write_parquet
from stages.adapters.logs import stage
from stages.adapters.paths import REASONS, SCORED
from stages.domain import scoring
from stages.domain.errors import UserError
from stages.domain.tables import STAMP

log = logging.getLogger(__name__)


@stage
def main() -> None:
    """Write data/scores/reasons.parquet for the customers of a file, an id a line."""
    file = Path(*sys.argv[1:2])
    if not file.is_file():
        raise UserError("name a file of customer_ids, one a line: make reasons CUSTOMERS=ids.txt")
    if not SCORED.exists():
        raise UserError("there are no scores to give reasons for: run `make score`")
    try:
        lines = file.read_text("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise UserError(f"{file} is not UTF-8: save it as such") from error
    asked = sorted({line.strip() for line in lines if line.strip()})
    stamp = pq.read_table(SCORED, columns=list(STAMP)).slice(0, 1).to_pylist()[0]
    version = registry.version(registry.connect(), stamp["model_version"])
    model = registry.model(version)
    backend = engine.connect(**config.load().engine)
    who = ibis.memtable(pa.table({"customer_id": pa.array(asked, pa.string())}))
    transactions = engine.read(backend, dvc.transactions_of(stamp["data_version"]))
    mine = transactions.semi_join(who, "customer_id")
    rows = scoring.at(backend, mine, model, stamp["as_of"], asked)
    reasons = model.explained({name: rows[name].to_numpy() for name in rows})[1]
    kinds = pa.list_(pa.string())
    table = pa.table({"customer_id": rows["customer_id"], "reasons": pa.array(reasons, kinds)})
    write_parquet(REASONS, table)
    log.info("reasons of %d customers in %s", table.num_rows, REASONS.name)


if __name__ == "__main__":
    main()
