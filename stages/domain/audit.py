"""Fairness: whether the forecast serves every group alike; the groups never enter the score."""

import numpy as np
import pandas as pd

from stages.domain.calibration import covered
from stages.domain.tiers import TIERS

FEWEST = 10  # customers of a group that is shown
NORMAL_95 = 1.96
# Describe and audit; a test holds the features to knowing none of them.
PROTECTED = ("age_band", "income_band", "household_size", "home_owner", "marital_status", "sex")


def attributes(customers: pd.DataFrame) -> pd.DataFrame:
    """The protected attributes of the table `customers`, one row a customer, index customer_id.

    Those that a source keeps in `attributes` alone are among them.
    """
    rows = customers.set_index("customer_id")
    known = rows.dropna(axis="columns", how="all")
    more = pd.DataFrame([dict(a or {}) for a in rows["attributes"]], index=rows.index)
    wide = known.join(more[[c for c in more if c in PROTECTED and c not in known]])
    return wide[[c for c in PROTECTED if c in wide and wide[c].notna().any()]]


def fairness(actual: np.ndarray, scores: pd.DataFrame, groups: pd.DataFrame) -> pd.DataFrame:
    """One row a group of ten customers or more, of each attribute of `groups`.

    `groups` is indexed by customer_id; who is not in it, or has null, is the group "unknown".
    Columns: attribute, group, customers, bias (predicted over actual), mae_ratio (mean absolute
    error over mean spend), coverage, a share for each tier; bias has a 95 % interval
    (delta method for a ratio of totals, Cochran, Sampling Techniques, 1977, section 6.3).
    """
    frame = pd.DataFrame(
        {
            "actual": actual,
            "predicted": scores["expected_spend"].to_numpy(),
            "covered": covered(actual, scores),
            "tier": scores["tier"].to_numpy(),
        },
        index=scores["customer_id"],
    )
    found = []
    for attribute in groups.columns:
        values = groups[attribute].reindex(frame.index).fillna("unknown")
        for group, rows in frame.groupby(values.to_numpy()):
            if len(rows) >= FEWEST:
                found.append({"attribute": attribute, "group": group} | _figures(rows))
    return pd.DataFrame(found, columns=COLUMNS)


COLUMNS = [
    *("attribute", "group", "customers", "bias", "bias_low", "bias_high", "mae_ratio", "coverage"),
    *TIERS,
]


def _figures(rows: pd.DataFrame) -> dict[str, float]:
    actual, predicted = rows["actual"].to_numpy(), rows["predicted"].to_numpy()
    spent = actual.sum() or np.nan  # where nobody spent, no ratio says anything
    bias = predicted.sum() / spent
    spread = NORMAL_95 * np.sqrt(len(rows)) * (predicted - bias * actual).std(ddof=1) / spent
    return {
        "customers": len(rows),
        "bias": bias,
        "bias_low": bias - spread,
        "bias_high": bias + spread,
        "mae_ratio": np.abs(predicted - actual).sum() / spent,
        "coverage": rows["covered"].mean(),
    } | {tier: (rows["tier"] == tier).mean() for tier in TIERS}
