"""The playbook says what a segment's figures mean; without evidence it says nothing."""

import re

import pandas as pd
import pytest

from stages.adapters import config
from stages.domain.playbook import playbook
from stages.domain.profiles import EVERYBODY, PLACES, SHOWN

TOP, BASE = "Top · steady", "Base · fading"
TEMPLATES = config.load().playbook
SENTENCES = [
    text
    for rules in TEMPLATES.values()
    for rule in rules.values()
    for text in ([rule] if isinstance(rule, str) else rule.values())
    if isinstance(text, str)
]


def habits(*rows):
    """Figures of segments, as (segment, figure, value, low, high, n)."""
    return pd.DataFrame(rows, columns=["segment", "figure", "value", "low", "high", "n"])


def places(*rows, spread=0.01):
    """Shares of segments, as (segment, name, value, index, n), with an interval of `spread`."""
    table = pd.DataFrame(rows, columns=["segment", "name", "value", "index", "n"])
    return table.assign(low=table["value"] - spread, high=table["value"] + spread)


ALL = [(EVERYBODY, "discount_share", 0.15, 0.14, 0.16, 2000)]
NONE = {"pricing": [], "campaigns": [], "distribution": [], "products": []}


@pytest.mark.parametrize("sentence", SENTENCES)
def test_every_sentence_of_the_configuration_has_a_figure_and_n(sentence):
    assert re.search(r"\{value:[^}]+\}", sentence)
    assert "{n}" in sentence


def test_the_configuration_speaks_only_of_what_is_profiled():
    assert set(TEMPLATES) == set(NONE)
    assert {figure for rules in TEMPLATES.values() for figure in rules} <= {*SHOWN, *PLACES}


def test_a_segment_above_or_below_all_customers_beyond_doubt_is_told_so():
    book = playbook(
        habits(
            *ALL,
            (TOP, "discount_share", 0.05, 0.04, 0.06, 1428),
            (BASE, "discount_share", 0.25, 0.2, 0.3, 534),
        ),
        {},
        TEMPLATES,
    )
    assert book[TOP]["pricing"] == [
        "Takes 5.0% off the price (1,428 customers), all customers 15.0%: drawn by price less "
        "than most; do not discount by default."
    ]
    assert book[BASE]["pricing"] == [
        "Takes 25.0% off the price (534 customers), all customers 15.0%: drawn by price more "
        "than most; give discounts a limit."
    ]
    assert EVERYBODY not in book


@pytest.mark.parametrize(
    "row",
    [
        (TOP, "discount_share", 0.25, 0.14, 0.36, 12),  # may be chance
        (TOP, "discount_share", 0.164, 0.163, 0.165, 1900),  # certain, but no matter
        (TOP, "discount_share", 0.25, float("nan"), float("nan"), 10),
    ],
)
def test_without_evidence_there_is_no_sentence(row):
    assert playbook(habits(*ALL, row), {}, TEMPLATES) == {TOP: NONE}


@pytest.mark.parametrize(
    ("own", "with_all", "said"),
    [
        (1.6, 1.1, "win back now"),
        (0.6, 1.1, "within their own habit"),
        (0.3, 0.2, ""),
        (1.9, 2.9, ""),
    ],
)
def test_nobody_is_won_back_who_is_no_longer_away_than_is_their_habit(own, with_all, said):
    near = [(value, value - 0.01, value + 0.01) for value in (with_all, own)]
    rows = habits(
        (EVERYBODY, "recency_in_gaps", *near[0], 2000), (TOP, "recency_in_gaps", *near[1], 400)
    )
    told = playbook(rows, {}, TEMPLATES)[TOP]["campaigns"]
    assert [said in sentence for sentence in told] == ([True] if said else [])


def test_a_figure_that_is_not_known_of_a_segment_is_not_spoken_of():
    rows = habits(*ALL, (TOP, "tenure", 300, 290, 310, 40), (EVERYBODY, "tenure", 1, 0, 2, 90))
    assert playbook(rows, {}, TEMPLATES) == {TOP: NONE}


def test_places_and_products_speak_where_their_share_stands_out():
    everybody = habits(*ALL, (TOP, "discount_share", 0.15, 0.14, 0.16, 400))
    category = places(
        (TOP, "WINE", 0.3, 1.5, 321),
        (TOP, "BREAD", 0.5, 1.1, 400),  # as with all
        (TOP, "FUEL", 0.015, 0.1, 40),  # hardly any of theirs, much of that of all
        (TOP, "CAVIAR", 0.01, 9.0, 12),  # hardly any of the spend
        (BASE, "SOAP", 0.3, 3.0, 99),
    )
    region = places((TOP, "North", 0.6, 1.25, 210), (TOP, "South", 0.4, 0.7, 190))
    book = playbook(everybody, {"category": category, "region": region}, TEMPLATES)[TOP]
    assert book["products"] == [
        "WINE: 30.0% of their spend with a known category (321 customers), 1.50 times its share"
        " with all: put first.",
        "FUEL: 1.5% of their spend with a known category (40 customers), 0.10 times its share with"
        " all: room to grow.",
    ]
    assert book["distribution"] == [
        "North holds 60.0% of their spend with a known region (210 customers), 1.25 times its share"
        " with all."
    ]


def test_a_place_whose_interval_holds_the_share_of_all_may_be_chance():
    own = habits(*ALL, (TOP, "discount_share", 0.15, 0.14, 0.16, 400))
    category = places((TOP, "WINE", 0.3, 1.5, 12), (TOP, "FUEL", 0.1, 0.4, 12), spread=0.2)
    region = places((TOP, "North", 0.6, 1.25, 11), spread=0.2)
    tables = {"category": category, "region": region}
    assert playbook(own, tables, TEMPLATES) == {TOP: NONE}


def test_at_most_two_products_are_put_first_the_largest():
    rows = [(TOP, name, share, 2.0, 50) for name, share in (("A", 0.1), ("B", 0.3), ("C", 0.2))]
    own = habits(*ALL, (TOP, "discount_share", 0.15, 0.14, 0.16, 400))
    said = playbook(own, {"category": places(*rows)}, TEMPLATES)[TOP]["products"]
    assert [sentence[0] for sentence in said] == ["B", "C"]


def test_of_no_segments_nothing_is_said():
    assert playbook(habits(), {}, TEMPLATES) == {}
