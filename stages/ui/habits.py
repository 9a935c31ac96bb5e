"""What would move a customer's capability: the same transactions with other habits."""

from datetime import UTC, datetime
from typing import Any

import pandas as pd
import streamlit as st

from stages.domain import what_if
from stages.domain.errors import UserError
from stages.ui import endpoint, look

MOST, LEAST = 100, -50  # per cent that a habit may be changed by


def two_versions(answer: pd.Series, customer: dict[str, Any]) -> str:
    """What is said where the endpoint's model is not the one of the published score."""
    return (
        f"The endpoint has version {answer['model_version']} of the model, the published score is"
        f" of version {customer['model_version']}: `make score` publishes anew."
    )


@st.fragment
def show(transactions: pd.DataFrame, customer: dict[str, Any], model: dict[str, Any]) -> None:
    """The endpoint's answer to the same transactions with other habits."""
    as_of, horizon, kinds = customer["as_of"], model["horizon"], model["kinds"]
    days = what_if.visits(transactions, kinds, as_of, horizon).nunique()
    if not days:
        st.markdown(f"No visit in the last {horizon} days: there is no habit to change.")
        return
    left, right = st.columns(2, gap="medium")
    frequency = left.slider("More or fewer visits", LEAST, MOST, 0, 5, format="%+d %%")
    ticket = right.slider("More or less spent on each", LEAST, MOST, 0, 5, format="%+d %%")
    changed = what_if.changed(
        transactions, kinds, as_of, horizon, frequency / 100, ticket / 100, datetime.now(UTC).date()
    )
    others = what_if.visits(changed, kinds, as_of, horizon).nunique()
    try:
        asked = endpoint.records(transactions, "now") + endpoint.records(changed, "changed")
        rows = endpoint.ask(asked, as_of.isoformat()).rows.set_index("customer_id")
    except UserError as error:
        look.to_do(error)
        return
    now, then = rows.loc["now"], rows.loc["changed"]
    if now["model_version"] != customer["model_version"]:  # its horizon may be another, too
        st.markdown(two_versions(now, customer))
        return
    difference = then["expected_spend"] - now["expected_spend"]
    look.figures(
        ("As it is", look.money(now["expected_spend"]), look.between(now["low"], now["high"])),
        (
            "With these habits",
            look.money(then["expected_spend"]),
            look.between(then["low"], then["high"]),
        ),
        (
            "Difference",
            f"{'+' if difference > 0 else '−' if difference < 0 else ''}"
            f"{look.money(abs(difference))}",
            "in the same segment"
            if then["segment"] in (now["segment"], customer["segment"])  # as long as a margin holds
            else f"then {then['segment']}",
        ),
    )
    st.caption(
        f"The sliders change the {days} days with spend of the last {horizon}, here to {others}:"
        " some are left out, or copied to days without any, and all their amounts are scaled. The"
        " endpoint then scores the changed transactions. It is what the model expects of a customer"
        " with such habits, not what an action would bring about."
    )
