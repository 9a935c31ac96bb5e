"""The transactions of one customer, from data/raw."""

import duckdb
import pandas as pd

from stages.adapters.raw import TRANSACTIONS
from stages.domain.errors import UserError


def of_customer(customer_id: str) -> pd.DataFrame:
    """Their rows with the canonical columns, oldest first; amounts and discounts are floats."""
    if not any(TRANSACTIONS.glob("*.parquet")):
        raise UserError("data/raw has no transactions: load and extract them with `make run`")
    with duckdb.connect() as database:
        database.execute("SET TimeZone = 'UTC'")
        rows = database.execute(
            "SELECT * FROM read_parquet(?) WHERE customer_id = ?"
            " ORDER BY booked_at, transaction_id",
            [str(TRANSACTIONS / "*.parquet"), customer_id],
        ).df()
    return rows.astype({"amount": float, "discount": float})
