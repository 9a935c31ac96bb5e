"""Jenkins' last looks are not content with an endpoint that is down or serves something else."""

from datetime import date

import pytest

from stages import reload, smoke
from stages.adapters.local.listening import free_port
from stages.domain.errors import UserError
from stages.serving import interface
from tests.integration.served import answering


@pytest.fixture
def nobody() -> str:
    """An address where nobody listens."""
    return f"http://127.0.0.1:{free_port('127.0.0.1')}"


def asked(url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """What the smoke test of version 4 says against `url`, without waiting."""
    monkeypatch.setattr(smoke, "SECONDS", 0)
    monkeypatch.setenv("SERVE_URL", url)
    with pytest.raises(UserError) as refused:
        smoke._ask(url, interface.example(date(2018, 1, 2)), "4")
    return str(refused.value)


def test_the_former_version_is_not_good_enough(monkeypatch):
    with answering({"predictions": [{"model_version": "3"}], "problem": None}) as url:
        assert "serves version 3; version 4 is champion" in asked(url, monkeypatch)


def test_an_endpoint_that_is_down_is_said_to_be(nobody, monkeypatch):
    assert f"{nobody} does not answer; version 4 is champion" in asked(nobody, monkeypatch)


@pytest.mark.parametrize(
    ("status", "problem", "said"),
    [
        (500, None, "/reload answers 500: see its log"),
        (200, "version 4 does not load", "does not serve the champion: version 4 does not load"),
    ],
)
def test_a_reload_that_does_not_take_the_champion_is_an_error(status, problem, said, monkeypatch):
    with answering({"model_version": "3", "problem": problem}, status) as url:
        monkeypatch.setenv("SERVE_URL", url)
        with pytest.raises(UserError, match=said):
            reload.main.__wrapped__()


def test_where_nobody_serves_there_is_nothing_to_reload(nobody, monkeypatch, caplog):
    monkeypatch.setenv("SERVE_URL", nobody)
    with caplog.at_level("INFO"):
        reload.main.__wrapped__()
    assert "nothing to reload" in caplog.text
