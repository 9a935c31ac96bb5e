"""What preprocess is given and promises: transactions, and the training frame batch by batch."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

import ibis
import ibis.expr.types as ir
import pandas as pd
import pandera.errors
import pandera.pandas as checks
import pyarrow as pa
from ibis.backends.sql import SQLBackend

from stages.domain.catalogue import feature
from stages.domain.contract import LARGEST_AMOUNT, OLDEST
from stages.domain.errors import UserError
from stages.domain.frame import feature_columns, schema
from stages.domain.tables import KINDS


def check_stored(backend: SQLBackend, transactions: ir.Table, today: date) -> None:
    """Raise UserError where stored transactions break the contract that ingest holds rows to.

    What a feed of the bank's own writes has not passed it. Types and nulls were extract's to judge.
    """
    t, day = transactions, transactions.booked_at.date()
    size = ibis.greatest(t.amount.abs(), t.discount.abs())
    counts = t.aggregate(
        kind=(~t.kind.isin(KINDS)).sum(),
        discount=(t.discount < 0).sum(),
        size=(size >= LARGEST_AMOUNT).sum(),
        past=(day < OLDEST.date()).sum(),
        future=(day > today).sum(),
    )
    words = {
        "kind": f"whose kind is none of {', '.join(KINDS)}",
        "discount": "whose discount is below 0",
        "size": "whose amount or discount is too large",
        "past": f"booked before {OLDEST.year}",
        "future": f"booked after today, {today}",
    }
    found = backend.to_pyarrow(counts).to_pylist()[0]
    if broken := [f"{found[rule]:,} {said}" for rule, said in words.items() if found[rule]]:
        raise UserError(
            f"the store has transactions {'; '.join(broken)}: correct what writes them, and them"
        )


def checked(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Batches of the frame, ordered by cutoff and customer, each held to the contract."""
    last: list[pa.Table] = []
    for batch in batches:
        table = pa.Table.from_batches([batch]).cast(schema(batch.schema.names))
        validate(pa.concat_tables([*last, table]).to_pandas())  # with the row before: none twice
        last = [table.slice(table.num_rows - 1)]
        yield from table.combine_chunks().to_batches()


def contract(features: Sequence[str]) -> checks.DataFrameSchema:
    """What preprocess promises: finite features, one row a customer and cutoff, no target < 0."""
    finite = checks.Check(lambda s: s.abs() < float("inf"), error="is not finite")
    columns = {name: checks.Column(float, finite) for name in features}
    columns["customer_id"] = checks.Column(str)
    columns["cutoff"] = checks.Column("datetime64[s]")
    columns["target"] = checks.Column(float, checks.Check.ge(0), nullable=True)
    return checks.DataFrameSchema(columns, strict=True, unique=["customer_id", "cutoff"])


def validate(frame: pd.DataFrame) -> pd.DataFrame:
    """Return `frame` if it keeps its contract; UserError, without any row, if it does not.

    A column that the catalogue does not have, such as a protected attribute, is a KeyError.
    """
    for name in feature_columns(frame):
        feature(name)
    try:
        return contract(feature_columns(frame)).validate(frame)
    except pandera.errors.SchemaError as error:
        raise UserError(
            f"the features break their contract ({error.reason_code.name}: "
            f"{error.schema.name or 'the frame'}): look at the rows in data/raw"
        ) from error
