"""Source csv: any CSV or Parquet file(s), by a mapping of columns alone (conf/source/csv.yaml)."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
from omegaconf import DictConfig

from stages.domain.errors import UserError
from stages.domain.tables import CUSTOMERS

LONGEST_LINE = 64 << 20  # bytes; a cell that is too long is refused by the contract, by its line
NUMBERS = ("amount", "unit_price", "quantity", "discount")

_MONTH = "date_trunc('month', booked_at)"


def inputs(source: DictConfig) -> list[Path]:
    """The files that match source.path, in order; UserError when there is none."""
    if source.path is None:
        raise UserError('name the file: SET="source=csv source.path=/data/transactions.csv"')
    given = Path(source.path).absolute()
    found = sorted(Path(given.anchor).glob(str(given.relative_to(given.anchor))))
    if not found:
        raise UserError(f"source.path={source.path}: there is no such file")
    return found


def rows(source: DictConfig) -> int | None:
    """Unknown before the file is read."""
    return None


def transactions(source: DictConfig) -> Iterator[pa.Table]:
    """Yield one draft table a month; cells that cannot be read are null, for the contract to name.

    Beside the canonical columns a draft has `line`: the row's place, the header being line 1.
    """
    with duckdb.connect() as db:
        try:
            file = _file(db, source)
            _check_columns(source, file.columns)
            file.select(_mapping(source)).create("draft")
        except duckdb.Error as error:
            reason = str(error).splitlines()[0]
            raise UserError(f"source.path={source.path} cannot be read: {reason}") from error
        for (month,) in db.sql(f"SELECT DISTINCT {_MONTH} AS m FROM draft ORDER BY m").fetchall():
            query = f"SELECT * FROM draft WHERE {_MONTH} IS NOT DISTINCT FROM $m ORDER BY line"
            yield db.sql(query, params={"m": month}).to_arrow_table()


def customers(source: DictConfig) -> pa.Table:
    """No rows: a file of transactions knows no demographics."""
    return CUSTOMERS.schema.empty_table()


def _file(db: duckdb.DuckDBPyConnection, source: DictConfig) -> duckdb.DuckDBPyRelation:
    files = [str(path) for path in inputs(source)]
    if files[0].endswith(".parquet"):
        return db.read_parquet(files, union_by_name=True)
    return db.sql(
        "FROM read_csv($files, sep = $sep, encoding = $encoding, header = true, "
        "all_varchar = true, max_line_size = $longest, union_by_name = true)",
        params={
            "files": files,
            "sep": source.separator,
            "encoding": source.encoding,
            "longest": LONGEST_LINE,
        },
    )


def _check_columns(source: DictConfig, there: list[str]) -> None:
    wanted = {f"columns.{k}": v for k, v in source.columns.items()}
    wanted["direction.column"] = source.direction.column
    for key, name in wanted.items():
        if name is not None and name not in there:
            raise UserError(
                f"source.{key}={name}: the file has no such column; it has {', '.join(there)}"
            )
    columns = source.columns
    if columns.amount is None and None in (columns.quantity, columns.unit_price):
        raise UserError("source.columns: give amount, or quantity and unit_price")


def _mapping(source: DictConfig) -> str:
    """The draft's columns as SQL on the file's."""
    columns = {k: f'"{v}"' for k, v in source.columns.items() if v is not None}
    for name in NUMBERS:
        if name in columns:
            columns[name] = f"TRY_CAST({columns[name]} AS DOUBLE)"
    price = columns.pop("unit_price", None)
    amount = columns.get("amount") or f"{columns['quantity']} * {price}"
    if source.negate:
        amount = f"-({amount})"
    if source.direction.column is not None:
        out = ", ".join(_text(value) for value in source.direction.out)
        amount = f'({amount}) * CASE WHEN "{source.direction.column}" IN ({out}) THEN 1 ELSE -1 END'
    columns["amount"] = amount
    at = columns["booked_at"]
    columns["booked_at"] = (
        f"TRY_CAST({at} AS TIMESTAMP)"
        if source.date_format is None
        else f"try_strptime({at}, {_text(source.date_format)})"
    )
    for name in set(columns) - {"booked_at", "amount", *NUMBERS}:
        columns[name] = f"{columns[name]}::VARCHAR"
    # The id of a row that has none: its content, and which of the rows alike it is.
    content = f"md5(concat_ws('|', {', '.join(columns.values())}))"
    line = "row_number() OVER ()"
    columns.setdefault(
        "transaction_id", f"{content} || '-' || row_number() OVER (PARTITION BY {content})"
    )
    return ", ".join(
        [*(f"{sql} AS {name}" for name, sql in columns.items()), f"{line} + 1 AS line"]
    )


def _text(value: str) -> str:
    return "'" + str(value).replace("'", "''") + "'"
