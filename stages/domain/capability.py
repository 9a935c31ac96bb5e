"""The capability model: expected spend as the weighted mean of three learners."""

from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import PoissonRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted, validate_data
from threadpoolctl import threadpool_limits

LOG_SCALE = 10.0  # the log learner fits log1p(LOG_SCALE * y / mean): bends late, keeps big spenders
LOG_WEIGHT = 2.0  # of the log learner, mostly the one with the smallest error; the others' is 1


def signed_log1p(X: NDArray[np.float64]) -> NDArray[np.float64]:
    """sign(x) log1p(|x|): log1p that also takes the negative features, such as a trend."""
    return np.sign(X) * np.log1p(np.abs(X))


class CapabilityRegressor(RegressorMixin, BaseEstimator):
    """Expected spend, never negative, from the features of a customer.

    The target is divided by its mean. The learners are a Poisson regression on signed log1p and
    standardised features, Poisson gradient boosting on the raw features, and squared-error
    boosting on the log of the target, brought back by one smearing factor (Duan, 1983,
    https://doi.org/10.1080/01621459.1983.10478017). No early stopping: it would hold customers
    out and make the model depend on the draw. `fit` and `predict` use one thread, so that the
    result is the same to the bit on any number of cores.

    Parameters have the names and the meaning of the learners' own: `alpha` is the ridge penalty of
    the Poisson regression, `max_iter` to `max_features` belong to both boosters.

    Attributes: `mean_` of the target, `linear_`, `boosted_`, `boosted_log_` (the learners),
    `smearing_`, and `share_`, money for each unit of the learners' weighted sum; `n_iter_`, the
    trees of a booster.
    """

    def __init__(
        self,
        alpha: float = 0.01,
        max_iter: int = 75,
        learning_rate: float = 0.1,
        max_leaf_nodes: int = 15,
        min_samples_leaf: int = 20,
        l2_regularization: float = 5.0,
        max_features: float = 0.5,
        random_state: int | None = 0,
    ) -> None:
        self.alpha = alpha
        self.max_iter = max_iter
        self.learning_rate = learning_rate
        self.max_leaf_nodes = max_leaf_nodes
        self.min_samples_leaf = min_samples_leaf
        self.l2_regularization = l2_regularization
        self.max_features = max_features
        self.random_state = random_state

    @threadpool_limits.wrap(limits=1)
    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Fit on `X` [n, f], finite, and `y` [n], money, finite and not negative (ValueError).

        Where nobody spends, the model expects nothing of anybody. Below twice
        `min_samples_leaf` rows the boosters cannot split and expect the mean.
        """
        features, spend = validate_data(
            self, X, y, dtype=np.float64, y_numeric=True, ensure_min_samples=2
        )
        if (spend < 0).any():
            raise ValueError("Negative values in y: spend cannot be below 0")
        self.mean_ = float(spend.mean())
        self.share_ = self.mean_ / (2 + LOG_WEIGHT)
        # Without any spend the learners fit "everybody is average", of an average of nothing.
        relative = spend / self.mean_ if self.mean_ > 0 else np.ones(len(spend))
        self.linear_ = make_pipeline(
            FunctionTransformer(signed_log1p),
            StandardScaler(),
            PoissonRegressor(alpha=self.alpha, max_iter=1000),
        ).fit(features, relative)
        self.boosted_ = self._booster("poisson").fit(features, relative)
        self.boosted_log_ = self._booster("squared_error").fit(
            features, np.log1p(LOG_SCALE * relative)
        )
        self.smearing_ = float(relative.mean() / self._spend_of_log(features).mean())
        self.n_iter_ = self.boosted_.n_iter_
        return self

    @threadpool_limits.wrap(limits=1)
    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """Expected spend [n], in the unit of `y`, of the rows of `X` [n, f]."""
        check_is_fitted(self)
        features = validate_data(self, X, dtype=np.float64, reset=False)
        poisson_based = self.linear_.predict(features) + self.boosted_.predict(features)
        log_based = self.smearing_ * self._spend_of_log(features)
        return self.share_ * (poisson_based + LOG_WEIGHT * log_based)

    def _booster(self, loss: str) -> HistGradientBoostingRegressor:
        own = {name: value for name, value in self.get_params().items() if name != "alpha"}
        return HistGradientBoostingRegressor(loss=loss, early_stopping=False, **own)

    def _spend_of_log(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """The log learner's spend [n] in units of the mean, before smearing."""
        return np.expm1(self.boosted_log_.predict(features)).clip(min=0) / LOG_SCALE

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.positive_only = True
        return tags
