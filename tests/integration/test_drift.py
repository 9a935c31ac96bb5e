"""Drift on the default data: quiet where nothing changed, and a sentence for what did."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from omegaconf import OmegaConf

from stages.adapters import engine, models
from stages.adapters.paths import CONF
from stages.adapters.sides import side
from stages.domain.drift import Finding, Side, drift, importance
from stages.domain.tables import INSTANT, TRANSACTIONS
from tests.integration.project import Project

SEED = 7
POLICY = OmegaConf.load(CONF / "policy" / "calm.yaml")
CATEGORY, REGION = "GROCERY", "a new one"


@pytest.fixture(scope="module")
def bank(project: Project):
    """The champion, and how its transactions become a side once something has changed in them."""
    model = models.load(project.root / "models/capability")
    files = [str(f) for f in (project.root / "data/raw/transactions").glob("*.parquet")]
    backend = engine.connect(**OmegaConf.load(CONF / "engine/duckdb.yaml"))
    rows = backend.read_parquet(files).mutate(region=ibis.literal("home"))  # the data name none

    def changed(change: Callable[[ir.Table], ir.Table]) -> Side:
        return side(backend, change(rows), model, model.as_of)

    yield model, changed
    backend.disconnect()


@pytest.fixture(scope="module")
def fired(bank):
    """The findings that fire between the transactions as they are and a side."""
    model, changed = bank
    reference = changed(lambda rows: rows)

    def fired(current: Side) -> list[Finding]:
        return [f for f in drift(model, reference, current, POLICY, SEED) if f.fires]

    return reference, fired


def test_of_many_customers_both_sides_look_at_the_same(bank, monkeypatch):
    _, changed = bank
    monkeypatch.setattr("stages.adapters.sides.MOST_CUSTOMERS", 500)
    before = changed(lambda rows: rows)
    after = changed(lambda rows: rows.filter(rows.customer_id != "1"))
    ids = set(before.features["customer_id"])
    assert 400 < len(ids) < 600
    assert len(ids ^ set(after.features["customer_id"])) <= 3
    assert list(before.spend["category"].index) == list(before.features["customer_id"])


def test_data_of_another_time_are_not_compared(project, tmp_path):
    twin = project.twin(tmp_path / "twin")
    shutil.rmtree(twin.root / ".dvc" / "cache")  # the champion's own data are gone as well
    for file in (twin.root / "data/raw/transactions").glob("*.parquet"):
        rows, place = pq.read_table(file), TRANSACTIONS.schema.get_field_index("booked_at")
        later = pc.add(rows["booked_at"], timedelta(days=2000))
        pq.write_table(rows.set_column(place, "booked_at", later.cast(INSTANT)), file)
    said = twin.stage("drift")
    assert "nobody of today's data was there at 2018-01-02: nothing to compare" in said
    assert not (twin.root / "reports/drift.json").exists()


def recent(rows: ir.Table, model) -> ir.BooleanValue:
    return rows.booked_at.date() >= model.as_of - timedelta(days=model.spec.horizon)


def test_of_a_hundred_resamples_of_unchanged_customers_at_least_95_are_quiet(
    bank, fired, monkeypatch
):
    reference, found = fired
    ranked = importance(bank[0], reference.features)  # the same each time
    monkeypatch.setattr("stages.domain.drift.importance", lambda *_: ranked)
    n = len(reference.features)
    alarms = 0
    for seed in range(100):
        some = np.random.default_rng(seed).integers(0, n, n)
        spend = {p: t.iloc[some].reset_index(drop=True) for p, t in reference.spend.items()}
        features = reference.features.iloc[some].reset_index(drop=True)
        alarms += bool(found(replace(reference, features=features, spend=spend)))
    assert alarms <= 5


def dearer(rows: ir.Table, model) -> ir.Table:
    more = (rows.amount * 1.2).cast(rows.amount.type())
    return rows.mutate(amount=ibis.ifelse(recent(rows, model), more, rows.amount))


def faded(rows: ir.Table, model) -> ir.Table:
    third = rows.customer_id.hash().abs() % 3 == 0
    return rows.filter(~(third & recent(rows, model)))


def vanished(rows: ir.Table, model) -> ir.Table:
    return rows.filter(~(recent(rows, model) & (rows.category == CATEGORY)))


def moved(rows: ir.Table, model) -> ir.Table:
    some = recent(rows, model) & (rows.customer_id.hash().abs() % 10 == 0)
    return rows.mutate(region=ibis.ifelse(some, REGION, rows.region))


@pytest.mark.parametrize(
    ("change", "what", "said"),
    [
        (dearer, "total", "expected spend a customer changed by +"),
        (faded, "total", "expected spend a customer changed by -"),
        (vanished, "category", f"category {CATEGORY} had "),
        (moved, "unseen region", f"new region: {REGION}, "),
    ],
)
def test_what_changes_decisions_fires_and_is_said_in_a_sentence(bank, fired, change, what, said):
    model, changed = bank
    _, found = fired
    told = {f.what: f.sentence for f in found(changed(lambda rows: change(rows, model)))}
    assert told[what].startswith(said)
