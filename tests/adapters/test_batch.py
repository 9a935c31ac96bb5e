"""A scoring that is interrupted goes on where it was, and no customer is published twice."""

from contextlib import suppress
from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from stages.adapters import batch, engine
from stages.adapters.batch import Batch
from stages.domain.errors import UserError
from stages.domain.tables import SCORES

STAMP = {"model_version": "1", "data_version": "d", "as_of": date(2020, 7, 1), "parts": 2}
NONE = pa.Table.from_batches([], SCORES.schema)


class Plain:
    """A model that expects of everyone their `tenure`."""

    def figures(self, features, published):
        n = len(features["tenure"])
        texts = {c.name: np.full(n, "x", object) for c in SCORES.columns if c.cql == "text"}
        numbers = {c.name: features["tenure"] for c in SCORES.columns if c.cql == "double"}
        return {k: v for k, v in (texts | numbers).items() if k not in ("customer_id", *STAMP)}


def part(*customers: str) -> pa.RecordBatch:
    return pa.record_batch({"customer_id": customers, "tenure": [1.0] * len(customers)})


def never():
    raise AssertionError("this was done before")


@pytest.fixture
def begun(tmp_path, monkeypatch):
    """A function that begins the scoring, or goes on with it."""
    monkeypatch.setattr(batch, "SLICE_ROWS", 2)
    backend = engine.connect()
    return lambda **stamp: Batch.begin(
        tmp_path / "s", Plain(), STAMP | stamp, lambda: NONE, backend
    )


def published(scoring: Batch, most: int = 99) -> list[str]:
    """Who is sent to the store, which takes so many slices and then breaks off."""
    sent = []

    def write(rows: pa.Table) -> None:
        if len(sent) == most:
            raise KeyboardInterrupt
        sent.append(rows["customer_id"].to_pylist())

    with suppress(KeyboardInterrupt):
        scoring.publish(write)
    return [customer for rows in sent for customer in rows]


def test_a_part_that_is_scored_is_not_scored_again(begun):
    begun().score(0, lambda: iter([part("a", "b", "c")]))
    again = begun()
    again.score(0, never)
    again.score(1, lambda: iter([part("d")]))
    assert again.table("scores")["customer_id"].to_pylist() == ["a", "b", "c", "d"]


def test_who_is_published_is_not_published_again(begun):
    begun().score(0, lambda: iter([part("a", "b", "c")]))
    begun().score(1, lambda: iter([part("d", "e")]))
    assert published(begun(), most=1) == ["a", "b"]
    assert published(begun(), most=1) == ["c"]
    assert published(begun()) == ["d", "e"]
    assert published(begun()) == []


def test_another_model_begins_anew(begun):
    begun().score(0, lambda: iter([part("a")]))
    published(begun())
    other = begun(model_version="2")
    other.score(0, lambda: iter([part("b")]))
    assert published(other) == ["b"]


def test_customers_without_a_transaction_are_the_last_part(begun):
    scoring = begun()
    scoring.score(0, lambda: iter([part("b")]))
    scoring.unseen(pa.chunked_array([["a", "b"]]), 1)
    assert scoring.table("scores")["customer_id"].to_pylist() == ["b", "a"]


def test_customers_without_a_transaction_are_scored_though_an_interruption_came_between(begun):
    scoring = begun()
    scoring.score(0, lambda: iter([part("b")]))
    scoring.unseen(pa.chunked_array([["a", "b"]]), 1)
    next(scoring.folder.glob("scores_0001.parquet")).unlink()
    begun().unseen(pa.chunked_array([["a", "b"]]), 1)
    assert begun().table("scores")["customer_id"].to_pylist() == ["b", "a"]


def test_all_scores_are_in_the_end_one_file_by_customer(begun, tmp_path):
    scoring = begun()
    scoring.score(0, lambda: iter([part("b", "a")]))
    scores = scoring.finish(tmp_path / "scores.parquet")
    assert scores["customer_id"].to_pylist() == ["a", "b"]
    assert [f.name for f in tmp_path.iterdir()] == ["scores.parquet"]


def test_a_part_may_be_empty_but_not_all_of_them(begun):
    scoring = begun()
    scoring.score(0, lambda: iter([]))
    with pytest.raises(UserError, match="before as_of 2020-07-01"):
        scoring.unseen(pa.chunked_array([["a"]]), 1)
    scoring.score(1, lambda: iter([part("a")]))
    scoring.unseen(pa.chunked_array([["a", "b"]]), 2)
    assert scoring.table("scores")["customer_id"].to_pylist() == ["a", "b"]


def test_one_that_was_interrupted_at_its_very_end_is_begun_anew(begun, tmp_path, monkeypatch):
    scoring = begun()
    scoring.score(0, lambda: iter([part("a")]))
    with monkeypatch.context() as patched:
        patched.setattr(batch.shutil, "rmtree", lambda folder: (folder / "former.parquet").unlink())
        scoring.finish(tmp_path / "scores.parquet")
    again = begun()
    again.score(0, lambda: iter([part("a")]))
    assert again.table("scores").num_rows == 1
