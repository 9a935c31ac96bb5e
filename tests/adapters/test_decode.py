"""The decoder is held to the driver: what the driver writes, both read alike."""

import struct
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest
from cassandra.cqltypes import (
    CassandraType,
    DateType,
    DecimalType,
    DoubleType,
    MapType,
    ShortType,
    SimpleDateType,
    UTF8Type,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.adapters.store import decode, encode
from stages.domain.errors import UserError
from stages.domain.tables import CUSTOMERS, INSTANT, MONEY, TRANSACTIONS, Column

PROTOCOL = 5
compiling = settings(deadline=None)  # the first call compiles, which takes seconds
COLUMNS = [column for column in TRANSACTIONS.columns if column.arrow is not None]
MONEY_COLUMN = Column("amount", "decimal", MONEY)
DRIVER = {
    "text": UTF8Type,
    "timestamp": DateType,
    "decimal": DecimalType,
    "double": DoubleType,
    "smallint": ShortType,
    "date": SimpleDateType,
    "map<text, text>": MapType.apply_parameters([UTF8Type, UTF8Type]),
}
ARROW = {
    "text": pa.string(),
    "timestamp": INSTANT,
    "decimal": MONEY,
    "double": pa.float64(),
    "smallint": pa.int16(),
    "date": pa.date32(),
    "map<text, text>": pa.map_(pa.string(), pa.string()),
}
EPOCH = datetime(1970, 1, 1)
MILLISECOND = timedelta(milliseconds=1)
MILLISECONDS = st.integers(-(10**13), 10**14)  # years 1653 to 5138
CENTS = st.integers(-(10**18) + 1, 10**18 - 1)
VALUES = {
    "text": st.text(),
    "timestamp": MILLISECONDS.map(lambda ms: EPOCH + ms * MILLISECOND),
    # The same money at the scale of whoever wrote it.
    "decimal": st.builds(lambda cents, zeros: rescaled(cents, 2 + zeros), CENTS, st.integers(0, 40))
    | st.builds(Decimal, st.integers(-(10**15), 10**15))
    | st.builds(lambda n, zeros: Decimal(f"{n}E{zeros}"), st.integers(-9, 9), st.integers(0, 15)),
    "double": st.floats(allow_nan=False),
    "smallint": st.integers(-(2**15), 2**15 - 1),
    "date": st.dates(),
    "map<text, text>": st.dictionaries(st.text(), st.text(), min_size=1, max_size=4),
}


def rescaled(cents: int, scale: int) -> Decimal:
    """The same amount with zeros behind: 1.50 as 1.5000."""
    return Decimal(f"{cents * 10 ** (scale - 2)}E-{scale}")


def in_cents(value: object) -> object:
    """A decimal at the scale that Arrow takes; what is none, as it is."""
    return value.quantize(Decimal("0.01")) if isinstance(value, Decimal) else value


def cell(content: bytes | None) -> bytes:
    return struct.pack(">i", -1) if content is None else struct.pack(">i", len(content)) + content


def page(rows: Sequence[Sequence[bytes | None]]) -> bytes:
    return b"".join(cell(content) for row in rows for content in row)


def by_driver(kind: type[CassandraType], content: bytes | None) -> object:
    """What the driver makes of a cell, in the words of Arrow's to_pylist."""
    value = kind.from_binary(content, PROTOCOL)
    if isinstance(value, datetime):
        # The driver goes through a float and may be a microsecond off; CQL has milliseconds.
        return EPOCH.replace(tzinfo=UTC) + round((value - EPOCH) / MILLISECOND) * MILLISECOND
    if kind is SimpleDateType and value is not None:
        return value.date()
    return list(value.items()) if hasattr(value, "items") else value


@pytest.mark.parametrize("cql", DRIVER)
@compiling
@given(data=st.data())
def test_a_column_is_what_the_driver_reads(cql: str, data: st.DataObject) -> None:
    values = data.draw(st.lists(st.none() | VALUES[cql]))
    written = [None if v is None else DRIVER[cql].serialize(v, PROTOCOL) for v in values]
    batch = decode.record_batch(
        [Column("x", cql, ARROW[cql])], len(values), page([[content] for content in written])
    )
    batch.validate(full=True)
    assert batch["x"].to_pylist() == [by_driver(DRIVER[cql], content) for content in written]


@pytest.mark.parametrize("cql", DRIVER)
@compiling
@given(data=st.data())
def test_what_is_encoded_is_what_the_driver_writes(cql: str, data: st.DataObject) -> None:
    values = data.draw(st.lists(st.none() | VALUES[cql], min_size=1))
    array = pa.array([None, *map(in_cents, values)], ARROW[cql]).slice(1)
    cells = encode.column(array)
    assert cells.is_valid().to_pylist() == [value is not None for value in values]
    for row, value in enumerate(values):
        if value is not None:
            ours, theirs = cells[row].as_py(), DRIVER[cql].serialize(value, PROTOCOL)
            assert by_driver(DRIVER[cql], ours) == by_driver(DRIVER[cql], theirs)


ROW = st.tuples(*(VALUES[c.cql] if not c.nullable else st.none() | VALUES[c.cql] for c in COLUMNS))


@compiling
@given(rows=st.lists(ROW, max_size=5))
def test_rows_that_are_encoded_are_decoded_the_same(rows: list[tuple]) -> None:
    arrays = [pa.array([in_cents(row[i]) for row in rows], c.arrow) for i, c in enumerate(COLUMNS)]
    batch = pa.RecordBatch.from_arrays(arrays, schema=TRANSACTIONS.schema)
    offsets, content = encode.rows([encode.column(array) for array in arrays], b"")
    assert len(offsets) == len(rows) + 1
    assert decode.record_batch(COLUMNS, len(rows), bytes(content)).equals(batch)


def test_a_null_is_encoded_as_unset_and_leaves_no_tombstone() -> None:
    _, content = encode.rows([encode.column(pa.array(["a", None]))], b"")
    assert bytes(content) == struct.pack(">ici", 1, b"a", -2)


@compiling
@given(rows=st.lists(ROW, max_size=8), cut=st.integers(0, 8))
def test_where_pages_are_cut_does_not_matter(rows: list[tuple], cut: int) -> None:
    written = [
        [
            None if v is None else DRIVER[c.cql].serialize(v, PROTOCOL)
            for c, v in zip(COLUMNS, row, strict=True)
        ]
        for row in rows
    ]
    parts = [
        decode.record_batch(COLUMNS, len(part), page(part))
        for part in (written[:cut], written[cut:])
    ]
    whole = decode.record_batch(COLUMNS, len(rows), page(written))
    assert pa.Table.from_batches(parts).equals(pa.Table.from_batches([whole]))


def money(*contents: bytes | None) -> list[Decimal | None]:
    batch = decode.record_batch([MONEY_COLUMN], len(contents), page([[c] for c in contents]))
    return batch["amount"].to_pylist()


def test_money_is_the_same_at_any_scale() -> None:
    same = ["-12.5", "-12.50", "-12.5000000000000000000000000000000000000000"]
    assert money(*(DecimalType.serialize(Decimal(t), PROTOCOL) for t in same)) == [
        Decimal("-12.50")
    ] * len(same)
    assert money(
        bytes.fromhex("00000002 00ff"),  # 2.55, with the byte that keeps it positive
        bytes.fromhex("00000002 ff"),  # -0.01
        bytes.fromhex("fffffffe 01"),  # 1E+2
        bytes.fromhex("00000002 ffffffffffffffffffffffff"),  # -0.01 in more bytes than needed
        bytes.fromhex("7fffffff 00"),  # 0E-2147483647
        bytes.fromhex("80000000 00"),  # 0E+2147483648
        None,
        b"",
    ) == [Decimal(t) for t in ("2.55", "-0.01", "100", "-0.01", "0", "0")] + [None, None]


@pytest.mark.parametrize(
    "amount",
    [
        "0.001",  # below a cent
        "12.345",
        "10000000000000000",  # 19 digits in cents
        "-10000000000000000.00",
        "92233720368547758.08",  # 2**63 cents
        "184467440737095516.16",  # 2**64 cents, which must not wrap to nothing
        "340282366920938463463374607431768211456.00",  # 2**128
        "1E+2147483647",
        "1E-2147483647",
    ],
)
def test_money_that_would_have_to_be_rounded_is_refused(amount: str) -> None:
    with pytest.raises(UserError, match="amount holds a number that is not exact"):
        money(serialized(Decimal(amount)))


def serialized(amount: Decimal) -> bytes:
    """As the driver serialises, without spelling out the zeros of an exponent."""
    sign, digits, exponent = amount.as_tuple()
    assert isinstance(exponent, int)
    unscaled = int("".join(map(str, digits))) * (-1) ** sign
    return struct.pack(">i", -exponent) + unscaled.to_bytes(20, "big", signed=True)


def test_a_null_where_none_may_be_is_refused() -> None:
    column = Column("amount", "decimal", MONEY, nullable=False)
    with pytest.raises(UserError, match="column amount is null in 1 rows"):
        decode.record_batch([column], 1, page([[None]]))


def test_empty_maps_and_values_that_are_not_ascii() -> None:
    column = next(c for c in CUSTOMERS.columns if c.name == "attributes")
    kind = DRIVER[column.cql]
    cells = [kind.serialize(v, PROTOCOL) for v in ({}, {"größe": "2 人"}, {"": ""})]
    batch = decode.record_batch([column], 4, page([[c] for c in (*cells, None)]))
    assert batch["attributes"].to_pylist() == [[], [("größe", "2 人")], [("", "")], None]


@pytest.mark.parametrize(
    ("cql", "content"),
    [
        ("timestamp", cell(b"1234567")),  # 7 bytes
        ("text", cell(b"abc")[:-1]),  # the page ends in the cell
        ("text", cell(b"abc") + b"x"),  # and here after it
        ("text", b"\0\0\0"),
        ("map<text, text>", cell(struct.pack(">i", 2) + cell(b"k") + cell(b"v"))),  # 1 of 2
        ("map<text, text>", cell(struct.pack(">i", -1))),
        ("map<text, text>", cell(struct.pack(">i", 0) + b"x")),
    ],
)
def test_a_page_that_is_not_what_it_should_be_is_an_error(cql: str, content: bytes) -> None:
    with pytest.raises(ValueError, match=r"page|cell"):
        decode.record_batch([Column("x", cql, ARROW[cql])], 1, content)


def test_an_empty_page_has_no_rows() -> None:
    assert decode.record_batch(COLUMNS, 0, b"").num_rows == 0
    assert decode.record_batch(COLUMNS, 0, b"").schema == TRANSACTIONS.schema


def test_the_compiled_decoder_starts_without_linear_algebra() -> None:
    program = (
        "import sys; from stages.adapters.store import decode; from stages.domain.tables import"
        " TRANSACTIONS; decode.record_batch([c for c in TRANSACTIONS.columns if c.arrow], 0, b'');"
        " sys.exit('scipy.linalg' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
