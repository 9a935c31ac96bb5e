"""A month of new data, written into the store as a bank's own feed would: `python -m demo.month`.

January is December again, 31 days later, each amount a fifth lower: made for the demo, so that
there is something to notice.
"""

from datetime import timedelta

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from stages.adapters import config, raw
from stages.adapters.store import write
from stages.adapters.store.session import connect
from stages.domain.tables import TRANSACTIONS

LESS = 0.8


def main() -> None:
    """Write it, and say how many rows."""
    store = config.load().store
    rows = ds.dataset(raw.TRANSACTIONS).to_table(TRANSACTIONS.schema.names)
    rows = rows.filter(pc.equal(pc.strftime(rows["booked_at"], "%Y-%m"), "2017-12"))
    later = pc.add(rows["booked_at"], pa.scalar(timedelta(days=31), pa.duration("ms")))
    less = pc.multiply(pc.cast(rows["amount"], pa.float64()), LESS)
    for name, column in (("booked_at", later), ("amount", pc.round(less, 2))):
        field = TRANSACTIONS.schema.field(name)
        place = rows.schema.get_field_index(name)
        rows = rows.set_column(place, field, pc.cast(column, field.type, safe=False))
    with connect(store) as session:
        write.write_transactions(session, store.keyspace, rows, store.shards, lambda count: None)
    spend = pc.sum(rows["amount"]).as_py()
    print(f"January 2018: {rows.num_rows:,} transactions, {spend:,} in all, are in the store")


if __name__ == "__main__":
    main()
