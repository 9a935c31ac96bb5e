"""Score: every customer with the champion, into data/scores and the store's table `scores`."""

import logging
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from stages.adapters import config, engine, raw, registry
from stages.adapters.dvc import data_version
from stages.adapters.files import read_json, write_parquet
from stages.adapters.logs import stage
from stages.adapters.paths import REPORTS, SCORES
from stages.adapters.store import keyspace, write
from stages.adapters.store.session import connect
from stages.domain import tables
from stages.domain.errors import UserError
from stages.domain.run_summary import summary
from stages.domain.scoring import score

log = logging.getLogger(__name__)


@stage
def main() -> None:
    """Write data/scores/scores.parquet, publish it, and print a summary of the whole run."""
    params, path = config.load(), SCORES / "scores.parquet"
    client = registry.connect()
    champion = registry.alias(client, "champion")
    if champion is None:
        raise UserError("there is no champion to score with: run `make promote`")
    backend = engine.connect(**params.engine)
    transactions = engine.read(backend, raw.TRANSACTIONS)
    newest = backend.to_pyarrow(transactions.booked_at.date().max()).as_py()
    as_of = config.day(params, "as_of") or newest + timedelta(days=1)
    stamp = {
        "model_version": str(champion.version),
        "data_version": data_version(),
        "as_of": as_of,
    }
    if _stamp_of(path) == stamp:
        log.info("scored already: champion %s, as of %s", champion.version, as_of)
    else:
        model = registry.load(champion).unwrap_python_model().model
        rows = score(backend, transactions, model, as_of).assign(**stamp)
        table = pa.Table.from_pandas(rows, tables.SCORES.schema, preserve_index=False)
        with connect(params.store) as session:
            keyspace.check(session, params.store.keyspace, params.store.shards)
            write.write_rows(session, params.store.keyspace, tables.SCORES, table)
        write_parquet(path, table)  # after it was published: its presence says that both are done
        log.info("%d customers scored and published", table.num_rows)
    print(summary(read_json(REPORTS / "metrics.json"), raw.manifest(), pq.read_table(path)))


def _stamp_of(path: Path) -> dict | None:
    """What the scores at `path` were made of."""
    if not path.exists():
        return None
    first = pq.read_table(path, columns=["model_version", "data_version", "as_of"]).slice(0, 1)
    return next(iter(first.to_pylist()), None)


if __name__ == "__main__":
    main()
