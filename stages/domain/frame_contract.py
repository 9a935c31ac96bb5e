"""What preprocess promises of the training frame, held to it batch by batch."""

from collections.abc import Iterable, Iterator, Sequence

import pandas as pd
import pandera.errors
import pandera.pandas as checks
import pyarrow as pa

from stages.domain.catalogue import feature
from stages.domain.errors import UserError
from stages.domain.frame import feature_columns, schema


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
