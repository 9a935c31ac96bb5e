"""The exported model scores every customer as the fitted one does."""

import json
from collections.abc import Callable

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from onnxruntime.capi.onnxruntime_pybind11_state import InvalidArgument

from stages.domain.capability import CapabilityRegressor
from stages.domain.inference import scorer
from stages.domain.portable import FEATURE_NAMES, to_onnx

Floats = NDArray[np.float64]
NAMES = ["spend, 30 days", "spend_90", "dépenses_365", "trend", "always 7.3"]


def customers(n: int = 800, unit: float = 1.0) -> tuple[Floats, Floats]:
    """Three windows of spend in `unit`, a trend, a constant column; and the spend to come."""
    rng = np.random.default_rng(11)
    habit = rng.gamma(1.0, 200.0, n)
    windows = unit * habit[:, None] * rng.lognormal(0.0, 0.5, (n, 3)) * (rng.random((n, 3)) > 0.2)
    X = np.hstack([windows, rng.normal(0.0, 1.0, (n, 1)), np.full((n, 1), 7.3)])
    return X, habit * rng.lognormal(0.0, 0.5, n) * (rng.random(n) > 0.3)


def assert_same(
    model: CapabilityRegressor, score: Callable[[Floats], Floats], rows: Floats
) -> None:
    with np.errstate(over="ignore"):
        expected = model.predict(rows)
    np.testing.assert_allclose(score(rows), expected, rtol=1e-12, atol=0)


MODEL = CapabilityRegressor().fit(*customers())
SCORE = scorer(to_onnx(MODEL, NAMES))
THRESHOLDS = np.concatenate(
    [
        tree.nodes["num_threshold"][tree.nodes["is_leaf"] == 0]
        for booster in (MODEL.boosted_, MODEL.boosted_log_)
        for (tree,) in booster._predictors
    ]
)


def test_the_customers_it_was_fitted_on() -> None:
    assert_same(MODEL, SCORE, customers()[0])


@settings(deadline=None)  # a busy machine is no defect
@given(arrays(np.float64, (20, 5), elements=st.floats(-1e300, 1e300)))
def test_any_customer_however_odd(rows: Floats) -> None:
    assert_same(MODEL, SCORE, rows)


@settings(deadline=None)  # a busy machine is no defect
@given(arrays(np.float64, (20, 5), elements=st.floats(-1e-9, 1e-9) | st.floats(-1e4, 1e4)))
def test_any_customer_of_an_ordinary_size(rows: Floats) -> None:
    assert_same(MODEL, SCORE, rows)


def test_a_customer_exactly_on_a_split_or_a_hair_beside_it() -> None:
    assert len(THRESHOLDS) > 1000
    near = [np.nextafter(THRESHOLDS, -np.inf), THRESHOLDS, np.nextafter(THRESHOLDS, np.inf)]
    column = np.concatenate(near)
    rows = np.repeat(column[:, None], 5, axis=1)
    assert len(np.unique(MODEL.boosted_.predict(rows))) > 50
    assert_same(MODEL, SCORE, rows)


@pytest.mark.parametrize("unit", [1e-12, 1e-3, 1e9])
def test_the_unit_of_money_costs_no_digits(unit: float) -> None:
    X, spend = customers(unit=unit)
    model = CapabilityRegressor().fit(X, unit * spend)
    assert_same(model, scorer(to_onnx(model, NAMES)), X)


def test_a_model_of_too_few_customers_to_split() -> None:
    X, spend = customers(50)
    model = CapabilityRegressor().fit(X, spend)
    assert_same(model, scorer(to_onnx(model, NAMES)), X)


def test_two_kinds_of_customers_are_told_apart_by_one_split_and_trees_without_any() -> None:
    group = np.repeat([[0.0], [1.0]], 40, axis=0)
    model = CapabilityRegressor(alpha=0, learning_rate=1, l2_regularization=0)
    model.fit(group, np.where(group[:, 0] > 0, 30.0, 10.0))
    sizes = [len(tree.nodes) for (tree,) in model.boosted_log_._predictors]
    assert sizes[0] == 3
    assert sizes[-1] == 1
    score = scorer(to_onnx(model, ["group"]))
    assert score(np.array([[0.0], [1.0]])) == pytest.approx([10.0, 30.0], rel=1e-3)
    assert score(group) == pytest.approx(model.predict(group), rel=1e-12)


def test_a_world_where_nobody_spends() -> None:
    X, spend = customers()
    score = scorer(to_onnx(CapabilityRegressor().fit(X, 0 * spend), NAMES))
    assert (score(X) == 0).all()


def test_the_mean_is_expected_of_customers_who_all_look_alike() -> None:
    alike = np.full((3, 2), 5.0)
    model = CapabilityRegressor().fit(alike, [0.0, 30.0, 60.0])
    assert scorer(to_onnx(model, ["a", "b"]))(alike) == pytest.approx([30.0, 30.0, 30.0])


def test_the_same_training_gives_the_same_bytes() -> None:
    again = to_onnx(CapabilityRegressor().fit(*customers()), NAMES)
    assert again == to_onnx(MODEL, NAMES) == to_onnx(MODEL, NAMES)
    X, spend = customers()
    assert again != to_onnx(CapabilityRegressor().fit(X, spend[::-1]), NAMES)


def test_the_names_of_the_features_travel_with_the_model() -> None:
    (entry,) = onnx.load_from_string(to_onnx(MODEL, NAMES)).metadata_props
    assert (entry.key, json.loads(entry.value)) == (FEATURE_NAMES, NAMES)


def test_scores_are_one_double_a_customer_and_none_for_none() -> None:
    assert SCORE(customers()[0][:7]).shape == (7,)
    assert SCORE(customers()[0]).dtype == np.float64
    assert SCORE(np.empty((0, 5))).shape == (0,)


@pytest.mark.parametrize("unknown", [np.nan, np.inf, -np.inf])
def test_what_is_not_known_is_not_scored(unknown: float) -> None:
    rows = customers()[0][:5]
    np.fill_diagonal(rows, unknown)
    assert np.isnan(SCORE(rows)).all()


@pytest.mark.parametrize("columns", [1, 4, 6])
def test_features_of_another_width_are_refused(columns: int) -> None:
    with pytest.raises(InvalidArgument):
        SCORE(np.zeros((3, columns)))
