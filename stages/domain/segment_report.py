"""All that is said of the segments of a scoring: sizes, profiles, mixes, playbook."""

from collections.abc import Mapping, Sequence
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis.backends.sql import SQLBackend

from stages.domain.audit import FEWEST, attributes
from stages.domain.playbook import playbook
from stages.domain.profiles import FIGURES, PLACES, SHARES, groups, habits, mix, shares


def segment_report(
    backend: SQLBackend,
    transactions: ir.Table,
    scores: pd.DataFrame,
    features: pd.DataFrame,
    customers: pd.DataFrame,
    kinds: Sequence[str],
    templates: Mapping[str, Any],
) -> dict[str, Any]:
    """JSON of the segments of `scores`; `features` has a row a customer in the same order.

    `customers` is the table of that name, `kinds` are those of spend, `templates` conf/playbook.
    """
    as_of = scores["as_of"].iloc[0]
    members = ibis.memtable(scores[["customer_id", "segment"]])
    places = {
        place: shares(backend.to_pandas(mix(transactions, members, kinds, place, as_of)))
        for place in PLACES
    }
    report = {
        "segments": _records(_sizes(scores, "segment")),
        "styles": _records(_sizes(scores, "style")),
        "habits": _records(habits(scores, features)),
        "groups": _records(groups(scores, attributes(customers))),
        "places": {place: _records(table) for place, table in places.items() if len(table)},
    }
    return with_playbook(report, templates)


def with_playbook(report: Mapping[str, Any], templates: Mapping[str, Any]) -> dict[str, Any]:
    """The report with the sentences that its figures make by `templates`, conf/playbook."""
    profile = pd.DataFrame(report["habits"], columns=FIGURES)
    places = {place: pd.DataFrame(rows, columns=SHARES) for place, rows in report["places"].items()}
    return {**report, "playbook": playbook(profile, places, templates)}


def _sizes(scores: pd.DataFrame, by: str) -> pd.DataFrame:
    """Customers, their share, and their expected spend in all and each; the largest spend first."""
    grouped = scores.groupby(by)["expected_spend"]
    table = grouped.agg(customers="size", expected_spend="sum", each="mean").reset_index()
    table["share"] = table["customers"] / len(scores)
    table = table[table["customers"] >= FEWEST]
    return table.sort_values("expected_spend", ascending=False)


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows for JSON, six digits that mean something, null where there is no figure."""
    rounded = table.map(lambda v: float(f"{v:.6g}") if isinstance(v, float) else v)
    return rounded.astype(object).where(rounded.notna(), None).to_dict("records")
