"""Migration: who changed segment between the last two published scorings, and why."""

import pandas as pd

GONE = "none"  # the segment of a customer who has no score in one of the two


def matrix(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Customers by segment before (rows) and after (columns); both have customer_id, segment."""
    both = before.set_index("customer_id")[["segment"]].join(
        after.set_index("customer_id")[["segment"]], how="outer", lsuffix="_before"
    )
    both = both.fillna(GONE)
    return pd.crosstab(both["segment_before"], both["segment"])


def split(before: pd.DataFrame, again: pd.DataFrame, after: pd.DataFrame) -> dict[str, int]:
    """How many customers scored both times changed segment, and what changed: model or customer.

    `again` are the scores of the date before, by the model after: where it differs from `before`
    the model changed its mind, and where `after` differs from it the customer changed. Who had no
    history then is not among `again`: nothing but their first purchase can move them.
    """
    then, again, now = (t.set_index("customer_id")["segment"] for t in (before, again, after))
    table = pd.concat({"before": then, "after": now}, axis=1, join="inner")
    table["again"] = again.reindex(table.index).fillna(table["before"])
    moved = table["before"] != table["after"]
    model = table["before"] != table["again"]
    customer = table["again"] != table["after"]
    return {
        "customers": len(table),
        "changed": int(moved.sum()),
        "the customer changed": int((moved & customer & ~model).sum()),
        "the model changed": int((moved & model & ~customer).sum()),
        "both changed": int((moved & model & customer).sum()),
    }
