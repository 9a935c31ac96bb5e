"""Erase: a customer leaves the store now, and data/ and reports/ at the next rebuild."""

import logging
import sys
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from stages.adapters import config
from stages.adapters.files import replacing, write_json
from stages.adapters.logs import stage
from stages.adapters.paths import REJECTS, REPORTS
from stages.adapters.store import erasure, keyspace
from stages.adapters.store.session import connect
from stages.domain.errors import UserError

log = logging.getLogger(__name__)
TEXT = pa.csv.ConvertOptions(column_types={"customer_id": pa.string()})  # 007 is not 7


@stage
def main() -> None:
    """Delete the customer named as the argument; write a receipt that does not name them."""
    customer = "".join(sys.argv[1:2])
    if not customer:
        raise UserError("name the customer: make erase CUSTOMER=…")
    store = config.load().store
    with connect(store) as session:
        keyspace.check(session, store.keyspace, store.shards)
        erased = erasure.erase(session, store.keyspace, customer, store.shards)
    if not any(erased.values()):
        raise UserError(f"keyspace {store.keyspace} holds nothing of this customer: check the id")
    for path in REJECTS.glob("*.csv"):
        _strike(path, customer)
    now = datetime.now(UTC)
    receipt = REPORTS / "erasures" / f"{now:%Y%m%dT%H%M%S%fZ}.json"
    write_json(receipt, {"when": now.isoformat(), "keyspace": store.keyspace, "rows": erased})
    log.info("erased %s; receipt: %s", erased, receipt)
    log.info("now `make rebuild promote score forget`: data/, reports/ and DVC's cache follow")


def _strike(path: Path, customer: str) -> None:
    """Take the customer's rows out of a reject file."""
    rows = pa.csv.read_csv(path, convert_options=TEXT)
    with replacing(path) as beside:
        pa.csv.write_csv(rows.filter(pc.field("customer_id") != customer), beside)


if __name__ == "__main__":
    main()
