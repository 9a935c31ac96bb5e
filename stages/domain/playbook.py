"""The playbook: what a segment's figures mean, each sentence with its figure and its customers."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from stages.domain.momentum import EVERYBODY
from stages.domain.profiles import PLACES

MOST = 2  # sentences a place, channel or category, either way
STANDS_OUT = 1.2  # times the share with all customers, or less than its inverse
LEAST_CHANGE = 0.1  # of the figure of all customers: less is certain, perhaps, but no matter
LEAST_SHARE = 0.02  # of their spend, of all where they use less: below it nothing is a priority


def playbook(
    habits: pd.DataFrame, places: Mapping[str, pd.DataFrame], templates: Mapping[str, Any]
) -> dict[str, dict[str, list[str]]]:
    """Sentences by segment and topic (pricing, campaigns, distribution, products).

    `habits` and `places` (by column of transactions) are what domain/profiles.py makes;
    `templates` is conf/playbook. A habit speaks only where its interval leaves out the figure of
    all customers, a place only where its share stands out and its interval leaves out the share
    with all; without evidence there is no sentence.
    """
    book: dict[str, dict[str, list[str]]] = {}
    everybody = habits[habits["segment"] == EVERYBODY].set_index("figure")["value"]
    for name in habits["segment"].unique():
        if name == EVERYBODY:
            continue
        own = habits[habits["segment"] == name].set_index("figure")
        tables = {place: t[t["segment"] == name] for place, t in places.items()}
        book[name] = {
            topic: [
                sentence
                for figure, template in rules.items()
                for sentence in (
                    _places(tables.get(figure), template)
                    if figure in PLACES
                    else _habit(own, everybody, figure, template)
                )
            ]
            for topic, rules in templates.items()
        }
    return book


def _habit(
    own: pd.DataFrame, everybody: pd.Series, figure: str, template: Mapping[str, Any]
) -> list[str]:
    if figure not in own.index:
        return []
    row, overall = own.loc[figure], everybody[figure]
    said = {"value": row["value"], "all": overall, "n": f"{int(row['n']):,}"}
    if abs(row["value"] - overall) < LEAST_CHANGE * abs(overall):
        return []
    line = template.get("beyond", row["value"])
    if row["low"] > overall and row["value"] >= line:
        return [template["above"].format(**said)]
    if row["high"] < overall and row["value"] <= line:
        return [template["below"].format(**said)]
    return []


def _places(table: pd.DataFrame | None, template: str | Mapping[str, str]) -> list[str]:
    if table is None or table.empty:
        return []
    overall = table["value"] / table["index"]
    more = (table["index"] >= STANDS_OUT) & (table["low"] > overall)
    over = table[more & (table["value"] >= LEAST_SHARE)].nlargest(MOST, "value")
    if isinstance(template, str):  # what is not used less says nothing of where to be
        return [template.format(**_said(row)) for _, row in over.iterrows()]
    less = (table["index"] <= 1 / STANDS_OUT) & (table["high"] < overall)
    under = table[less & (overall >= LEAST_SHARE)].nsmallest(MOST, "index")
    return [
        *(template["above"].format(**_said(row)) for _, row in over.iterrows()),
        *(template["below"].format(**_said(row)) for _, row in under.iterrows()),
    ]


def _said(row: pd.Series) -> dict[str, Any]:
    return {**row, "n": f"{int(row['n']):,}"}
