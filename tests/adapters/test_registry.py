"""The tracking database is made whole, or not at all."""

from pathlib import Path

import mlflow
import pytest

from stages.adapters import aliases, origin, registry


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where there is none yet."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setattr(registry, "DATABASE", tmp_path / "mlflow.db")
    monkeypatch.setattr(registry, "LOCK", tmp_path / "mlflow.db.lock")
    return tmp_path / "mlflow.db"


def test_a_database_that_is_half_made_is_left_by_nobody(database, monkeypatch):
    def dies(uri: str):
        Path(uri.removeprefix("sqlite:///")).write_bytes(b"a table or two")
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(mlflow, "MlflowClient", dies)
        with pytest.raises(KeyboardInterrupt):
            registry.connect()
    assert not database.exists()
    database.touch()  # as SQLite leaves it where somebody looked meanwhile
    assert registry.connect().get_experiment_by_name(registry.NAME) is not None
    assert [p.name for p in database.parent.glob(".*")] == []


def test_who_is_champion_for_a_second_time_does_not_forget_the_way_back(database):
    client = registry.connect()
    client.create_registered_model(registry.NAME)
    first, second, third = (
        client.create_model_version(registry.NAME, str(database), tags={registry.CONTENT: content})
        for content in "abc"
    )
    way, former = [], None
    for version in (first, second, third, second):
        aliases.crown(client, version, former)
        former = aliases.find(client, "champion")
    while former := aliases.former(client, aliases.find(client, "champion")):
        aliases.step_back(client, aliases.find(client, "champion"), former)
        way.append(former.version)
    assert way == [third.version, second.version, first.version]


def test_another_file_is_another_bank(database):
    client = registry.connect()
    client.create_registered_model(registry.NAME)
    experiment = client.get_experiment_by_name(registry.NAME).experiment_id
    run = client.create_run(experiment).info.run_id
    a, b = ({"name": "csv", "path": path} for path in ("a.csv", "b.csv"))
    for key, value in a.items():
        client.log_param(run, f"source.{key}", value)
    made = client.create_model_version(registry.NAME, str(database), run_id=run)
    assert origin.source_of(client, made) == "csv a.csv"
    assert origin.may_be_of(client, made, a | {"negate": True})
    assert not origin.may_be_of(client, made, b)
