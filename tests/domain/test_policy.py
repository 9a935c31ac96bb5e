"""Each reason to retrain is one sentence; without a reason nothing is trained."""

from datetime import date

import pytest

from stages.domain.policy import reasons

NOW = {"data": "d1", "params": "p1", "code": "c1"}
MADE_FOR = date(2020, 1, 1)
POLICY = {"oldest": 120, "coverage": [0.65, 0.92]}
QUIET = {
    "champion": "3",
    "findings": [{"fires": False, "sentence": "prices changed by +1 %"}],
    "realised": [],
}
PAST = {"version": "3", "as_of": "2020-01-01", "coverage": 0.8, "zeros": 0.1}


def fired(champion=NOW, now=NOW, latest=date(2020, 2, 1), drift=QUIET, refused=False):
    return list(reasons(champion, now, MADE_FOR, latest, drift, POLICY, refused))


def test_nothing_changed_is_no_reason():
    assert fired() == []
    assert fired(drift=None) == []


def test_without_a_champion_there_is_one_reason_and_it_is_enough():
    assert fired(champion=None) == ["there is no champion yet"]


@pytest.mark.parametrize(
    ("what", "said"), [("data", "new data"), ("params", "configuration"), ("code", "code")]
)
def test_other_data_configuration_or_code_than_the_champions_is_a_reason(what, said):
    assert fired(now=NOW | {what: "other"}) == [f"{said}: not what the champion was made from"]


def test_what_was_rolled_back_is_not_made_again_but_for_another_reason():
    other = NOW | {"code": "c2", "data": "d2"}
    assert fired(now=other, refused=True) == []
    assert "121 days before" in fired(now=other, refused=True, latest=date(2020, 5, 1))[0]


def test_a_champion_grows_too_old():
    assert fired(latest=date(2020, 4, 30)) == []
    assert "121 days before" in fired(latest=date(2020, 5, 1))[0]


def test_drift_is_told_in_its_own_words():
    drift = QUIET | {"findings": [{"fires": True, "sentence": "travel has 0 % of spend"}]}
    assert fired(drift=drift) == ["drift: travel has 0 % of spend"]


def test_intervals_that_came_true_too_rarely_are_a_reason():
    assert fired(drift=QUIET | {"realised": [PAST]}) == []
    (reason,) = fired(drift=QUIET | {"realised": [PAST | {"coverage": 0.6}]})
    assert reason.startswith("coverage: 60.0% of what came after 2020-01-01")


def test_those_of_the_former_champion_are_none():
    former = PAST | {"version": "2", "coverage": 0.3}
    assert fired(drift=QUIET | {"realised": [PAST, former]}) == []


def test_where_most_spend_nothing_an_interval_may_hold_them_all():
    sleepy = PAST | {"coverage": 0.97, "zeros": 0.95}
    assert fired(drift=QUIET | {"realised": [sleepy]}) == []
