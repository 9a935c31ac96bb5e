"""A campaign: whom to contact for a budget, and how much of all expected spend that reaches.

Reached is what the contacted customers are expected to spend, not what a contact adds to it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from stages.domain.errors import UserError

CHOICES = ("tier", "segment", "style", "region")  # never a protected attribute: see audit.py
EXPORTED = (
    *("rank", "customer_id", "expected_spend", "low", "high", "percentile", "tier", "momentum"),
    *("segment", "style", "region", "confidence"),
)
POINTS = 101  # of the gain curve


@dataclass(frozen=True)
class Campaign:
    """All who fit the choices, the highest expected spend first, and how many the budget pays.

    `average` is the expected spend of a customer, of those who fit and those who do not.
    """

    eligible: pd.DataFrame
    contacts: int
    average: float

    @property
    def at_random(self) -> float:
        """Expected spend of as many of all customers, chosen at random."""
        return self.contacts * self.average

    @property
    def chosen(self) -> pd.DataFrame:
        """The rows to contact, with their `rank` from 1; no column but EXPORTED."""
        rows = self.eligible.head(self.contacts)
        return rows.assign(rank=np.arange(1, len(rows) + 1))[list(EXPORTED)]


def plan(
    scores: pd.DataFrame, chosen: Mapping[str, Sequence[str]], budget: float, cost: float
) -> Campaign:
    """Whom to contact: as many of the highest expected spend as `budget` pays at `cost` each.

    `scores` has the columns of that table and region; `chosen` gives the values that fit, by
    column of CHOICES: a column that is absent or empty lets everybody in. As each contact costs
    the same, the highest expected spend is also the highest per contact; ties go by customer_id.
    Raises UserError for another column, or a cost or budget that makes no sense.
    """
    if not cost > 0 or not budget >= 0 or np.isinf(budget):
        raise UserError("give a cost a contact above 0 and a budget of 0 or more")
    if strange := set(chosen) - set(CHOICES):
        raise UserError(f"a campaign does not choose by {', '.join(sorted(strange))}")
    fits = np.ones(len(scores), bool)
    for column, values in chosen.items():
        if values:
            fits &= scores[column].isin(list(values)).to_numpy()
    eligible = scores[fits].sort_values(
        ["expected_spend", "customer_id"], ascending=[False, True], ignore_index=True
    )
    # A budget of 0.3 pays three contacts of 0.1.
    contacts = int(min(budget / cost + 1e-9, len(eligible)))
    average = float(scores["expected_spend"].mean())
    return Campaign(eligible, contacts, average)


def gain_curve(campaign: Campaign) -> pd.DataFrame:
    """Expected spend by number of contacts: `ranked` as planned, `random` of all customers.

    At most 101 points, from no contact to everybody who is eligible.
    """
    spend = np.concatenate([[0.0], np.cumsum(campaign.eligible["expected_spend"].to_numpy())])
    contacts = np.unique(np.linspace(0, len(spend) - 1, POINTS).round().astype(int))
    return pd.DataFrame(
        {"contacts": contacts, "ranked": spend[contacts], "random": contacts * campaign.average}
    )
