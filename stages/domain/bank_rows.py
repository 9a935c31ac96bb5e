"""The transactions of the synthetic bank (domain/bank.py): a block's month as arrays.

All arrays of one Rows have one length. What has a name is a code, its place in NAMES.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from stages.domain import bank

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
NAMES = {
    "kind": KINDS,
    "category": CATEGORIES,
    "merchant": MERCHANTS,
    "channel": CHANNELS,
    "region": REGIONS,
}
NOTHING = -1  # for null

Rows = dict[str, NDArray]  # arrays of one length: what they are, by name; names as codes


def drawn(
    habits: bank.Habits,
    days: NDArray,
    first: np.datetime64,
    strength: float,
    rng: np.random.Generator,
) -> Rows:
    """All that the block does on `days`, those of one month, in the order in which it is drawn."""
    levels = bank.level(habits, (days - first).astype(int))
    parts = [
        _shopping(habits, levels * bank.season(days, strength), rng),
        _withdrawals(habits, levels, rng),
        *_monthly(habits, levels, days),
    ]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


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
