"""From a request's columns to canonical transactions; what is wrong is said by its field.

The contract of domain/contract.py decides, as it does for a source's rows. Where a request is
evidently plain (texts, finite numbers, ISO dates, nothing twice), that is seen column by column,
at a tenth of the cost. The same customer, instant and transaction_id twice counts once, as in the
store.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from types import NoneType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from stages.domain.contract import KEY, LONGEST_TEXT, OLDEST, REPEATED, TOO_LARGE, split
from stages.domain.errors import UserError
from stages.domain.online import DAY, NAMES, Transactions
from stages.domain.tables import INSTANT, KINDS, NUMBERS, REQUIRED

TEXTS = ("customer_id", "transaction_id", "kind", *NAMES)
MOST = 200_000  # transactions of a request; more are the batch's work
NO_INSTANT = np.iinfo(np.int64).min
EPOCH, MILLISECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)
FIRST = (OLDEST - EPOCH) // MILLISECOND  # the earliest instant that is taken
KIND = {kind: place for place, kind in enumerate(KINDS)}
REFUSED = "refused: "  # how what is told to a caller begins, through MLflow's own errors too


class RefusedError(UserError):
    """Why a request is not answered: the field, never a value of it."""

    def __init__(self, why: str) -> None:
        super().__init__(f"{REFUSED}{why}")


def transactions(columns: Mapping[str, Sequence[Any]], now: datetime) -> Transactions:
    """The canonical transactions of `columns` of values; columns that are not known are left out.

    RefusedError, naming the field, for what the contract refuses.
    """
    missing = [name for name in REQUIRED if name not in columns]
    if missing:
        raise RefusedError(f"every transaction needs {', '.join(missing)}")
    rows = len(columns["amount"])
    if not rows:
        raise RefusedError("there is no transaction")
    if rows > MOST:
        raise RefusedError(f"{rows:,} transactions; send at most {MOST:,} at a time")
    booked_at = instants(columns["booked_at"])
    plain = _plain(columns, booked_at, now)
    return of_table(_judged(columns, booked_at, now)) if plain is None else plain


def instants(values: Sequence[Any]) -> NDArray[np.int64]:
    """Milliseconds since 1970 of ISO 8601 texts or datetimes; without an offset they are UTC.

    NO_INSTANT where a value is neither.
    """
    for epoch in (EPOCH, EPOCH.replace(tzinfo=None)):  # most often all have an offset, or none
        with suppress(ValueError, TypeError):
            since = [at - epoch for at in map(datetime.fromisoformat, values)]
            # As (at - epoch) // MILLISECOND, in half the time: most of what a request's rows take.
            found = [s.days * DAY + s.seconds * 1000 + s.microseconds // 1000 for s in since]
            return np.array(found, np.int64)
    return np.array([_instant(value) for value in values], np.int64)


def _instant(value: Any) -> int:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return (moment - EPOCH) // MILLISECOND
    except (ValueError, TypeError, AttributeError):
        return NO_INSTANT


def _plain(
    columns: Mapping[str, Sequence[Any]], booked_at: NDArray[np.int64], now: datetime
) -> Transactions | None:
    """The transactions where it is evident that no rule is broken, else None."""
    rows = len(booked_at)
    money = _money(columns, rows)
    if money is None:
        return None
    if not FIRST <= booked_at.min() <= booked_at.max() <= (now - EPOCH) // MILLISECOND:
        return None
    texts = {name: columns[name] for name in TEXTS if name in columns}
    try:
        different = {name: set(values) for name, values in texts.items()}
    except TypeError:  # a list, which is no text
        return None
    for name, values in different.items():
        kinds = set(map(type, values))
        if not kinds <= {str, NoneType} or (NoneType in kinds and name not in NAMES):
            return None
        if max(map(len, filter(None, values)), default=0) > LONGEST_TEXT:
            return None
        if name in KEY and "" in values:
            return None
    ids = texts.get("transaction_id", ())
    if ids and len(different["transaction_id"]) < rows:
        keys = zip(texts["customer_id"], booked_at.tolist(), ids, strict=True)
        if len(set(keys)) < rows:
            return None
    kind = np.where(money[0] < 0, KIND["refund"], KIND["purchase"])
    if "kind" in texts:
        if not different["kind"] <= KIND.keys():
            return None
        kind = _places(texts["kind"], KINDS)
    customers = sorted(different["customer_id"])
    names = np.full((len(NAMES), rows), None)
    for number, name in enumerate(NAMES):
        if name in texts:
            names[number] = texts[name]
    return Transactions(
        customers=customers,
        customer=_places(texts["customer_id"], customers),
        booked_at=booked_at,
        money=money,
        kind=kind,
        names=names,
    )


def _money(columns: Mapping[str, Sequence[Any]], rows: int) -> NDArray[np.int64] | None:
    """Amount and discount [2, rows] in cents where all are numbers that the contract takes."""
    amounts = np.zeros((len(NUMBERS), rows))
    for number, name in enumerate(NUMBERS):
        values = columns.get(name, ())
        if not set(map(type, values)) <= {float, int}:
            if name == "amount" or not set(map(type, values)) <= {float, int, NoneType}:
                return None
            values = [value or 0.0 for value in values]
        if values:
            try:
                amounts[number] = values
            except OverflowError:  # a whole number beyond all floats
                return None
    if not (np.abs(amounts) < TOO_LARGE).all() or (amounts[1] < 0).any():
        return None  # nor is NaN or infinity
    return np.rint(amounts * 100).astype(np.int64)


def _places(values: Sequence[str], names: Sequence[str]) -> NDArray[np.int64]:
    """The place of each value in `names`."""
    place = {name: number for number, name in enumerate(names)}
    return np.fromiter(map(place.__getitem__, values), np.int64, len(values))


def _judged(
    columns: Mapping[str, Sequence[Any]], booked_at: NDArray[np.int64], now: datetime
) -> pa.Table:
    """The canonical rows by the contract; RefusedError for any that breaks it, but for repeats."""
    rows = len(booked_at)
    types = dict.fromkeys(TEXTS, pa.string()) | dict.fromkeys(NUMBERS, pa.float64())
    draft = {name: _typed(name, columns[name], types[name]) for name in types if name in columns}
    draft["booked_at"] = pa.array(booked_at, mask=booked_at == NO_INSTANT).cast(INSTANT)
    # What may be left out of all may be left out of some.
    by_sign = pc.if_else(pc.less(draft["amount"], 0), "refund", "purchase")
    numbers = pa.array((f"\0{number}" for number in range(rows)), pa.string())  # nobody's own id
    for name, otherwise in (("kind", by_sign), ("transaction_id", numbers)):
        draft[name] = pc.coalesce(draft.get(name, otherwise), otherwise)
    accepted, rejected = split(pa.table(draft), now)
    reasons = rejected["reason"].filter(pc.not_equal(rejected["reason"], REPEATED))
    if len(reasons):
        said = "; ".join(reasons.unique().to_pylist())
        raise RefusedError(f"{len(reasons)} of {rows} transactions: {said}")
    return accepted


def _typed(name: str, values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    try:
        if kind != pa.string() and bool in set(map(type, values)):
            raise TypeError("a truth value is no number")
        return pa.array(values, kind)
    except (pa.ArrowException, TypeError, OverflowError, UnicodeError) as error:
        what = "texts" if kind == pa.string() else "numbers"
        raise RefusedError(f"{name}: {what} are expected") from error


def of_table(rows: pa.Table) -> Transactions:
    """The same transactions as arrays."""
    texts = {name: rows[name].to_pylist() for name in ("customer_id", "kind", *NAMES)}
    money = np.array([rows[name].cast(pa.float64()) for name in NUMBERS])
    customers = sorted(set(texts["customer_id"]))
    return Transactions(
        customers=customers,
        customer=_places(texts["customer_id"], customers),
        booked_at=np.asarray(rows["booked_at"].cast(pa.int64())),
        money=np.rint(money * 100).astype(np.int64),
        kind=_places(texts["kind"], KINDS),
        names=np.array([texts[name] for name in NAMES], dtype=object),
    )
