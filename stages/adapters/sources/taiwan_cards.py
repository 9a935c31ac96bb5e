"""Source taiwan_cards: six monthly statements of 30,000 credit cards, Taiwan 2005, as UCI has them.

A statement says what was owed and paid, not what was bought. Purchases of a month follow from
two statements: bill − bill of the month before + payment, and no less than 0. So they are known
from May (suffix 5) to September (suffix 1). docs/data-cards/taiwan_cards.md says more.
"""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
from omegaconf import DictConfig

from stages.adapters.drafts import months, texts
from stages.domain.errors import UserError

# A payment is money that comes in from an account of their own. April's is left out: what was
# bought in April is unknown, and a month with payments alone would look like one without purchases.
_TRANSACTIONS = """
CREATE TABLE draft AS
WITH statement AS (
    SELECT ID, unnest([5, 4, 3, 2, 1]) AS back,
        unnest([BILL_AMT5, BILL_AMT4, BILL_AMT3, BILL_AMT2, BILL_AMT1]) AS bill,
        unnest([BILL_AMT6, BILL_AMT5, BILL_AMT4, BILL_AMT3, BILL_AMT2]) AS before,
        unnest([PAY_AMT5, PAY_AMT4, PAY_AMT3, PAY_AMT2, PAY_AMT1]) AS paid
    FROM cards
),
booked AS (
    SELECT ID, make_timestamp(2005, 10 - back, 15, 12, 0, 0) AS booked_at,
        unnest(['purchase', 'transfer']) AS kind,
        unnest([greatest(bill - before + paid, 0), -paid]) AS amount
    FROM statement
)
SELECT ID::VARCHAR AS customer_id, booked_at, kind AS transaction_id, amount, kind
FROM booked WHERE amount <> 0
"""

_CUSTOMERS = f"""
SELECT
    ID::VARCHAR AS customer_id,
    {texts.age_band("AGE")} AS age_band,
    CASE MARRIAGE WHEN 1 THEN 'Married' WHEN 2 THEN 'Unmarried' WHEN 3 THEN 'Other'
        END AS marital_status,
    MAP {{
        'sex': CASE SEX WHEN 1 THEN 'male' WHEN 2 THEN 'female' ELSE 'unknown' END,
        'education': CASE EDUCATION
            WHEN 1 THEN 'graduate school' WHEN 2 THEN 'university' WHEN 3 THEN 'high school'
            WHEN 4 THEN 'other' ELSE 'unknown' END,
        'limit_balance': LIMIT_BAL::BIGINT::VARCHAR
    }} AS attributes
FROM cards ORDER BY ID
"""


def inputs(source: DictConfig) -> list[Path]:
    """The one file; UserError when it is not there."""
    if source.path is None:
        raise UserError('name the file: SET="source=taiwan_cards source.path=/data/cards.csv"')
    if not Path(source.path).is_file():
        raise UserError(f"source.path={source.path}: there is no such file")
    return [Path(source.path)]


def transactions(source: DictConfig) -> Iterator[pa.Table]:
    """Yield one draft table a month: a purchase and a payment of each card that has them."""
    with months.database() as db:
        _read(db, source)
        db.execute(_TRANSACTIONS)
        yield from months.by_month(db)


def customers(source: DictConfig) -> pa.Table:
    """Return the card holders, one row each."""
    with months.database() as db:
        _read(db, source)
        return db.sql(_CUSTOMERS).to_arrow_table()


def _read(db: duckdb.DuckDBPyConnection, source: DictConfig) -> None:
    (file,) = inputs(source)
    db.read_csv(str(file), header=True).create("cards")
