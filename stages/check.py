"""Check: a dry run of ingest, which shows what would be refused and where, and writes nothing."""

import logging
from collections import Counter
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from stages.adapters import config, sources
from stages.adapters.logs import stage
from stages.domain.errors import UserError

log = logging.getLogger(__name__)
SHOWN = 10
HINTS = {  # what most often helps, by the beginning of a reason
    "booked_at is before 1900": "%Y reads four digits of a year, %y reads two",
    "booked_at is missing": "source.date_format says how dates are written: '%d/%m/%Y %H:%M'",
    "amount is missing": "source.decimal=',' reads 1.234,50",
    "the same customer": "source.columns.transaction_id=null makes an id for each row",
    "kind is none of": "source.kinds says what the file's words mean",
    "the line has": "source.separator and source.quote say where cells end",
}


@stage
def main() -> None:
    """Count what the contract accepts and refuses; name the first lines that it refuses."""
    params = config.load()
    group = params.source
    source = sources.module(group.name)
    customers: set[str] = set()
    days: list[datetime] = []
    kinds: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    first: list[dict[str, Any]] = []
    spend = 0.0
    for accepted, rejected in sources.contract(source, group):
        customers |= set(accepted["customer_id"].unique().to_pylist())
        days += [d for d in pc.min_max(accepted["booked_at"]).as_py().values() if d]
        kinds += _counts(accepted["kind"])
        reasons += _counts(rejected["reason"])
        spends = pc.is_in(accepted["kind"], pa.array(list(params.target.kinds)))
        spend += float(pc.sum(accepted.filter(spends)["amount"]).as_py() or 0)
        first = sorted(first + _places(rejected), key=lambda p: (p["file"], p["line"]))[:SHOWN]
    for place in first:
        log.warning("%s, line %d: %s", place["file"], place["line"], place["reason"])
    for reason, count in reasons.most_common():
        hint = next((hint for start, hint in HINTS.items() if reason.startswith(start)), "")
        log.warning("%s refused: %s%s", f"{count:,}", reason, hint and f" ({hint})")
    if not kinds:
        raise UserError(
            "no row would be loaded: correct what is named above, in conf/source or SET"
        )
    log.info(
        "%s rows would be loaded, %s refused: %s customers, %s to %s, spend %s",
        *(f"{n:,}" for n in (kinds.total(), reasons.total(), len(customers))),
        min(days).date(),
        max(days).date(),
        f"{spend:,.2f}",
    )
    if spend < 0:
        log.warning(
            "spend is below 0: should source.negate be true, source.direction.out have other"
            " values, or source.money_in be income?"
        )
    log.info("kinds: %s", ", ".join(f"{kind} {count:,}" for kind, count in kinds.most_common()))
    described = source.customers(group)["customer_id"]
    known = customers.intersection(described.to_pylist())
    log.info(
        "%s customers are described, %s of them have transactions",
        *(f"{n:,}" for n in (len(described), len(known))),
    )
    if len(described) and not known:
        log.warning("nobody who is described has a transaction: are the ids written alike in both?")
    refused, rows = reasons.total(), reasons.total() + kinds.total()
    if sources.too_many(refused, rows, params.most_rejected):
        raise UserError(
            f"{refused:,} of {rows:,} rows would be refused, above most_rejected="
            f"{params.most_rejected}: none would be loaded"
        )


def _counts(column: pa.ChunkedArray) -> Counter[str]:
    return Counter({c["values"]: c["counts"] for c in column.value_counts().to_pylist()})


def _places(rejected: pa.Table) -> list[dict[str, Any]]:
    """The first rejected rows, where the source knows their places."""
    if "line" not in rejected.column_names:
        return []
    order = [("file", "ascending"), ("line", "ascending")]
    return rejected.select(["file", "line", "reason"]).sort_by(order)[:SHOWN].to_pylist()


if __name__ == "__main__":
    main()
