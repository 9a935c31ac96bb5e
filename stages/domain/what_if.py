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
) -> pd.DataFrame:
    """One customer's transactions with the visits of the last `days` changed.

    `frequency` and `ticket` are shares, -1 to 1: .25 for a quarter more visits, -.1 for a tenth
    less spent on each. Visits are left out, or copied to half way towards the next one, evenly over
    the time; then the amounts of all visits are scaled. All else stays as it is.
    """
    day = visits(transactions, kinds, as_of, days)
    known = np.sort(day.dropna().unique())
    count = round(abs(frequency) * len(known))
    some = known[((np.arange(count) + 0.5) * len(known) / max(count, 1)).astype(int)]
    picked, table = day.isin(some), transactions
    if frequency < 0:
        table = table[~picked]
    elif count:
        ends = np.append(known[1:], np.datetime64(as_of))
        half = day[picked].map(dict(zip(known, (ends - known) / 2, strict=True)))
        again = table[picked]
        again = again.assign(
            booked_at=again["booked_at"] + half, transaction_id=again["transaction_id"] + " again"
        )
        past = again["booked_at"] < pd.Timestamp(as_of, tz="UTC")
        table = pd.concat([table, again[past]], ignore_index=True)
    spend = visits(table, kinds, as_of, days).notna()
    return table.assign(
        **{money: table[money].where(~spend, table[money] * (1 + ticket)) for money in NUMBERS}
    )
