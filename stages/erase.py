"""Erase: a customer leaves the store now, and data/ and reports/ at the next rebuild."""

import csv
import logging
import sys
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stages.adapters import config
from stages.adapters.files import replacing, write_json, write_parquet
from stages.adapters.leftovers import sweep
from stages.adapters.logs import stage
from stages.adapters.paths import DRAFTS, REASONS, REJECTS, REPORTS, SCORES
from stages.adapters.store import erasure, keyspace
from stages.adapters.store.session import connect
from stages.domain.errors import UserError

log = logging.getLogger(__name__)


@stage
def main() -> None:
    """Delete the customer named as the argument; write a receipt that does not name them."""
    customer = "".join(sys.argv[1:2])
    if not customer:
        raise UserError("name the customer: make erase CUSTOMER=…")
    store = config.load().store
    with connect(store) as session:
        keyspace.check(session, store.keyspace, store.shards)
        erased = erasure.erase(session, store.keyspace, customer)
        others = keyspace.others(session, store.keyspace)
    for folder in (DRAFTS, REJECTS, SCORES):
        sweep(folder)
    struck = {path: _strike_reject(path, customer) for path in REJECTS.glob("*.csv")}
    unread = [path.name for path, count in struck.items() if count is None]
    erased["rejects"] = sum(count or 0 for count in struck.values())
    erased["reasons"] = _strike_reasons(customer)
    if not any(erased.values()):
        raise UserError(
            f"neither keyspace {store.keyspace} nor {REJECTS.name} hold anything of this customer: "
            "check the id (an erasure that was interrupted after its last deletion left no receipt)"
        )
    now = datetime.now(UTC)
    receipt = REPORTS / "erasures" / f"{now:%Y%m%dT%H%M%S%fZ}.json"
    write_json(receipt, {"when": now.isoformat(), "keyspace": store.keyspace, "rows": erased})
    log.info("erased %s; receipt: %s", erased, receipt)
    if others:
        names = ", ".join(others)
        log.warning("other keyspaces may hold them, too (SET=store.keyspace=…): %s", names)
    if unread:
        raise UserError(
            f"{REJECTS.name}/{', '.join(unread)} cannot be read and may name them: delete it"
        )
    log.info("now `make rebuild promote score forget`: data/, reports/ and DVC's cache follow")


def _strike_reject(path: Path, customer: str) -> int | None:
    """Take the customer's rows out of a reject file; how many there were, None for no such file."""
    try:
        rows = pd.read_csv(path, dtype=str, keep_default_na=False)  # 007 is not 7
        kept = rows[rows["customer_id"] != customer]
    except (ValueError, KeyError):
        return None
    if len(kept) < len(rows):
        with replacing(path) as beside:
            kept.to_csv(beside, index=False, quoting=csv.QUOTE_ALL)
    return len(rows) - len(kept)


def _strike_reasons(customer: str) -> int:
    """Take the customer out of what `make reasons` wrote last; return how many rows there were."""
    if not REASONS.exists():
        return 0
    rows = pq.read_table(REASONS)
    kept = rows.filter(pc.not_equal(rows["customer_id"], customer))
    write_parquet(REASONS, kept)
    return rows.num_rows - kept.num_rows


if __name__ == "__main__":
    main()
