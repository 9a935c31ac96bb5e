"""When a score deserves less trust than its interval says, and why, in plain words."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

NORMAL, NO_HISTORY = "normal", "no history yet"
FEW_CUSTOMERS = 500
COHORT = 0.9  # share of customers who came in the first quarter of the history, where
FADED = 0.75  # the last horizon has less than this share of their average spend


def of_model(now: pd.DataFrame, target_days: int, horizon: int, cutoffs: int) -> str | None:
    """Why all scores of a model are uncertain, None where nothing speaks against them.

    `now` has the features of the customers at the date that it was made for.
    """
    why, tenure = [], now["tenure"]
    if len(now) < FEW_CUSTOMERS:
        why.append(f"{len(now)} customers, below {FEW_CUSTOMERS}")
    if target_days < horizon:
        why.append(f"a history too short for {horizon} days: learnt {target_days} and scaled")
    elif cutoffs < 2:
        why.append("a history with one cutoff to learn from")
    came_early = (tenure > 0.75 * tenure.max()).mean()
    faded = now[f"spend_rate_{horizon}"].sum() < FADED * now["spend_rate"].sum()
    if came_early >= COHORT and faded:
        why.append("a single cohort that fades: no newcomers to learn from")
    return "; ".join(why) or None


def of_customers(features: Mapping[str, np.ndarray], caution: str | None) -> np.ndarray:
    """The confidence of each row [n]: "normal", or "low: " and its reasons.

    `features` [n] have null `tenure` for a customer without history.
    """
    own = np.where(features["gap_longest"] == 0, "a single visit", "")
    own = np.where(features["ticket_largest"] <= 0, "no spend yet", own)
    own = np.where(np.isnan(features["tenure"]), NO_HISTORY, own)
    why = [("; ".join(filter(None, (o, caution)))) for o in own]
    return np.array([f"low: {w}" if w else NORMAL for w in why], dtype=object)
