"""The frame joins past and future of a customer; its contract refuses what cannot be."""

from datetime import date

import ibis
import pandas as pd
import pyarrow as pa
import pytest

from stages.domain import frame, frame_contract
from stages.domain.audit import PROTECTED
from stages.domain.errors import UserError

MAY, JUNE = date(2020, 5, 1), date(2020, 6, 1)
FEATURES = pd.DataFrame(
    {"customer_id": ["a", "b", "a"], "cutoff": [MAY, MAY, JUNE], "tenure": [5.0, 9.0, 36.0]}
)
TARGETS = pd.DataFrame({"customer_id": ["a"], "cutoff": [MAY], "target": [12.5]})


def joined():
    past, future = (ibis.memtable(t) for t in (FEATURES, TARGETS))
    rows = frame.join(past, future, [MAY]).order_by("cutoff", "customer_id").to_pyarrow()
    return rows.cast(frame.schema(rows.column_names)).to_pandas()


def test_no_spend_is_zero_where_the_future_is_known_and_null_where_it_is_not():
    assert joined()["target"].fillna(-1).tolist() == [12.5, 0, -1]


def test_rows_of_a_cutoff_are_those_of_its_day():
    assert frame.at(joined(), [JUNE])["tenure"].tolist() == [36]


def test_the_contract_accepts_a_good_frame():
    assert frame_contract.validate(joined()).equals(joined())


STORED = {"kind": "cash", "amount": 9.0, "discount": 0.0, "booked_at": pd.Timestamp(MAY)}


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("kind", "Cash", "1 whose kind is none of"),
        ("discount", -0.01, "1 whose discount is below 0"),
        ("amount", -1e13, "1 whose amount or discount is too large"),
        ("discount", 1e13, "1 whose amount or discount is too large"),
        ("booked_at", pd.Timestamp("1899-12-31"), "1 booked before 1900"),
        ("booked_at", pd.Timestamp(JUNE), "1 booked after today, 2020-05-31"),
    ],
)
def test_what_a_feed_wrote_is_held_to_the_contract(column, value, said):
    backend, today = ibis.duckdb.connect(), date(2020, 5, 31)
    good = pd.DataFrame([STORED])
    frame_contract.check_stored(backend, ibis.memtable(good), today)
    bad = pd.DataFrame([STORED, STORED | {column: value}])
    with pytest.raises(UserError, match=said):
        frame_contract.check_stored(backend, ibis.memtable(bad), today)


@pytest.mark.parametrize(("column", "value"), [("tenure", float("inf")), ("target", -1.0)])
def test_the_contract_refuses_infinite_features_and_negative_targets(column, value):
    rows = joined()
    rows.loc[0, column] = value
    with pytest.raises(UserError, match=column):
        frame_contract.validate(rows)


def test_the_contract_refuses_a_customer_twice_at_a_cutoff():
    with pytest.raises(UserError, match="DUPLICATES") as refusal:
        frame_contract.validate(pd.concat([joined()] * 2, ignore_index=True))
    assert "12.5" not in str(refusal.value)


def test_a_customer_twice_is_seen_across_batches_too():
    row = pa.RecordBatch.from_pandas(joined().head(1), preserve_index=False)
    assert [b.num_rows for b in frame_contract.checked([row])] == [1]
    with pytest.raises(UserError, match="DUPLICATES"):
        list(frame_contract.checked([row, row]))


@pytest.mark.parametrize("attribute", PROTECTED)
def test_a_protected_attribute_has_no_place_in_the_frame(attribute):
    with pytest.raises(KeyError, match=attribute):
        frame_contract.validate(joined().assign(**{attribute: 1.0}))
