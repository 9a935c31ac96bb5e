"""How often a client may ask."""

import pytest

from stages.serving import guard
from stages.serving.measures import Measures
from stages.serving.settings import Settings


@pytest.fixture
def wait(monkeypatch):
    """The seconds that a client is told to wait who asks at a time."""
    clock = [0.0]
    monkeypatch.setattr(guard.time, "monotonic", lambda: clock[0])
    guarded = guard.Guard(None, Settings(rate=5), Measures(), lambda: "1")

    def wait(at: float, client: str = "a") -> float:
        clock[0] = at
        return guarded._wait(client)

    return wait


@pytest.mark.parametrize("asked", [5.5, 10, 100])
def test_who_asks_too_often_is_answered_at_the_rate(wait, asked):
    answered = sum(wait(number / asked) == 0 for number in range(int(120 * asked)))
    assert answered == pytest.approx(120 * 5 + 10, abs=2)  # and a burst at the beginning


def test_who_waits_as_told_is_answered(wait):
    while not (seconds := wait(0.0)):
        pass
    assert 0 < seconds <= 1 / 5
    assert wait(seconds) == 0


def test_another_client_has_a_rate_of_its_own(wait):
    while not wait(0.0):
        pass
    assert wait(0.0, "b") == 0
