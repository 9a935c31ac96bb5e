"""Customer: one customer's capability, history, reasons, what would move it, and who is alike."""

import random
from datetime import timedelta
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st

from stages.domain import similar
from stages.domain.confidence import NORMAL
from stages.domain.errors import UserError
from stages.domain.frame import IDENTITY
from stages.ui import endpoint, habits, look, published

PERIOD, PERIODS = 30, 13  # days of a bar, bars shown
ALIKE = 5
TYPED = "typed"  # the key of the field; it stays in the session, never in the address
FEW = 10  # customers alike, of whom nobody need know


def show() -> None:
    """The page."""
    scores = published.scores()
    customer = _search(scores)
    if customer is None:
        return
    model = published.champion()
    look.over(scores, model["horizon"])
    _headline(scores, customer, model["horizon"])
    transactions = published.transactions(customer["customer_id"])
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.header("History")
        _history(transactions, customer, model)
    with right:
        st.header("Two reasons")
        _reasons(transactions, customer)
    st.header("What would move it")
    habits.show(transactions, customer, model)
    st.header("Similar customers")
    _similar(scores, customer)


def _search(scores: pd.DataFrame) -> dict[str, Any] | None:
    """The row of the customer whose id is typed; None, and what to do, without one."""
    ids = scores["customer_id"]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        typed = st.text_input(
            "Customer id", key=TYPED, autocomplete="off", placeholder="as in your data", width=320
        ).strip()
        st.button("Any customer", on_click=_pick, args=(random.choice(ids.array),))
    found = scores[ids == typed]
    if len(found):
        return found.iloc[0].to_dict()
    if not typed:
        st.info("Type a customer's id and press Enter, or look at any customer.")
        return None
    near = sorted(ids[ids.str.startswith(typed)].head(8))
    st.info(
        "No customer has exactly this id."
        + (" These begin with it:" if near else " Ids are as in your data, capitals and all.")
    )
    for customer_id in near:
        st.button(
            look.literal(customer_id),
            on_click=_pick,
            args=(customer_id,),
            key=f"near {customer_id}",
        )
    return None


def _pick(customer_id: str) -> None:
    st.session_state[TYPED] = customer_id


def _headline(scores: pd.DataFrame, customer: dict[str, Any], horizon: int) -> None:
    percentile = int(look.percentile(customer["percentile"]))
    alike = (scores["expected_spend"] == customer["expected_spend"]).sum()
    look.figures(
        (
            f"Expected spend, {horizon} days",
            look.money(customer["expected_spend"]),
            look.between(customer["low"], customer["high"]),
        ),
        (
            "Percentile",
            f"{percentile}",
            f"more than {percentile} % of customers"
            if alike < FEW
            else f"in the middle of {alike:,} customers alike",
        ),
        ("Segment", customer["segment"], customer["style"]),
    )
    if customer["confidence"] != NORMAL:
        st.warning(f"Confidence is {customer['confidence']}.", icon=":material/warning:")


def _history(transactions: pd.DataFrame, customer: dict[str, Any], model: dict[str, Any]) -> None:
    """Spend by 30 days back from as_of, and what is expected after it at the same scale."""
    if transactions.empty:
        st.markdown(
            "No transactions yet: the expectation is the chance to begin, times what those spend"
            " who begin."
        )
        return
    end, horizon = pd.Timestamp(customer["as_of"], tz="UTC"), model["horizon"]
    spend = transactions[
        transactions["kind"].isin(model["kinds"]) & (transactions["booked_at"] < end)
    ]
    days = (end - spend["booked_at"].dt.normalize()) // timedelta(days=1)
    back = (days - 1) // PERIOD
    sums = spend["amount"].groupby(back).sum()
    count = int(min(PERIODS, max(days.max() // PERIOD, 1))) if len(days) else 1  # whole ones
    past = pd.DataFrame({"back": np.arange(count)})
    past["spend"] = past["back"].map(sums).fillna(0.0)
    end = end.tz_localize(None)
    past["from"] = end - pd.to_timedelta((past["back"] + 1) * PERIOD, unit="D")
    past["to"] = past["from"] + timedelta(days=PERIOD)
    share = PERIOD / horizon
    bounds = {name: customer[name] * share for name in ("expected_spend", "low", "high")}
    ahead = pd.DataFrame([{"from": end, "to": end + timedelta(days=horizon), **bounds}])
    x = alt.X("from:T", title=None, axis=alt.Axis(format="%b %y", tickCount=8, grid=False))
    money = alt.Axis(title=f"spend in {PERIOD} days", format=",.0f")
    bars = (
        alt.Chart(past)
        .mark_rect(**look.BAR)
        .encode(x=x, x2="to:T", y=alt.Y("spend:Q", axis=money), y2=alt.datum(0))
    )
    interval = (
        alt.Chart(ahead)
        .mark_rect(color=look.ACCENT, opacity=0.25)
        .encode(x=x, x2="to:T", y=alt.Y("low:Q", axis=money), y2="high:Q")
    )
    line = (
        alt.Chart(ahead)
        .mark_rule(color=look.ACCENT, strokeWidth=3)
        .encode(x=x, x2="to:T", y=alt.Y("expected_spend:Q", axis=money))
    )
    look.chart(
        (bars + interval + line).properties(height=280),
        f"Spend in each {PERIOD} days before {look.day(customer['as_of'])} (bars), on average"
        f" {look.money(past['spend'].mean())}, and what is expected of the next"
        f" {horizon} days, {look.money(bounds['expected_spend'])} in each {PERIOD}, with the"
        f" {horizon} days' interval at that scale.",
        past.iloc[::-1].assign(
            spend=past["spend"].map(look.money),
            **{name: past[name].dt.strftime("%Y-%m-%d") for name in ("from", "to")},
        )[["from", "to", "spend"]],
    )


def _reasons(transactions: pd.DataFrame, customer: dict[str, Any]) -> None:
    """What the endpoint says of the transactions as they are."""
    if transactions.empty:
        st.markdown("No transactions yet: there is no habit to give as a reason.")
        return
    try:
        answer = endpoint.ask(
            endpoint.records(transactions, "as is"), customer["as_of"].isoformat()
        ).rows.iloc[0]
    except UserError as error:
        look.to_do(error)
        return
    for reason in answer["reasons"]:
        icon = "north_east" if " raises " in reason else "south_east"
        st.markdown(f":material/{icon}: {look.sentence(reason)}.")
    st.caption(
        "Against the typical customer. A reason is a habit that the figure rests on, no cause."
    )
    if answer["model_version"] != customer["model_version"]:
        st.caption(habits.two_versions(answer, customer))


def _similar(scores: pd.DataFrame, customer: dict[str, Any]) -> None:
    """Who has nearly the same habits."""
    features = published.features(pd.Timestamp(customer["as_of"]))
    place = np.flatnonzero(features["customer_id"] == customer["customer_id"])
    if not len(place):
        st.markdown(
            f"No habits of this customer are on disk as of {customer['as_of']}: nobody to compare."
        )
        return
    near = similar.nearest(features.drop(columns=list(IDENTITY)), int(place[0]), ALIKE)
    ids = features["customer_id"].iloc[near["place"]].to_numpy()
    shown = ["customer_id", "expected_spend", "low", "high", "segment", "style"]
    look.rows(
        scores.set_index("customer_id", drop=False).reindex(ids)[shown],
        f"the {ALIKE} customers with the most similar habits, nearest first",
    )
    with st.container(horizontal=True):
        for customer_id in ids:
            st.button(f"Look at {look.literal(customer_id)}", on_click=_pick, args=(customer_id,))
