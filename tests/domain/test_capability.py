"""What the business may expect of the expected spend."""

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks
from threadpoolctl import threadpool_info, threadpool_limits

from stages.domain.capability import CapabilityRegressor, signed_log1p

Floats = NDArray[np.float64]


def customers(n: int = 2000) -> tuple[Floats, Floats]:
    """Spend of the last 30, 90 and 365 days as rates, a trend, and the spend to come."""
    rng = np.random.default_rng(7)
    habit = rng.gamma(1.0, 200.0, n)
    windows = habit[:, None] * rng.lognormal(0.0, [0.6, 0.4, 0.2], (n, 3))
    trend = (windows[:, :1] - windows[:, 2:]) / (windows[:, :1] + windows[:, 2:])
    spend = habit * rng.lognormal(0.0, 0.5, n) * (rng.random(n) > 0.3)
    return np.hstack([windows, trend]), spend


@pytest.fixture(scope="module")
def fitted() -> CapabilityRegressor:
    return CapabilityRegressor().fit(*customers())


@parametrize_with_checks([CapabilityRegressor()])
def test_it_is_a_scikit_learn_estimator(estimator, check, monkeypatch) -> None:
    monkeypatch.setenv("SCIPY_ARRAY_API", "1")  # or scikit-learn skips one of its checks
    check(estimator)


def test_customers_who_all_look_alike_are_expected_to_spend_the_mean() -> None:
    alike = np.full((3, 2), 5.0)
    model = CapabilityRegressor().fit(alike, [0.0, 30.0, 60.0])
    assert model.predict(alike) == pytest.approx([30.0, 30.0, 30.0])


def test_where_nobody_spends_nothing_is_expected() -> None:
    X, spend = customers()
    assert (CapabilityRegressor().fit(X, 0 * spend).predict(X) == 0).all()


def test_each_learner_alone_has_the_right_level(fitted: CapabilityRegressor) -> None:
    X, spend = customers()
    assert fitted.predict(X).mean() == pytest.approx(spend.mean(), rel=0.01)
    assert fitted.linear_.predict(X).mean() == pytest.approx(1, rel=0.01)
    assert fitted.boosted_.predict(X).mean() == pytest.approx(1, rel=0.01)
    log_based = np.expm1(fitted.boosted_log_.predict(X)).clip(0) / 10
    assert log_based.mean() < 0.95  # the mean of a log undershoots; that is what smearing repairs
    assert (fitted.smearing_ * log_based).mean() == pytest.approx(1)


def test_the_expected_spend_is_the_mean_of_the_three_the_log_learner_twice(
    fitted: CapabilityRegressor,
) -> None:
    X, spend = customers()
    log_based = fitted.smearing_ * np.expm1(fitted.boosted_log_.predict(X)).clip(0) / 10
    by_hand = (fitted.linear_.predict(X) + fitted.boosted_.predict(X) + 2 * log_based) / 4
    assert fitted.predict(X) == pytest.approx(by_hand * spend.mean())


def test_another_currency_changes_the_figures_and_nothing_else(
    fitted: CapabilityRegressor,
) -> None:
    X, spend = customers()
    tenfold = CapabilityRegressor().fit(X, 10 * spend)
    assert tenfold.predict(X) == pytest.approx(10 * fitted.predict(X), rel=1e-6)


def test_who_spends_more_in_every_window_is_expected_to_spend_more(
    fitted: CapabilityRegressor,
) -> None:
    windows = np.array([10.0, 50.0, 200.0, 800.0])
    steady = np.column_stack([windows, windows, windows, 0 * windows])
    assert (np.diff(fitted.predict(steady)) > 0).all()


def test_it_ranks_customers_whom_it_has_not_seen() -> None:
    X, spend = customers()
    habit = X[1000:, 2]
    expected = CapabilityRegressor().fit(X[:1000], spend[:1000]).predict(X[1000:])
    assert np.corrcoef(np.log(habit), np.log(expected))[0, 1] > 0.9


def test_no_customer_however_odd_is_expected_to_spend_less_than_nothing(
    fitted: CapabilityRegressor,
) -> None:
    odd = np.array([[0, 0, 0, 0], [-1e6, -1e6, -1e6, -1], [1e12, 0, 0, 1], [1e-300, 0, 1e12, -1]])
    expected = fitted.predict(odd)
    assert np.isfinite(expected).all()
    assert (expected >= 0).all()


def test_a_column_that_says_nothing_changes_nothing() -> None:
    X, spend = customers()
    fitted = CapabilityRegressor(max_features=1.0).fit(X, spend)  # else other columns are drawn
    with_constant = clone(fitted).fit(np.insert(X, 0, 7.3, axis=1), spend)
    for value in (7.3, 0.0, -50.0):
        rows = np.insert(X, 0, value, axis=1)
        assert with_constant.predict(rows) == pytest.approx(fitted.predict(X), rel=1e-9)


def test_a_few_customers_are_enough_for_a_cautious_figure() -> None:
    X, spend = customers(30)  # a split would need 20 customers on either side
    model = CapabilityRegressor().fit(X, spend)
    assert model.boosted_.predict(X) == pytest.approx(np.ones(30))
    assert model.predict(X).mean() == pytest.approx(spend.mean(), rel=0.01)


def test_negative_spend_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be below 0"):
        CapabilityRegressor().fit([[1.0], [2.0]], [5.0, -0.01])


def test_the_log_of_a_loss_is_the_loss_of_the_log() -> None:
    assert signed_log1p(np.array([np.e - 1, 0.0, 1 - np.e, 1e-20])) == pytest.approx(
        [1.0, 0.0, -1.0, 1e-20], rel=1e-15, abs=0
    )


class Witness:
    """Features that note how many threads there were when they were read."""

    def __init__(self, X: Floats) -> None:
        self.X, self.shape, self.threads = X, X.shape, {}

    def __len__(self) -> int:
        return len(self.X)

    def __array__(self, dtype=None, copy=None) -> Floats:
        self.threads = {pool["user_api"]: pool["num_threads"] for pool in threadpool_info()}
        return np.array(self.X, dtype)


def test_the_number_of_cores_does_not_matter() -> None:
    X, spend = customers(200)
    seen = Witness(X)
    with threadpool_limits(limits=2):
        model = CapabilityRegressor().fit(seen, spend)
        assert seen.threads == {"blas": 1, "openmp": 1}
        seen.threads = {}
        model.predict(seen)
        assert seen.threads == {"blas": 1, "openmp": 1}
