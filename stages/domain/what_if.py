"""A customer's transactions as they would be, had the customer other habits."""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd

from stages.domain.tables import NUMBERS


def visits(transactions: pd.DataFrame, kinds: Sequence[str], as_of: date, days: int) -> pd.Series:
    """The day of each row that is spend of the last `days` before `as_of`, null of any other.

    A visit is a day with spend: rows of one of `kinds`. `booked_at` is UTC.
    """
    day = transactions["booked_at"].dt.tz_localize(None).dt.normalize()
    end = pd.Timestamp(as_of)
    recent = (day >= end - timedelta(days=days)) & (day < end)
    return day.where(recent & transactions["kind"].isin(list(kinds)))


def changed(
    transactions: pd.DataFrame,
    kinds: Sequence[str],
    as_of: date,
    days: int,
    frequency: float,
    ticket: float,
    today: date,
) -> pd.DataFrame:
    """One customer's transactions with the visits of the last `days` changed.

    `frequency` and `ticket` are shares, -1 to 1: .25 for a quarter more visits, -.1 for a tenth
    less spent on each. Visits are left out, or copied to days before `today` that have none, evenly
    over the time and at the same hour; who has no such days left gets fewer. Then the amounts of
    all visits are scaled. All else stays as it is.
    """
    day = visits(transactions, kinds, as_of, days)
    known = pd.DatetimeIndex(day.dropna().unique()).sort_values()
    count, table = round(abs(frequency) * len(known)), transactions
    if frequency < 0:
        table = table[~day.isin(_evenly(known, count))]
    elif count:
        end = min(as_of, today) - timedelta(days=1)
        free = pd.date_range(known[0], end).difference(known)
        count = min(count, len(free))
        copied = _evenly(known, count)
        moves = dict(zip(copied, _evenly(free, count) - copied, strict=True))
        again = table[day.isin(copied)]
        moved = pd.to_timedelta(day[again.index].map(moves))
        again = again.assign(
            booked_at=again["booked_at"] + moved, transaction_id=again["transaction_id"] + " again"
        )
        table = pd.concat([table, again], ignore_index=True)
    spend = visits(table, kinds, as_of, days).notna()
    return table.assign(
        **{money: table[money].where(~spend, table[money] * (1 + ticket)) for money in NUMBERS}
    )


def _evenly(days: pd.DatetimeIndex, count: int) -> pd.DatetimeIndex:
    """So many of the days, ascending."""
    return days[((np.arange(count) + 0.5) * len(days) / max(count, 1)).astype(int)]
