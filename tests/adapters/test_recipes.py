"""The recipe of training is what params.yaml says, no more and no less."""

import pytest
from omegaconf import OmegaConf

from stages.adapters import config
from stages.adapters.recipes import recipe
from stages.domain.errors import UserError
from stages.domain.momentum import Momentum


def test_every_word_of_the_configuration_reaches_the_recipe():
    params = OmegaConf.merge(
        config.load(),
        {
            "horizon": 45,
            "seed": 3,
            "model": {"max_iter": 7},
            "segments": {"shares": [0.4, 0.9], "gaps": 3, "change": 0.5},
        },
    )
    made = recipe(params)
    assert made.spec == config.spec(params)
    assert made.spec.horizon == 45
    assert made.regressor.get_params() == {**params.model, "random_state": 3}
    assert (made.shares, made.momentum, made.seed) == ((0.4, 0.9), Momentum(3, 0.5, 2), 3)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"target": {"kinds": ["purchases"]}}, "target.kinds=.*give some of purchase, refund"),
        ({"features": {"windows": [0, 30]}}, "features.windows=.*whole numbers of days above 0"),
        ({"features": {"half_lives": [1.5]}}, "features.half_lives"),
        ({"segments": {"shares": [0.8, 0.5]}}, "segments.shares=.*ascending"),
        ({"segments": {"shares": [0.5, 0.8, 0.9]}}, "segments.shares=.*give two"),
    ],
)
def test_a_configuration_that_makes_no_sense_is_one_clear_error(wrong, said):
    with pytest.raises(UserError, match=said):
        recipe(OmegaConf.merge(config.load(), wrong))
