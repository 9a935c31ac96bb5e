"""What each feature is: its family, the kind of data it comes from, its unit, its meaning.

A family is what a reason speaks of: the features that move together are told apart by nobody.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True)
class Feature:
    """One line of the catalogue; `name` is a pattern in which {} stands for days."""

    name: str
    family: str
    kind: str  # behavioural, psychographic or geographical
    unit: str
    meaning: str


BEHAVIOUR, MIND, PLACE = "behavioural", "psychographic", "geographical"

CATALOGUE = (
    Feature("spend_rate", "spend", BEHAVIOUR, "money/horizon", "spend over all history"),
    Feature("spend_rate_{}", "spend", BEHAVIOUR, "money/horizon", "spend of the last {} days"),
    Feature(
        "spend_rate_half_{}",
        "spend",
        BEHAVIOUR,
        "money/horizon",
        "spend, a day's weight halved every {} days",
    ),
    Feature("visit_rate", "frequency", BEHAVIOUR, "days/horizon", "days with a transaction"),
    Feature(
        "visit_rate_{}",
        "frequency",
        BEHAVIOUR,
        "days/horizon",
        "days with a transaction in the last {} days",
    ),
    Feature(
        "visit_rate_half_{}",
        "frequency",
        BEHAVIOUR,
        "days/horizon",
        "days with a transaction, weight halved every {} days",
    ),
    Feature("transaction_rate", "frequency", BEHAVIOUR, "1/horizon", "transactions"),
    Feature("active_weeks", "frequency", BEHAVIOUR, "share", "weeks with a transaction"),
    Feature("gap_mean", "frequency", BEHAVIOUR, "days", "mean time between visits"),
    Feature("gap_longest", "frequency", BEHAVIOUR, "days", "longest time between visits"),
    Feature("recency", "recency", BEHAVIOUR, "days", "since the last transaction"),
    Feature("recency_in_gaps", "recency", BEHAVIOUR, "gaps", "recency over the own mean gap"),
    Feature("tenure", "recency", BEHAVIOUR, "days", "since the first transaction"),
    Feature("ticket_mean", "ticket", BEHAVIOUR, "money", "mean spend of a visit"),
    Feature("ticket_median", "ticket", BEHAVIOUR, "money", "median spend of a visit"),
    Feature("ticket_largest", "ticket", BEHAVIOUR, "money", "largest spend of a visit"),
    Feature("ticket_variation", "ticket", BEHAVIOUR, "ratio", "standard deviation over mean"),
    Feature(
        "trend", "trend", BEHAVIOUR, "-1 to 1", "the last horizon's spend against the former's"
    ),
    Feature("income_rate", "money in", BEHAVIOUR, "money/horizon", "income over all history"),
    Feature(
        "income_rate_recent", "money in", BEHAVIOUR, "money/horizon", "income of the last horizon"
    ),
    Feature(
        "other_rate", "money in", BEHAVIOUR, "money/horizon", "transfers and fees, out less in"
    ),
    Feature(
        "other_rate_recent",
        "money in",
        BEHAVIOUR,
        "money/horizon",
        "transfers and fees of the last horizon",
    ),
    Feature("cash_share", "habit", MIND, "share", "cash in all spend: privacy"),
    Feature("discount_share", "habit", MIND, "share", "discount in prices: price sensitivity"),
    Feature("promotion_share", "habit", MIND, "share", "transactions on promotion: response"),
    Feature("variety", "habit", MIND, "share", "visits with a category never bought before"),
    Feature("loyalty", "habit", MIND, "share", "visits to merchants known before"),
    Feature("evening_share", "habit", MIND, "share", "transactions from 18 o'clock UTC"),
    Feature("weekend_share", "habit", MIND, "share", "visits on Saturday or Sunday"),
    Feature("regions", "habit", PLACE, "regions", "different regions of transactions"),
)
FAMILIES = tuple(dict.fromkeys(feature.family for feature in CATALOGUE))
_BY_NAME = {feature.name: feature for feature in CATALOGUE}


@cache
def feature(column: str) -> Feature:
    """The catalogue's line for a column of features; KeyError where it has none."""
    return _BY_NAME[re.sub(r"\d+$", "{}", column)]


def members(columns: Sequence[str], family: str) -> list[int]:
    """The places in `columns` of a family's features."""
    return [i for i, column in enumerate(columns) if feature(column).family == family]
