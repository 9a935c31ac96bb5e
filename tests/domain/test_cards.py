"""The cards show the figures of the reports, in tables that any reader of Markdown can draw."""

import re

import numpy as np
import pandas as pd
import pytest

from stages.domain.audit import COLUMNS
from stages.domain.cards import FIGURES, data_card, model_card

REPORT = {
    "source": "berka",
    "customers": 4321,
    "as_of": "1999-01-01",
    "cutoff": "1998-10-03",
    "horizon": 90,
    "zeros": 0.0625,
    "holdout": {
        "gini": 0.8701,
        "spearman": 0.8331,
        "mae": 1169.22,
        "bias": 0.9825,
        "auc": None,
        "coverage": 0.8095,
    },
    "baselines": {"rate": dict.fromkeys(FIGURES, 0.7771) | {"coverage": None}},
    "gain": {"over": "rate", "gini": 0.0136, "low": 0.0083, "high": 0.0188},
    "ablation": {"gini": 0.0003, "low": -0.0018, "high": 0.0024},
}
MODEL = {
    "level": 0.9899,
    "columns": ["tenure", "spend_rate"],
    "band": np.log(1.16),
    "caution": None,
}
FAIRNESS = pd.DataFrame([["sex", "f|x", 46, 1.0051, 0.8, 1.2, 0.34, 0.81, 0.5, 0.3, 0.2]])
FAIRNESS.columns = COLUMNS


def rows(card: str) -> list[list[str]]:
    """The cells of all table rows; every table has a head and as many cells in each row."""
    tables = re.findall(r"(?:^\|.*\|$\n?)+", card, re.MULTILINE)
    found = []
    for table in tables:
        cells = [re.split(r" (?<!\\)\| ", line[2:-2]) for line in table.splitlines()]
        assert {len(row) for row in cells} == {len(cells[0])}
        assert set(cells[1]) == {"---"}
        found += [cells[0], *cells[2:]]
    return found


def test_the_model_card_shows_every_figure_of_the_report():
    card = model_card(REPORT, MODEL, FAIRNESS)
    table = {row[0]: row[1:] for row in rows(card)}
    assert table["this model"] == ["0.870", "0.833", "1,169.2", "0.983", "–", "0.809"]
    assert table["rate"] == ["0.777"] * 5 + ["–"]
    for figure in (
        "Source berka, holdout of 90 days from 1998-10-03, 4,321 customers, of whom 6.2% spent",
        "Gain in Gini over rate: +0.0136, 95 % interval +0.0083 to +0.0188.",
        "would gain +0.0003 in Gini (95 % interval -0.0018 to +0.0024)",
        "(factor 0.990)",
        "2 features, all from transactions",
        "by a factor of 1.16 either way",
        "Confidence: normal.",
    ):
        assert figure in card


def test_the_model_card_explains_every_feature_and_audits_every_group():
    found = rows(model_card(REPORT, MODEL, FAIRNESS))
    assert set(MODEL["columns"]) <= {row[0] for row in found}
    audited = next(row for row in found if row[0] == "sex")
    assert audited == [
        *("sex", "f\\|x", "46", "1.005", "0.800", "1.200"),
        *("0.340", "0.810", "0.500", "0.300", "0.200"),
    ]


def test_what_is_not_known_is_said_in_words():
    nothing = REPORT | {"gain": {}, "ablation": None}
    card = model_card(nothing, MODEL | {"band": None, "caution": "9 customers"}, FAIRNESS[:0])
    for words in (
        "Nobody spent in the holdout, or all the same: nothing to rank.",
        "What they would add is not known: the source has none, or nothing to rank.",
        "No group of ten customers or more is known.",
        "Low confidence: 9 customers.",
        "Too few cutoffs to say how far the total may be off.",
    ):
        assert words in card
    assert not re.search(r"\b(nan|None|inf)\b", card)


def test_the_data_card_shows_rows_sums_months_and_who_is_known():
    manifest = {
        "rows": 1469307,
        "amount": "4596039.58",
        "partitions": [{"month": m} for m in ("2017-02", "2017-01", "2018-01")],
    }
    customers = pd.DataFrame(
        {"customer_id": ["a", "b", "c"], "age_band": ["x", "y", None], "region": [None] * 3}
    )
    table = dict(rows(data_card(REPORT, manifest, customers)))
    assert table["transactions"] == "1,469,307"
    assert table["exact sum of amounts"] == "4596039.58"
    assert table["months"] == "2017-01 to 2018-01"
    assert table["customers with history at the holdout"] == "4,321"
    assert table["scored as of"] == "1999-01-01"
    assert (table["customers with age_band"], table["customers with region"]) == ("2", "0")


@pytest.mark.parametrize("card", [model_card(REPORT, MODEL, FAIRNESS)])
def test_no_group_of_words_is_left_unfilled(card):
    assert "{" not in card
    assert "nan" not in card.lower().split()
