"""What Parquet would become is known before it is read."""

import decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stages.domain.errors import UserError
from stages.serving.parquet import check
from stages.serving.request import MOST

MB = 2**20


def body(**columns: pa.Array) -> bytes:
    pq.write_table(pa.table(columns), written := pa.BufferOutputStream(), compression="zstd")
    return written.getvalue().to_pybytes()


def test_plain_transactions_pass():
    texts = pa.array([None, *map(str, range(999))])
    money = pa.array([decimal.Decimal("1.50")] * 1000, pa.decimal128(18, 2))
    check(body(customer_id=texts, amount=money, empty=pa.nulls(1000, pa.string())), MB)
    check(body(amount=pa.array([1.0])), MB)


def test_a_long_text_that_stands_once_in_the_file_counts_for_each_row():
    sent = body(customer_id=pa.repeat("x" * 100_000, 2000))
    assert len(sent) < 2000
    with pytest.raises(UserError, match="too many long texts"):
        check(sent, 100 * MB)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"amount": pa.repeat(1.0, MOST + 1)}, "too many rows"),
        ({str(n): pa.repeat(1.0, MB // 50) for n in range(51)}, "too many rows"),
        ({"customer_id": pa.array(["x" * 2 * MB])}, "too many rows"),
        ({"amount": pa.array([[1.0] * 9])}, "a column of lists"),
        ({"amount": pa.repeat(pa.scalar(b"x" * 500, pa.binary(500)), 9)}, "of wide values"),
    ],
)
def test_what_would_not_end_is_refused(columns, said):
    with pytest.raises(UserError, match=said):
        check(body(**columns), MB)
