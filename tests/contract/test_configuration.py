"""params.yaml is the composition of conf/, and every key of it is read by the code."""

import re
from pathlib import Path

import pytest
from omegaconf import DictConfig, OmegaConf

from stages.adapters import config, paths
from stages.domain.errors import UserError

CODE = "\n".join(p.read_text() for p in (paths.ROOT / "stages").rglob("*.py"))


@pytest.fixture
def elsewhere(tmp_path, monkeypatch) -> Path:
    """A params.yaml of the test's own."""
    monkeypatch.setattr(config, "PARAMS", tmp_path / "params.yaml")
    return tmp_path / "params.yaml"


def test_the_committed_params_are_what_conf_composes(elsewhere):
    config.compose([])
    assert elsewhere.read_text() == paths.PARAMS.read_text()


def test_an_override_changes_just_its_key(elsewhere):
    config.compose(["horizon=30"])
    before = OmegaConf.load(paths.PARAMS)
    assert OmegaConf.load(elsewhere) == OmegaConf.merge(before, {"horizon": 30})
    assert config.load().horizon == 30


@pytest.mark.parametrize("override", ["model=nonesuch", "nokey=1", "store.nokey=1"])
def test_an_override_of_what_does_not_exist_is_refused_and_nothing_written(elsewhere, override):
    with pytest.raises(UserError, match=override):
        config.compose([override])
    assert not elsewhere.exists()


@pytest.mark.parametrize("override", ["horizon=0", "horizon=soon"])
def test_a_horizon_that_is_no_number_of_days_is_refused(elsewhere, override):
    config.compose([override])
    with pytest.raises(UserError, match=override):
        config.spec(config.load())


@pytest.mark.parametrize(
    ("given", "forced"),
    [("1", True), ("true", True), ("", False), ("0", False), (None, False)],
)
def test_force_is_a_persons_1_or_a_checked_box_of_jenkins(monkeypatch, given, forced):
    monkeypatch.delenv("FORCE", raising=False)
    if given is not None:
        monkeypatch.setenv("FORCE", given)
    assert config.forced() is forced


def test_a_date_that_is_none_is_refused(elsewhere):
    config.compose(["as_of=tomorrow"])
    with pytest.raises(UserError, match="as_of=tomorrow: give a date as YYYY-MM-DD"):
        config.day(config.load(), "as_of")


def keys(group: DictConfig) -> list[str]:
    """The names of all keys below `group`."""
    found = []
    for name, value in group.items():
        found += [str(name), *(keys(value) if isinstance(value, DictConfig) else [])]
    return found


def test_no_key_is_dead():
    given_whole = {"class", "replication_factor"}  # to CQL, and the model's to its constructor
    unread = [
        k
        for k in keys(config.load())
        if not re.search(rf"\.{k}\b|\"{k}\"|\b{k}[=:]", CODE) and k not in given_whole
    ]
    assert unread == []
