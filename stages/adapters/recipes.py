"""What params.yaml says about the model."""

from omegaconf import DictConfig

from stages.adapters import config
from stages.domain.capability import CapabilityRegressor
from stages.domain.model import Momentum
from stages.domain.training import Recipe


def recipe(params: DictConfig) -> Recipe:
    """The recipe of training; UserError where the configuration makes no sense."""
    segments = params.segments
    return Recipe(
        config.spec(params),
        CapabilityRegressor(**params.model, random_state=params.seed),
        tuple(segments.shares),
        Momentum(segments.gaps, segments.change),
        params.seed,
    )
