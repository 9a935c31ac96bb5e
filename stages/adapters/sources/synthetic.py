"""Source synthetic: a bank of any size, drawn from its seed, with its customers' futures known.

domain/bank.py has the habits and their law, domain/bank_rows.py draws the rows; here they become
tables, a month and some blocks of customers at a time. The same rows come out however many
blocks a draft takes.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from omegaconf import DictConfig

from stages.adapters.drafts import texts
from stages.domain import bank, bank_rows
from stages.domain.errors import UserError

BLOCKS = 32  # in a draft: some half a million rows

_CUSTOMERS = f"""
SELECT
    customer_id,
    {texts.age_band("age")} AS age_band,
    CASE WHEN salary < 1200 THEN 'under 15K' WHEN salary < 2000 THEN '15-24K'
        WHEN salary < 2900 THEN '25-34K' WHEN salary < 4100 THEN '35-49K' ELSE '50K+'
    END AS income_band,
    household::VARCHAR AS household_size,
    CASE WHEN rent = 0 THEN 'Homeowner' ELSE 'Renter' END AS home_owner,
    CASE WHEN married THEN 'Married' ELSE 'Unmarried' END AS marital_status,
    region,
    MAP {{'sex': CASE WHEN woman THEN 'female' ELSE 'male' END}} AS attributes
FROM people
"""
_habits = lru_cache(maxsize=64)(bank.habits)


def inputs(source: DictConfig) -> list[Path]:
    """No files but the code of the law."""
    return [Path(bank.__file__), Path(bank_rows.__file__)]


def transactions(source: DictConfig) -> Iterator[pa.Table]:
    """Yield draft tables, month after month, BLOCKS blocks of customers each."""
    first, last = period(source)
    numbers = range(-(-source.customers // bank.BLOCK))
    for month in np.arange(np.datetime64(first, "M"), np.datetime64(last, "M") + 1):
        for some in range(0, len(numbers), BLOCKS):
            yield pa.concat_tables(
                _draft(source, block, month, np.datetime64(first), np.datetime64(last))
                for block in numbers[some : some + BLOCKS]
            )


def customers(source: DictConfig) -> pa.Table:
    """The customers who have come by the last day."""
    tables = []
    for block, habits, there in blocks(source, period(source)[1] + timedelta(days=1)):
        people = pa.table(
            {
                "customer_id": ids(block).take(pa.array(there)),
                "region": pa.array(bank_rows.REGIONS).take(habits.region[there]),
                **{
                    name: getattr(habits, name)[there]
                    for name in ("age", "salary", "household", "rent", "married", "woman")
                },
            }
        )
        with duckdb.connect() as db:
            db.register("people", people)
            tables.append(db.sql(_CUSTOMERS).to_arrow_table())
    return pa.concat_tables(tables)


def period(source: DictConfig) -> tuple[date, date]:
    """First and last day."""
    try:
        first, last = date.fromisoformat(source.first_day), date.fromisoformat(source.last_day)
    except ValueError as error:
        raise UserError("source.first_day, source.last_day: give dates as YYYY-MM-DD") from error
    if not (last >= first and source.customers > 0):
        raise UserError("the synthetic bank needs customers and a last day after its first")
    return first, last


def blocks(source: DictConfig, by: date) -> Iterator[tuple[int, bank.Habits, NDArray]]:
    """Every block's number and habits, and the places in it of who has come before `by`."""
    first, _ = period(source)
    for block in range(-(-source.customers // bank.BLOCK)):
        habits = _habits(source.seed, block)
        count = min(bank.BLOCK, source.customers - block * bank.BLOCK)
        yield block, habits, np.flatnonzero(habits.start[:count] < (by - first).days)


@lru_cache(maxsize=64)
def ids(block: int) -> pa.Array:
    """The ids of a block's customers, in their order."""
    first = block * bank.BLOCK
    return pa.array([f"c{number:07d}" for number in range(first, first + bank.BLOCK)])


def _draft(
    source: DictConfig, block: int, month: np.datetime64, first: np.datetime64, last: np.datetime64
) -> pa.Table:
    """The transactions of a block in a month; the whole month is drawn and then cut to the days."""
    habits = _habits(source.seed, block)
    rng = np.random.default_rng([source.seed, block, int(month.astype(int)) + 1])
    days = np.arange(month, month + 1, dtype="datetime64[D]")
    drawn = bank_rows.drawn(habits, days, first, source.season, rng)
    number = np.arange(len(drawn["customer"]))
    booked_at = days[drawn["day"]].astype("datetime64[s]") + drawn["second"]
    kept = (drawn["customer"] + block * bank.BLOCK < source.customers) & (
        (booked_at >= first) & (booked_at < last + 1)
    )
    columns = {
        "customer_id": ids(block).take(pa.array(drawn["customer"][kept])),
        "booked_at": pa.array(booked_at[kept]),
        "transaction_id": pa.array(number[kept]).cast(pa.string()),
        "amount": np.round(drawn["amount"][kept], 2),
        "discount": np.round(drawn["discount"][kept], 2),
        "quantity": drawn["quantity"][kept],
    }
    for name, names in bank_rows.NAMES.items():
        codes = drawn[name][kept]
        columns[name] = pa.array(names).take(pa.array(codes, mask=codes == bank_rows.NOTHING))
    return pa.table(columns)
