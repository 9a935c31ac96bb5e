"""Replay: a published score computed again from the data and the model that it names."""

import logging
import math
import sys

import ibis

from stages.adapters import config, dvc, engine, registry
from stages.adapters.logs import stage
from stages.adapters.store import keyspace
from stages.adapters.store.published import published
from stages.adapters.store.session import connect
from stages.domain import scoring
from stages.domain.errors import UserError
from stages.domain.tables import STAMP

log = logging.getLogger(__name__)


@stage
def main() -> None:
    """Compare the score of the customer given first; of the version given second, if any."""
    customer, version = (*sys.argv[1:3], "", "")[:2]
    if not customer:
        raise UserError("name the customer: make replay CUSTOMER=… VERSION=…")
    params = config.load()
    with connect(params.store) as session:
        keyspace.check(session, params.store.keyspace, params.store.shards)
        row = published(session, params.store.keyspace, customer)
    if row is None:
        raise UserError(f"keyspace {params.store.keyspace} has no score of this customer")
    if version and version != row["model_version"]:
        raise UserError(
            f"the published score is of version {row['model_version']}: that of {version} is gone"
        )
    model = registry.model(registry.version(registry.connect(), row["model_version"]))
    backend = engine.connect(**params.engine)
    transactions = engine.read(backend, dvc.transactions_of(row["data_version"]))
    mine = transactions.filter(ibis._.customer_id == customer)
    tier = {customer: row["tier"]}  # one that the former tier held is held by itself, too
    scored = scoring.score(backend, mine, model, row["as_of"], [customer], tier)
    again = scored.to_dict("records")[0]
    del again["as_of"]
    differing = [name for name, value in again.items() if not _same(value, row[name])]
    for name in again:
        log.info("%-15s %s", name, "differs" if name in differing else "equal")
    if differing:
        raise UserError(f"the score is not what its version and data give: {', '.join(differing)}")
    log.info("the same score: model %s, data %s, as of %s", *(row[name] for name in STAMP))


def _same(ours: float | str, theirs: float | str) -> bool:
    """Equal; figures up to the rounding that the number of customers scored together makes."""
    if isinstance(ours, float) and isinstance(theirs, float):
        return math.isclose(ours, theirs, rel_tol=1e-9, abs_tol=1e-9)
    return ours == theirs


if __name__ == "__main__":
    main()
