"""A bank that never was: every habit of its customers is drawn, so their future is known as a law.

Purchases, refunds and withdrawals of a customer come as Poisson counts a day; a purchase is a
Gamma amount. The spend over any days is then compound Poisson–Gamma (Jørgensen's Tweedie family):
its expectation is a product and its spread quickly simulated. Habits depend on the seed and the
customer's number alone, so a larger bank or a longer time contains the smaller one.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BLOCK = 1024  # customers drawn together
CATEGORIES = 12
MERCHANTS = 8  # of each category
REGIONS = 10
SHAPE = 1.2  # of an amount: its standard deviation is .9 of its mean
NOTE = 20  # withdrawals are of 1 + Poisson(NOTES) notes
NOTES = 2.0
YEARS_OF_CHANGE = 3  # from the first day on, within which customers arrive and change
WEEK = np.array([0.9, 0.9, 0.95, 1.0, 1.2, 1.3, 0.75])  # Monday to Sunday, 1 on average
MONTH = 365.25 / 12


@dataclass(frozen=True)
class Habits:
    """The customers of a block: one value each; money a transaction or a month, rates a day."""

    start: NDArray  # day, counted from the first, on which they became customers; below 0: before
    change: NDArray  # day on which they begin to grow or fade
    direction: NDArray  # 1 growing, to twice; −1 fading, to nothing; 0 steady
    half_life: NDArray  # days until half of the change is done
    purchases: NDArray
    ticket: NDArray  # mean amount of a purchase
    refunds: NDArray  # of purchases
    withdrawals: NDArray
    subscription: NDArray  # a month, on the 5th; ended once less than half of the habit is left
    salary: NDArray  # a month, on the 25th; a pension from 65 on
    rent: NDArray  # a month, on the 1st; 0 for owners
    age: NDArray  # years, on the first day
    region: NDArray
    household: NDArray  # persons
    married: NDArray
    woman: NDArray
    taste: NDArray  # (customers, CATEGORIES): cumulative shares
    favourite: NDArray  # merchant of theirs in every category
    loyalty: NDArray  # share of purchases there
    bargains: NDArray  # share of purchases with a discount
    online: NDArray  # share of purchases
    hour: NDArray  # of the day, in the middle


def habits(seed: int, block: int) -> Habits:
    """Draw the customers block × BLOCK and on."""
    rng = np.random.default_rng([seed, block])
    n, days = BLOCK, YEARS_OF_CHANGE * 365
    age = np.clip(rng.gamma(9.0, 5.2, n), 18, 92)
    salary = np.where(age >= 65, 1500, 2300) * rng.lognormal(0, 0.4, n)
    ticket = rng.lognormal(np.log(70), 0.5, n)
    spend = salary * rng.beta(5, 8, n) * np.where(age < 30, 1.15, 1.0)
    owner = rng.random(n) < np.clip((age - 20) / 60, 0.1, 0.75)
    taste = np.cumsum(rng.dirichlet(np.full(CATEGORIES, 0.6), n), axis=1)
    return Habits(
        start=np.where(rng.random(n) < 0.7, -1, rng.integers(0, days, n)),
        change=rng.integers(0, days, n),
        direction=rng.choice([1, -1, 0], n, p=[0.15, 0.15, 0.7]),
        half_life=rng.uniform(60, 240, n),
        purchases=np.clip(spend / ticket, 1, 60) / MONTH,
        ticket=ticket,
        refunds=rng.beta(1, 30, n),
        withdrawals=np.where(rng.random(n) < 0.6, rng.gamma(2, 1 / MONTH, n), 0),
        subscription=np.where(rng.random(n) < 0.5, rng.integers(5, 40, n) + 0.99, 0),
        salary=np.round(salary, 2),
        rent=np.round(np.where(owner, 0, 0.3 * salary), 2),
        age=age,
        region=rng.integers(0, REGIONS, n),
        household=1 + rng.binomial(4, 0.3, n),
        married=rng.random(n) < 0.5,
        woman=rng.random(n) < 0.5,
        taste=taste,
        favourite=rng.integers(0, MERCHANTS, n),
        loyalty=rng.beta(2, 2, n),
        bargains=rng.beta(1, 4, n),
        online=rng.beta(2, 4, n),
        hour=rng.normal(14.5, 2.5, n),
    )


def season(days: NDArray, strength: float) -> NDArray:
    """The rate of purchases on each of `days` (datetime64[D]), 1 on average.

    The week's rhythm, and a wave of the year, `strength` high, with its crest in mid-December.
    """
    of_year = (days - days.astype("datetime64[Y]")).astype(int)
    monday = (days.astype(int) + 3) % 7  # 1 January 1970 was a Thursday
    return WEEK[monday] * (1 + strength * np.cos(2 * np.pi * (of_year - 348) / 365.25))


def level(habits: Habits, since_first: NDArray) -> NDArray:
    """(customers, days): how much of each habit is there, `since_first` days after the first."""
    since_change = np.maximum(since_first - habits.change[:, None], 0)
    done = 1 - np.exp2(-since_change / habits.half_life[:, None])
    here = since_first >= habits.start[:, None]
    return np.where(here, 1 + habits.direction[:, None] * done, 0.0)


def subscribed(levels: NDArray, days: NDArray) -> NDArray:
    """(customers, days): whether the subscription is paid."""
    fifth = days.astype("datetime64[M]") + np.timedelta64(4, "D")
    return (levels >= 0.5) & (days == fifth)
