"""The benchmark of growth: its sides compute the same, its exponent is that of the law, it runs."""

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench import bank, by_hand
from bench.scale import Figures
from stages.adapters import engine
from stages.adapters.paths import ROOT
from stages.domain.features import daily, features
from stages.domain.spec import Spec

SPEC = Spec(90, (14, 30, 60, 90, 180, 365), (15, 45, 120), 7, ("purchase", "refund", "cash"))
CUTOFF = date(2024, 8, 1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bank of some fifty customers."""
    folder = tmp_path_factory.mktemp("bank")
    assert bank.write(folder, 20_000) == pytest.approx(20_000, rel=0.3)
    return folder


@pytest.mark.parametrize("side", ["sql", "pandas"])
def test_what_is_written_by_hand_is_the_expression(side, folder):
    files, backend = folder / "transactions", engine.connect()
    days = daily(engine.read(backend, files), SPEC)
    ours = backend.to_pandas(features(days, [CUTOFF], SPEC).drop("cutoff"))
    if side == "sql":
        by_hand.sql(backend.con, files, SPEC, CUTOFF, folder / "features.parquet")
        theirs = pd.read_parquet(folder / "features.parquet")
    else:
        theirs = by_hand.pandas(files, SPEC, CUTOFF)
    ours, theirs = (t.set_index("customer_id").sort_index() for t in (ours, theirs))
    assert list(theirs) == list(ours)
    pd.testing.assert_frame_equal(theirs, ours, check_dtype=False, rtol=1e-6, atol=1e-6)


def test_the_exponent_is_that_of_the_seconds_in_the_rows():
    figures = Figures()
    for rows in (10, 100, 1000):
        figures.seconds["train", rows] = [3 * rows**1.2]
    assert figures.growth("train") == pytest.approx(1.2)


def test_the_small_form_measures_everything():
    command = [sys.executable, "-m", "bench.scale", "--small"]
    done = subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    said = done.stdout
    for what in ("preprocess", "train", "score", "by hand", "pandas", "exponent", "publish"):
        assert what in said
    assert np.all([word not in said for word in ("nan", "Traceback")])
