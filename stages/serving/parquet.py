"""Parquet that is sent: a small body may become a large table, so it is looked at before."""

from io import BytesIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from stages.serving.request import MOST, RefusedError

TEXT = "BYTE_ARRAY"
WIDEST = 16  # bytes of a value of fixed length: a decimal's


def check(body: bytes, most: int) -> None:
    """RefusedError where it has more than `most` cells or bytes of text.

    A dictionary holds a text once that stands in many rows, so the texts are added up. Columns of
    lists are not taken, nor more rows than a request may have.
    """
    file = pq.ParquetFile(BytesIO(body))
    about, schema = file.metadata, file.schema
    columns = [schema.column(number) for number in range(len(schema.names))]
    groups = [about.row_group(number) for number in range(about.num_row_groups)]
    size = max(about.num_rows * len(columns), sum(group.total_byte_size for group in groups))
    if about.num_rows > MOST or size > most:
        raise RefusedError("too many rows; send fewer customers at a time")
    if any(c.max_repetition_level or c.length > WIDEST for c in columns):
        raise RefusedError("Parquet with a column of lists or of wide values")
    texts = [column.path for column in columns if column.physical_type == TEXT]
    table = pq.read_table(BytesIO(body), columns=texts, read_dictionary=texts)
    if sum(_bytes(chunk) for column in table.columns for chunk in column.chunks) > most:
        raise RefusedError("too many long texts; send fewer customers at a time")


def _bytes(values: pa.DictionaryArray) -> int:
    """Of all values, each as often as it stands there."""
    lengths = pc.binary_length(values.dictionary)
    return pc.sum(pc.cast(lengths.take(values.indices), pa.int64())).as_py() or 0
