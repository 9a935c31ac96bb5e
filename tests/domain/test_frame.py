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
