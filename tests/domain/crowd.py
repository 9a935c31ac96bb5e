"""A crowd whose spend is known: each customer has a habit, and spends by it with chance."""

from datetime import date

import numpy as np
import pandas as pd

from stages.domain.capability import CapabilityRegressor
from stages.domain.momentum import Momentum
from stages.domain.spec import Spec
from stages.domain.training import Recipe

FIRST, AS_OF = date(2020, 1, 1), date(2020, 7, 1)
CUTOFFS = (date(2020, 6, 1), date(2020, 5, 2), date(2020, 4, 2))
SPEC = Spec(30, (14,), (15,), 7, ("purchase", "refund"))
QUICK = CapabilityRegressor(max_iter=40)
RECIPE = Recipe(SPEC, QUICK, (0.5, 0.8), Momentum(2.5, 0.4), seed=0)
STYLES = ((0.4, 0.2), (0.1, 0.8), (0.1, 0.2))  # share of discounts, of evenings


def crowd(n: int, seed: int = 0) -> pd.DataFrame:
    """The frame of `n` customers at CUTOFFS and AS_OF, in the columns that a model needs.

    Customer i buys in the style i modulo 3.
    """
    rng = np.random.default_rng(seed)
    habit, style = rng.gamma(1.5, 100.0, n), np.array(STYLES)[np.arange(n) % len(STYLES)]
    tables = []
    for cutoff in (*CUTOFFS, AS_OF):
        last, before, future = habit * rng.lognormal(0.0, 0.35, (3, n))
        visits = rng.poisson(5, n) + 1.0
        table = {
            "customer_id": [f"{i:05}" for i in range(n)],
            "cutoff": np.datetime64(cutoff, "s"),
            "target": future * (rng.random(n) > 0.05) if cutoff != AS_OF else np.nan,
            "tenure": 150.0 - (np.arange(n) % 4 == 3) * rng.integers(0, 140, n),
            "recency": 30.0 / visits,
            "recency_in_gaps": rng.exponential(1.0, n),
            "gap_longest": 9.0 + visits,
            "ticket_mean": habit / visits,
            "ticket_largest": 2 * habit / visits,
            "spend_rate": (last + before) / 2,
            "spend_rate_14": last * rng.lognormal(0.0, 0.3, n),
            "spend_rate_30": last,
            "visit_rate": visits,
            "visit_rate_30": visits,
            "income_rate": np.zeros(n),
            "trend": (last - before) / (last + before),
            "discount_share": (style[:, 0] + rng.normal(0, 0.03, n)).clip(0, 1),
            "evening_share": (style[:, 1] + rng.normal(0, 0.05, n)).clip(0, 1),
            "weekend_share": rng.beta(4, 10, n),
        }
        tables.append(pd.DataFrame(table))
    return pd.concat(tables, ignore_index=True)
