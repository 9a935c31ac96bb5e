"""What params.yaml says about the model."""

from omegaconf import DictConfig

from stages.adapters import config
from stages.domain.capability import CapabilityRegressor
from stages.domain.errors import UserError
from stages.domain.momentum import Momentum
from stages.domain.tiers import TIERS
from stages.domain.training import Recipe


def recipe(params: DictConfig) -> Recipe:
    """The recipe of training; UserError where the configuration makes no sense."""
    segments = params.segments
    shares = tuple(segments.shares)
    if len(shares) != len(TIERS) - 1 or not 0 < shares[0] < shares[1] < 1:
        raise UserError(f"segments.shares={list(shares)}: give two, ascending, such as [0.5, 0.8]")
    return Recipe(
        config.spec(params),
        CapabilityRegressor(**params.model, random_state=params.seed),
        shares,
        Momentum(segments.gaps, segments.change, segments.visits),
        params.seed,
    )
