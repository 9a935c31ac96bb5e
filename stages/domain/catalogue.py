"""What each feature is: its family, the kind of data it comes from, its unit, its meaning.

A family is what a reason speaks of: the features that move together are told apart by nobody.
"""

import re
from dataclasses import dataclass
from functools import cache

BEHAVIOUR, MIND, PLACE = "behavioural", "psychographic", "geographical"


@dataclass(frozen=True)
class Feature:
    """One line of the catalogue; `name` is a pattern in which {} stands for days."""

    name: str
    family: str
    unit: str
    meaning: str
    kind: str = BEHAVIOUR


CATALOGUE = (
    Feature("spend_rate", "spend", "money/horizon", "spend over all history"),
    Feature("spend_rate_{}", "spend", "money/horizon", "spend of the last {} days"),
    Feature(
        "spend_rate_half_{}", "spend", "money/horizon", "spend, a day's weight halved every {} days"
    ),
    Feature("visit_rate", "frequency", "days/horizon", "visits: days with spend"),
    Feature("visit_rate_{}", "frequency", "days/horizon", "visits in the last {} days"),
    Feature(
        "visit_rate_half_{}", "frequency", "days/horizon", "visits, weight halved every {} days"
    ),
    Feature("transaction_rate", "frequency", "1/horizon", "transactions"),
    Feature("active_weeks", "frequency", "share", "weeks with a visit"),
    Feature("gap_mean", "frequency", "days", "mean time between visits"),
    Feature("gap_longest", "frequency", "days", "longest time between visits"),
    Feature("recency", "recency", "days", "since the last visit"),
    Feature("recency_in_gaps", "recency", "gaps", "recency over the own mean gap"),
    Feature("tenure", "recency", "days", "since the first transaction"),
    Feature("ticket_mean", "ticket", "money", "mean spend of a visit"),
    Feature("ticket_median", "ticket", "money", "median spend of a visit"),
    Feature("ticket_largest", "ticket", "money", "largest spend of a visit"),
    Feature("ticket_variation", "ticket", "ratio", "standard deviation over mean"),
    Feature("trend", "trend", "-1 to 1", "the last horizon's spend against the former's"),
    Feature("income_rate", "money in", "money/horizon", "income over all history"),
    Feature("income_rate_recent", "money in", "money/horizon", "income of the last horizon"),
    Feature("other_rate", "money in", "money/horizon", "all other money, out less in"),
    Feature(
        "other_rate_recent", "money in", "money/horizon", "all other money of the last horizon"
    ),
    Feature("cash_share", "habit", "share", "cash in all spend: privacy", MIND),
    Feature("discount_share", "habit", "share", "discount in prices: price sensitivity", MIND),
    Feature("promotion_share", "habit", "share", "transactions on promotion: response", MIND),
    Feature("variety", "habit", "share", "visits with a category never bought before", MIND),
    Feature("loyalty", "habit", "share", "visits to merchants known before", MIND),
    Feature("evening_share", "habit", "share", "transactions from 18 o'clock UTC", MIND),
    Feature("weekend_share", "habit", "share", "visits on Saturday or Sunday", MIND),
    Feature("regions", "habit", "regions", "different regions of transactions", PLACE),
)
FAMILIES = tuple(dict.fromkeys(feature.family for feature in CATALOGUE))
_BY_NAME = {feature.name: feature for feature in CATALOGUE}


@cache
def feature(column: str) -> Feature:
    """The catalogue's line for a column of features; KeyError where it has none."""
    return _BY_NAME[re.sub(r"\d+$", "{}", column)]
