"""What is true of the synthetic bank's customers: the law that their transactions are drawn by."""

from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from omegaconf import DictConfig

from stages.adapters.sources import synthetic
from stages.domain import bank

SIMULATED = 1000  # futures of each customer, for their interval


def truth(source: DictConfig, start: date, horizon: int) -> pa.Table:
    """What is true of the spend in [start, start + horizon) of who has come before `start`.

    Columns customer_id, expected, and low and high: its 10th and 90th percentile, simulated.
    """
    first, _ = synthetic.period(source)
    tables = []
    for block, habits, there in synthetic.blocks(source, start):
        law = (habits, first, start, horizon, source.season)
        rng = np.random.default_rng([source.seed, block, 0, 1])
        low, high = np.quantile(futures(*law, SIMULATED, rng), [0.1, 0.9], axis=0)
        known = {"expected": expected(*law), "low": low, "high": high}
        columns = {name: values[there] for name, values in known.items()}
        tables.append(
            pa.table({"customer_id": synthetic.ids(block).take(pa.array(there)), **columns})
        )
    return pa.concat_tables(tables)


def expected(
    habits: bank.Habits, first: date, start: date, horizon: int, strength: float
) -> NDArray:
    """The expectation of what each customer spends in [start, start + horizon).

    Purchases, refunds and withdrawals, as the target counts them, but for its floor at 0.
    """
    purchases, withdrawals, subscriptions = counts(habits, first, start, horizon, strength)
    return (
        purchases * habits.ticket * (1 - habits.refunds)
        + withdrawals * bank.NOTE * (1 + bank.NOTES)
        + subscriptions * habits.subscription
    )


def futures(
    habits: bank.Habits,
    first: date,
    start: date,
    horizon: int,
    strength: float,
    rounds: int,
    rng: np.random.Generator,
) -> NDArray:
    """(rounds, customers): what they might spend in [start, start + horizon), drawn by the law."""
    purchases, withdrawals, subscriptions = counts(habits, first, start, horizon, strength)
    size = (rounds, len(purchases))
    bought, returned = (
        rng.gamma(bank.SHAPE * rng.poisson(rate, size), habits.ticket / bank.SHAPE)
        for rate in (purchases, purchases * habits.refunds)
    )
    visits = rng.poisson(withdrawals, size)
    cash = bank.NOTE * (visits + rng.poisson(bank.NOTES * visits))
    return np.maximum(bought - returned + cash + subscriptions * habits.subscription, 0)


def counts(
    habits: bank.Habits, first: date, start: date, horizon: int, strength: float
) -> tuple[NDArray, NDArray, NDArray]:
    """Expected purchases and withdrawals of each customer, and subscriptions paid, in the days."""
    days = np.datetime64(start, "D") + np.arange(horizon)
    levels = bank.level(habits, (days - np.datetime64(first, "D")).astype(int))
    return (
        habits.purchases * (levels @ bank.season(days, strength)),
        habits.withdrawals * levels.sum(axis=1),
        bank.subscribed(levels, days).sum(axis=1),
    )
