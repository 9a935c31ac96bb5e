"""The environment says how the endpoint is run, and is told where it makes no sense."""

import pytest

from stages.domain.errors import UserError
from stages.serving.settings import Settings


def test_what_the_environment_does_not_say_has_a_default():
    assert Settings.of({"SERVE_PORT": "5002"}) == Settings(port=5002)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"SERVE_PORT": "http"}, "SERVE_PORT is not a number"),
        ({"SERVE_PORT": "70000"}, "SERVE_PORT=70000 is out of range"),
        ({"SERVE_POLL": "-1"}, r"SERVE_POLL=-1.0 is out of range"),
        ({"SERVE_WORKERS": "0"}, "SERVE_WORKERS=0 is out of range"),
        ({"SERVE_HOST": "0.0.0.0"}, "set SERVE_API_KEY"),
    ],
)
def test_what_makes_no_sense_is_one_clear_error(given, said):
    with pytest.raises(UserError, match=said):
        Settings.of(given)
