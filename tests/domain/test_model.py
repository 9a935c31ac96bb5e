"""A model keeps what it says: saved or not, for every customer, in the order asked."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from stages.domain import frame
from stages.domain.model import Model
from stages.domain.reasons import shapley
from stages.domain.tables import SCORES
from stages.domain.training import fit
from tests.domain.crowd import AS_OF, CUTOFFS, FIRST, RECIPE, crowd

ROWS = crowd(900)
NOW = frame.at(ROWS, [AS_OF])


@pytest.fixture(scope="module")
def model() -> Model:
    return fit(ROWS, CUTOFFS, AS_OF, FIRST, 30, RECIPE)


def with_strangers(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with two customers without history among them, at places 0 and 3."""
    nobody = pd.DataFrame({"customer_id": ["new 1", "new 2"]})
    return pd.concat([nobody[:1], rows[:2], nobody[1:], rows[2:]], ignore_index=True)


def explained(model, rows):
    return model.explained({name: rows[name].to_numpy() for name in rows})


def reasons_of(model, rows):
    return explained(model, rows)[1]


def test_a_model_is_its_description_in_json_and_its_bytes(model):
    text = json.dumps(model.description(), allow_nan=False)
    assert Model.restore(json.loads(text), model.ensemble) == model


def test_a_description_holds_no_customer(model):
    assert "customer_id" not in str(model.description())
    assert "00123" not in str(model.description())


def test_every_row_is_scored_in_its_order_in_the_columns_of_the_table_scores(model):
    mixed = NOW.sample(50, random_state=1)
    scores = model.score(mixed)
    assert scores["customer_id"].tolist() == mixed["customer_id"].tolist()
    assert list(scores) == SCORES.schema.names[: len(scores.columns)]
    assert scores.notna().all(axis=None)
    alone = model.score(mixed.tail(1)).iloc[0]
    assert alone.equals(scores.iloc[-1])


def test_no_interval_is_upside_down_or_below_nothing(model):
    scores = model.score(NOW)
    assert (scores["low"] >= 0).all()
    assert (scores["low"] <= scores["high"]).all()
    assert scores["percentile"].between(0, 100).all()


def test_the_level_moves_expectations_and_intervals_alike(model):
    doubled = replace(model, level=2 * model.level)
    for column in ("expected_spend", "low", "high"):
        assert doubled.score(NOW)[column].to_numpy() == pytest.approx(
            2 * model.score(NOW)[column].to_numpy()
        )


def test_customers_without_history_are_scored_as_newcomers_and_dropped_never(model):
    rows = with_strangers(NOW.head(4))
    scores = model.score(rows).set_index("customer_id")
    assert list(scores.index) == rows["customer_id"].tolist()
    stranger = scores.loc["new 2"]
    assert stranger["expected_spend"] == pytest.approx(model.level * model.prior.expected)
    assert (stranger["momentum"], stranger["style"]) == ("steady", "Unknown")
    assert stranger["confidence"] == "low: no history yet"
    assert scores.drop(["new 1", "new 2"]).equals(model.score(NOW.head(4)).set_index("customer_id"))


def test_a_crowd_of_strangers_alone_is_scored_too(model):
    rows = with_strangers(NOW.head(2)).iloc[[0, 3]]
    scores = model.score(rows)
    assert scores["expected_spend"].nunique() == 1
    assert scores.notna().all(axis=None)
    assert reasons_of(model, rows) == [[], []]


def test_a_customer_with_a_published_tier_stays_in_it_near_its_cut(model):
    spend, cut = model.score(NOW)["expected_spend"], model.ranking.cuts[0]
    near = NOW[spend.between(0.92 * cut, 1.08 * cut)]
    assert len(near) > 20
    for tier in ("Base", "Middle"):
        published = np.full(len(near), tier, dtype=object)
        assert set(model.score(near, published)["tier"]) == {tier}


def test_reasons_add_up_to_the_expectation_against_the_median_customers(model):
    columns = list(model.columns)
    reference = np.array([model.reference[c] for c in columns])
    X = NOW[columns].to_numpy()[:40]
    whole, parts = shapley(model.expected, X, reference, columns)
    assert np.array_equal(whole, model.expected(X))
    total = np.log(model.expected(X) / model.expected(reference[np.newaxis]))
    assert np.sum(list(parts.values()), axis=0) == pytest.approx(total, abs=1e-12)


def test_who_is_explained_has_the_figures_of_who_is_only_scored(model):
    rows = with_strangers(NOW)
    figures, _ = explained(model, rows)
    scored = model.score(rows).drop(columns="customer_id")
    pd.testing.assert_frame_equal(pd.DataFrame(figures), scored, rtol=1e-12)


def test_each_customer_has_two_reasons_and_a_stranger_none(model):
    said = reasons_of(model, with_strangers(NOW.head(4)))
    assert [len(reasons) for reasons in said] == [0, 2, 2, 0, 2, 2]
    assert said[1] == reasons_of(model, NOW.head(1))[0]
    assert all("typically" in sentence for reasons in said for sentence in reasons)
