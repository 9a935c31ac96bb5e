"""Source synthetic: a bank of any size, drawn from its seed, with its customers' futures known.

domain/bank.py has the habits and their law; here they become transactions, a month and some
blocks of customers at a time. The same rows come out however many blocks a draft takes.
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

from stages.adapters.drafts import ages
from stages.domain import bank
from stages.domain.errors import UserError

BLOCKS = 32  # in a draft: some half a million rows
SIMULATED = 1000  # futures of each customer, for their interval
BARGAIN = 0.2  # off the price
FEE = 2.9  # a month

KINDS = ("purchase", "refund", "cash", "income", "transfer", "fee")
PURCHASE, REFUND, CASH, INCOME, TRANSFER, ACCOUNT_FEE = range(len(KINDS))
CHANNELS = ("store", "online", "atm", "transfer")
STORE, ONLINE, ATM, BY_TRANSFER = range(len(CHANNELS))
REGIONS = ("North", "South", "East", "West", "Capital", "Coast", "Lakes", "Hills", "Valley", "Port")
SHOPS = (
    *("groceries", "restaurants", "transport", "clothing", "household", "health"),
    *("travel", "electronics", "leisure", "beauty", "books", "pets"),
)
CATEGORIES = (*SHOPS, "cash", "salary", "rent", "subscription", "fee")
MERCHANTS = tuple(f"{shop} {m + 1}" for shop in SHOPS for m in range(bank.MERCHANTS))
NAMES = {"kind": KINDS, "channel": CHANNELS, "region": REGIONS, "merchant": MERCHANTS}
NAMES["category"] = CATEGORIES
NOTHING = -1  # for null

Rows = dict[str, NDArray]  # arrays of one length: what they are, by name; names as codes

_CUSTOMERS = f"""
SELECT
    customer_id,
    {ages.band("age")} AS age_band,
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


def inputs(source: DictConfig) -> list[Path]:
    """No files but the code of the law."""
    return [Path(bank.__file__)]


def rows(source: DictConfig) -> int:
    """About so many: the first block's share of the whole."""
    first, last = _period(source)
    days = (last - first).days + 1
    habits = bank.habits(source.seed, 0)
    bought, drawn, subscriptions = bank.counts(habits, first, first, days, source.season)
    monthly = 2.5 * (days - np.clip(habits.start, 0, days)) / bank.MONTH  # salary, fee, some rent
    each = np.mean(bought * (1 + habits.refunds) + drawn + subscriptions + monthly)
    return int(source.customers * each)


def transactions(source: DictConfig) -> Iterator[pa.Table]:
    """Yield draft tables, month after month, BLOCKS blocks of customers each."""
    first, last = _period(source)
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
    for block, habits, there in _blocks(source, _period(source)[1] + timedelta(days=1)):
        people = pa.table(
            {
                "customer_id": _ids(block).take(pa.array(there)),
                "region": pa.array(REGIONS).take(habits.region[there]),
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


def truth(source: DictConfig, start: date, horizon: int) -> pa.Table:
    """What is true of the spend in [start, start + horizon) of who has come before `start`.

    Columns customer_id, expected, and low and high: its 10th and 90th percentile, simulated.
    """
    first, _ = _period(source)
    tables = []
    for block, habits, there in _blocks(source, start):
        law = (habits, first, start, horizon, source.season)
        rng = np.random.default_rng([source.seed, block, 0, 1])
        low, high = np.quantile(bank.futures(*law, SIMULATED, rng), [0.1, 0.9], axis=0)
        known = {"expected": bank.expected(*law), "low": low, "high": high}
        columns = {name: values[there] for name, values in known.items()}
        tables.append(pa.table({"customer_id": _ids(block).take(pa.array(there)), **columns}))
    return pa.concat_tables(tables)


def _period(source: DictConfig) -> tuple[date, date]:
    """First and last day."""
    try:
        first, last = date.fromisoformat(source.first_day), date.fromisoformat(source.last_day)
    except ValueError as error:
        raise UserError("source.first_day, source.last_day: give dates as YYYY-MM-DD") from error
    if not (last >= first and source.customers > 0):
        raise UserError("the synthetic bank needs customers and a last day after its first")
    return first, last


def _blocks(source: DictConfig, by: date) -> Iterator[tuple[int, bank.Habits, NDArray]]:
    """Every block's number and habits, and the places in it of who has come before `by`."""
    first, _ = _period(source)
    for block in range(-(-source.customers // bank.BLOCK)):
        habits = _habits(source.seed, block)
        count = min(bank.BLOCK, source.customers - block * bank.BLOCK)
        yield block, habits, np.flatnonzero(habits.start[:count] < (by - first).days)


@lru_cache(maxsize=64)
def _habits(seed: int, block: int) -> bank.Habits:
    return bank.habits(seed, block)


@lru_cache(maxsize=64)
def _ids(block: int) -> pa.Array:
    first = block * bank.BLOCK
    return pa.array([f"c{number:07d}" for number in range(first, first + bank.BLOCK)])


def _draft(
    source: DictConfig, block: int, month: np.datetime64, first: np.datetime64, last: np.datetime64
) -> pa.Table:
    """The transactions of a block in a month; the whole month is drawn and then cut to the days."""
    habits = _habits(source.seed, block)
    rng = np.random.default_rng([source.seed, block, int(month.astype(int)) + 1])
    days = np.arange(month, month + 1, dtype="datetime64[D]")
    levels = bank.level(habits, (days - first).astype(int))
    seasonal = levels * bank.season(days, source.season)
    parts = [
        _shopping(habits, seasonal, rng),
        _withdrawals(habits, levels, rng),
        *_monthly(habits, levels, days),
    ]
    drawn = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    number = np.arange(len(drawn["customer"]))
    booked_at = days[drawn["day"]].astype("datetime64[s]") + drawn["second"]
    kept = (drawn["customer"] + block * bank.BLOCK < source.customers) & (
        (booked_at >= first) & (booked_at < last + 1)
    )
    columns = {
        "customer_id": _ids(block).take(pa.array(drawn["customer"][kept])),
        "booked_at": pa.array(booked_at[kept]),
        "transaction_id": pa.array(number[kept]).cast(pa.string()),
        "amount": np.round(drawn["amount"][kept], 2),
        "discount": np.round(drawn["discount"][kept], 2),
        "quantity": drawn["quantity"][kept],
    }
    for name, names in NAMES.items():
        codes = drawn[name][kept]
        columns[name] = pa.array(names).take(pa.array(codes, mask=codes == NOTHING))
    return pa.table(columns)


def _rows(customer: NDArray, day: NDArray, amount: NDArray, **known: NDArray | int) -> Rows:
    """Rows with what is `known`, and otherwise at noon and nowhere in particular."""
    usual = {"second": 12 * 3600, "discount": 0.0, "quantity": 1.0, **dict.fromkeys(NAMES, NOTHING)}
    rest = {k: np.broadcast_to(known.get(k, v), len(customer)) for k, v in usual.items()}
    return {"customer": customer, "day": day, "amount": amount, **rest}


def _shopping(habits: bank.Habits, seasonal: NDArray, rng: np.random.Generator) -> Rows:
    """Purchases and refunds."""
    rate = seasonal * habits.purchases[:, None]
    bought, returned = rng.poisson(rate), rng.poisson(rate * habits.refunds[:, None])
    both = np.concatenate([bought.ravel(), returned.ravel()])
    customer, day = np.divmod(np.repeat(np.arange(both.size) % rate.size, both), rate.shape[1])
    count, refund = len(customer), np.arange(len(customer)) >= bought.sum()
    paid = np.maximum(rng.gamma(bank.SHAPE, habits.ticket[customer] / bank.SHAPE), 0.01)

    def happens(share: NDArray) -> NDArray:
        return rng.random(count) < share[customer]

    bargain = happens(habits.bargains) & ~refund
    # One ascending row of all customers' cumulative shares, customer c's between c and c + 1.
    shares = (habits.taste + np.arange(bank.BLOCK)[:, None]).ravel()
    place = np.searchsorted(shares, customer + rng.random(count)) - customer * bank.CATEGORIES
    category = np.minimum(place, bank.CATEGORIES - 1)
    shop = np.where(
        happens(habits.loyalty), habits.favourite[customer], rng.integers(0, bank.MERCHANTS, count)
    )
    hour = np.clip(rng.normal(habits.hour[customer], 2.0), 6, 22.9)
    away = rng.random(count) < 0.07
    return _rows(
        customer,
        day,
        np.where(refund, -paid, paid),
        kind=np.where(refund, REFUND, PURCHASE),
        category=category,
        merchant=category * bank.MERCHANTS + shop,
        channel=np.where(happens(habits.online), ONLINE, STORE),
        region=np.where(away, rng.integers(0, bank.REGIONS, count), habits.region[customer]),
        second=(hour * 3600).astype(int),
        discount=np.where(bargain, paid * BARGAIN / (1 - BARGAIN), 0.0),
        quantity=1.0 + rng.poisson(0.6, count),
    )


def _withdrawals(habits: bank.Habits, levels: NDArray, rng: np.random.Generator) -> Rows:
    counts = rng.poisson(levels * habits.withdrawals[:, None]).ravel()
    customer, day = np.divmod(np.repeat(np.arange(counts.size), counts), levels.shape[1])
    amount = bank.NOTE * (1.0 + rng.poisson(bank.NOTES, len(customer)))
    where = habits.region[customer]
    code = len(SHOPS)
    return _rows(customer, day, amount, kind=CASH, category=code, channel=ATM, region=where)


def _monthly(habits: bank.Habits, levels: NDArray, days: NDArray) -> Iterator[Rows]:
    """What comes every month: rent on the 1st, subscription on the 5th, salary and fee late."""
    paid = bank.subscribed(levels, days) * habits.subscription[:, None]
    here = levels > 0
    for day, kind, category, amounts in (
        (4, PURCHASE, "subscription", paid[:, 4]),
        (0, TRANSFER, "rent", here[:, 0] * habits.rent),
        (24, INCOME, "salary", here[:, 24] * -habits.salary),
        (27, ACCOUNT_FEE, "fee", here[:, 27] * FEE),
    ):
        (customer,) = np.nonzero(amounts)
        yield _rows(
            customer,
            np.full(len(customer), day),
            amounts[customer],
            kind=kind,
            category=CATEGORIES.index(category),
            channel=BY_TRANSFER,
        )
