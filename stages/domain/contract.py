"""The contract of a transaction: draft rows of a source become canonical rows or rejects."""

from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.compute as pc

from stages.domain.errors import UserError
from stages.domain.tables import INSTANT, KINDS, MONEY, TRANSACTIONS

KEY = ["customer_id", "booked_at", "transaction_id"]
NEEDED = (*KEY, "amount")
LONGEST_TEXT = 1024  # characters; an id or a name is never longer
OLDEST = datetime(1900, 1, 1, tzinfo=UTC)
LARGEST_AMOUNT = 1e13  # beyond it a float no longer holds cents
TOO_LARGE = LARGEST_AMOUNT - 0.005  # what is rounded to it is it
REPEATED = "the same customer, instant and transaction_id came before"


def split(draft: pa.Table, now: datetime) -> tuple[pa.Table, pa.Table]:
    """Return (canonical rows, rejected rows with their `reason`).

    `draft` has the columns of `transactions` that the source knows: texts; `booked_at` a
    timestamp (naive is UTC; null where it could not be read); amount, discount and quantity
    numbers; `kind` may lack (purchase, or refund where money came in). A row is rejected for the
    first rule that it breaks, and last where an accepted row before it has its key. Where the
    source has `problem`, why it could not read a row, that is the reason.
    Raises UserError when a required column lacks or has another type.
    """
    missing = [name for name in NEEDED if name not in draft.column_names]
    if missing:
        raise UserError(f"the source has no column for {', '.join(missing)}: add it to its mapping")
    rows = pa.table(
        {f.name: _typed(draft, f) for f in TRANSACTIONS.schema if f.name in draft.column_names}
    )
    reason = pa.nulls(rows.num_rows, pa.string())
    for text, broken in reversed(_rules(rows, now).items()):
        reason = pc.if_else(pc.fill_null(broken, True), text, reason)
    if "problem" in draft.column_names:
        reason = pc.coalesce(draft["problem"], reason)
        draft = draft.drop_columns("problem")
    repeated = _repeated(rows, pc.is_null(reason))
    reason = pc.if_else(repeated, REPEATED, reason)
    good = pc.is_null(reason)
    rejected = draft.append_column("reason", reason).filter(pc.invert(good))
    return _canonical(rows.filter(good)), rejected


def _typed(draft: pa.Table, field: pa.Field) -> pa.ChunkedArray:
    """The draft's column in the field's type, but numbers as they are: they are judged first."""
    column = draft[field.name]
    try:
        if field.type == INSTANT:
            naive = pa.types.is_timestamp(column.type) and column.type.tz is None
            utc = pc.assume_timezone(column, "UTC") if naive else column
            return pc.cast(utc, INSTANT, safe=False)  # finer than a millisecond is cut
        if field.type == MONEY:
            return column if pa.types.is_decimal(column.type) else pc.cast(column, pa.float64())
        return pc.cast(column, field.type)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise UserError(f"column {field.name} is {column.type}, expected {field.type}") from error


def _rules(rows: pa.Table, now: datetime) -> dict[str, pa.ChunkedArray]:
    """Where each rule is broken; null counts as broken."""
    rules = {
        f"{name} is missing": pc.equal(pc.utf8_length(rows[name]), 0)
        for name in ("customer_id", "transaction_id")
    }
    rules |= {
        "booked_at is missing or not a date": pc.is_null(rows["booked_at"]),
        "booked_at is before 1900": pc.less(rows["booked_at"], pa.scalar(OLDEST, INSTANT)),
        "booked_at is in the future": pc.greater(rows["booked_at"], pa.scalar(now, INSTANT)),
        "amount is missing or not a finite number": _not_finite(rows["amount"]),
        "amount is too large": _too_large(rows["amount"]),
    }
    if "discount" in rows.column_names:
        bad = pc.fill_null(_not_finite(rows["discount"]), False)
        rules["discount is not a finite number"] = bad
        rules["discount is too large"] = pc.fill_null(_too_large(rows["discount"]), False)
        negative = pc.less(pc.cast(rows["discount"], pa.float64()), 0.0)
        rules["discount is below 0"] = pc.fill_null(negative, False)
    if "kind" in rows.column_names:
        known = pc.is_in(rows["kind"], pa.array(KINDS))
        rules[f"kind is none of {', '.join(KINDS)}"] = pc.invert(known)
    for name in (f.name for f in TRANSACTIONS.schema if f.type == pa.string()):
        if name in rows.column_names:
            long = pc.greater(pc.utf8_length(rows[name]), LONGEST_TEXT)
            rules[f"{name} is longer than {LONGEST_TEXT} characters"] = pc.fill_null(long, False)
    return rules


def _too_large(number: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.greater_equal(pc.abs(pc.cast(number, pa.float64())), TOO_LARGE)


def _not_finite(number: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.invert(pc.is_finite(pc.cast(number, pa.float64())))


def _repeated(rows: pa.Table, sound: pa.ChunkedArray) -> pa.ChunkedArray:
    """Which of the `sound` rows have the key of one before."""
    place = pa.array(range(rows.num_rows), pa.int64())
    placed = rows.select(KEY).append_column("place", place).filter(sound)
    first = placed.group_by(KEY).aggregate([("place", "min")])
    return pc.and_(sound, pc.invert(pc.is_in(place, first["place_min"])))


def _canonical(rows: pa.Table) -> pa.Table:
    """The canonical schema: cents exactly, defaults for what lacks."""
    columns = {}
    for field in TRANSACTIONS.schema:
        if field.name not in rows.column_names:
            columns[field.name] = pa.nulls(rows.num_rows, field.type)
        elif field.type == MONEY:
            columns[field.name] = pc.cast(pc.round(rows[field.name], 2), MONEY)
        else:
            columns[field.name] = rows[field.name]
    if "kind" not in rows.column_names:
        money_in = pc.less(columns["amount"], pa.scalar(0, MONEY))
        columns["kind"] = pc.if_else(money_in, "refund", "purchase")
    columns["discount"] = pc.fill_null(columns["discount"], pa.scalar(0, MONEY))
    return pa.table(columns, TRANSACTIONS.schema)
