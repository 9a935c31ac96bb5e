"""Campaign: whom to contact for a budget, how much that reaches, and the list to take away."""

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st

from stages.domain import campaign
from stages.domain.momentum import MOMENTA
from stages.domain.tiers import TIERS
from stages.domain.totals import Totals
from stages.ui import look, published

SHOWN = 100  # rows on the page; the file has all
BUDGET, COST = 500.0, 1.0


def show() -> None:
    """The page."""
    scores, model = published.scores(), published.champion()
    table = scores.assign(region=scores["customer_id"].map(published.regions()))
    planned = _plan(table)
    if planned.eligible.empty:
        st.info("No customer fits these choices: take one away.")
        return
    if not planned.contacts:
        st.info("The budget does not pay a single contact: raise it, or lower the cost.")
        return
    chosen = planned.chosen
    whole = Totals(**model["totals"]).of(chosen)
    look.over(scores, model["horizon"])
    look.figures(
        ("Contacts", f"{planned.contacts:,}", f"of {len(planned.eligible):,} who fit"),
        ("Expected spend reached", look.money(whole.expected), look.between(whole.low, whole.high)),
        (
            "Against random choice",
            f"× {whole.expected / planned.at_random:,.2f}" if planned.at_random else "–",
            f"{look.money(planned.at_random)} for as many of all customers",
        ),
    )
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.header("What the budget reaches")
        _curve(planned)
    with right:
        st.header("How to read it")
        _notes(model)
    st.header("Whom to contact")
    look.download(chosen, "contacts", "contacts", scores, model["horizon"])
    look.rows(
        chosen.head(SHOWN).drop(columns=[] if chosen["region"].notna().any() else ["region"]),
        f"the first {min(SHOWN, len(chosen))} contacts, the highest expected spend first",
        height=360,
    )


def _plan(table: pd.DataFrame) -> campaign.Campaign:
    """The choices, and the plan that they make."""
    with st.container(border=True):
        left, right = st.columns(2, gap="medium")
        with left:
            tiers = st.pills("Tiers", list(reversed(TIERS)), selection_mode="multi")
            segments = [f"{t} · {m}" for t in reversed(TIERS) for m in MOMENTA]
            present = set(table["segment"])
            segment = st.multiselect(
                "Segments", [s for s in segments if s in present], placeholder="all segments"
            )
        with right:
            style = st.multiselect(
                "Styles", sorted(table["style"].unique()), placeholder="all styles"
            )
            names = sorted(table["region"].dropna().unique())
            region = []
            if names:
                region = st.multiselect("Regions", names, placeholder="all regions")
            else:
                st.markdown("Regions: the source does not say where customers live.")
        left, right = st.columns(2, gap="medium")
        budget = left.number_input("Budget", 0.0, value=BUDGET, step=100.0, format="%.2f")
        cost = right.number_input("Cost of a contact", 0.01, value=COST, step=0.5, format="%.2f")
        st.caption("No choice in a field means all. Money is in the currency of the source.")
    chosen = {"tier": tiers, "segment": segment, "style": style, "region": region}
    return campaign.plan(table, chosen, budget, cost)


def _curve(planned: campaign.Campaign) -> None:
    """Expected spend by number of contacts, beside random choice among all customers."""
    curve = campaign.gain_curve(planned)
    long = curve.melt("contacts", ["ranked", "random"], "choice", "spend")
    long["choice"] = long["choice"].map(
        {"ranked": "highest expected spend first", "random": "all customers at random"}
    )
    lines = (
        alt.Chart(long)
        .mark_line(strokeWidth=3)
        .encode(
            x=alt.X(
                "contacts:Q", title="contacts", axis=alt.Axis(format=",d", grid=False, tickCount=7)
            ),
            y=alt.Y("spend:Q", title="expected spend reached", axis=alt.Axis(format="~s")),
            color=alt.Color(
                "choice:N",
                title=None,
                sort=None,
                scale=alt.Scale(range=[look.INK, look.MUTED]),
                legend=alt.Legend(orient="top", columns=1, labelLimit=0),
            ),
            strokeDash=alt.StrokeDash(
                "choice:N", title=None, sort=None, scale=alt.Scale(range=[[1, 0], [7, 4]])
            ),
        )
    )
    spend = planned.chosen["expected_spend"].sum()
    here = pd.DataFrame({"contacts": [planned.contacts], "spend": [spend]})
    mark = alt.Chart(here).mark_circle(size=140, color=look.ACCENT, opacity=1)
    mark = mark.encode(x="contacts:Q", y="spend:Q")
    share = spend / (planned.eligible["expected_spend"].sum() or 1)
    look.chart(
        (lines + mark).properties(height=300),
        f"The budget (dot) pays {planned.contacts:,} contacts,"
        f" {planned.contacts / len(planned.eligible):.0%} of those who fit, and reaches"
        f" {share:.0%} of their expected spend.",
        curve.iloc[np.unique(np.linspace(0, len(curve) - 1, 11).astype(int))].round().astype(int),
    )


def _notes(model: dict) -> None:
    """What the figures mean, and how sure they are."""
    band, best_fifths = model["totals"]["band"], dict(model["best_fifths"])
    ours, simple = best_fifths.pop("model"), max(best_fifths.values())
    errors = (
        "of the sum joins the error that all customers share, as far as the model's totals were"
        " off in the past, and each customer's own"
        if band is not None
        else "is not known: the model has seen too little to say how far a total may be off"
    )
    st.markdown(
        "- Each contact costs the same, so whoever is expected to spend most comes first.\n"
        "- **Reached** is what the contacted are expected to spend, not what a contact adds:"
        " to learn that, leave some out at random and compare.\n"
        f"- The **80 % interval** {errors}.\n"
        f"- **Out of time**, the best fifth of all customers by this model held {ours:.1%} of the"
        f" spend, by the better baseline {simple:.1%}, at random 20%.\n"
        "- Age, income, household and other protected attributes are neither offered nor exported."
    )
