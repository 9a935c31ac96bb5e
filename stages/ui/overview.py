"""Overview: how much is expected of whom, what changed, and how fresh it is."""

from datetime import UTC, datetime
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from stages.adapters.paths import SCORED
from stages.adapters.raw import MANIFEST
from stages.domain.confidence import NORMAL
from stages.domain.momentum import MOMENTA
from stages.domain.styles import UNKNOWN
from stages.domain.tiers import TIERS
from stages.domain.totals import Totals
from stages.ui import look, published

MOVED = ("the customer changed", "the model changed", "both changed")


def show() -> None:
    """The page."""
    scores, model = published.scores(), published.champion()
    whole = Totals(**model["totals"]).of(scores)
    low = int((scores["confidence"] != NORMAL).sum())
    are = "were" if look.over(scores, model["horizon"]) else "are"
    st.markdown(
        f"**{len(scores):,} customers {are} expected to spend {look.money(whole.expected)}** in "
        f"{look.window(scores, model['horizon'])}."
    )
    look.figures(
        ("Expected spend in all", look.money(whole.expected), look.between(whole.low, whole.high)),
        ("Expected of each", look.money(whole.expected / len(scores)), "on average"),
        ("Customers", f"{len(scores):,}", f"{low:,} with low confidence"),
        ("As of", f"{scores['as_of'].iloc[0]:%Y-%m-%d}", _age(scores, model["horizon"])),
    )
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.header("Where the spend is")
        _map(scores)
    with right:
        st.header("How they buy")
        _styles(scores)
    st.header("What changed since the last scoring")
    _migration()
    st.header("What this rests on")
    _basis(scores, are)


def _age(scores: pd.DataFrame, horizon: int) -> str:
    """How fresh the forecast is."""
    left = look.days_left(scores, horizon)
    if left > 0:
        return f"{left} of {horizon} days to come"
    return f"forecast over since {look.end(scores, horizon):%Y-%m-%d}"


def _map(scores: pd.DataFrame) -> None:
    """Tiers by momentum: customers, and their share of all expected spend."""
    cells = scores.groupby(["tier", "momentum"])["expected_spend"].agg(["size", "sum"])
    cells = cells.set_axis(["customers", "spend"], axis=1).reset_index()
    cells["share"] = cells["spend"] / cells["spend"].sum()
    cells["who"] = cells["customers"].map("{:,} customers".format)
    cells["part"] = cells["share"].map("{:.1%}".format)
    base = alt.Chart(cells).encode(
        x=alt.X("momentum:N", sort=list(MOMENTA), title=None, axis=alt.Axis(labelAngle=0)),
        y=alt.Y("tier:N", sort=list(reversed(TIERS)), title=None),
    )
    top = cells.loc[cells["share"].idxmax()]
    shade = alt.Scale(range=["#eef3f7", look.MUTED], domain=[0, top["share"]])
    squares = base.mark_rect(cornerRadius=6, stroke="white", strokeWidth=3).encode(
        color=alt.Color("share:Q", scale=shade, legend=None),
        tooltip=["tier", "momentum", "customers", alt.Tooltip("share:Q", format=".1%")],
    )
    upper = base.mark_text(dy=-9, fontSize=15, fontWeight="bold", color=look.DARK).encode(
        text="part:N"
    )
    lower = base.mark_text(dy=11, fontSize=12, color=look.DARK).encode(text="who:N")
    look.chart(
        (squares + upper + lower).properties(height=300),
        "Share of expected spend by tier and momentum."
        f" {top['tier']} · {top['momentum']} holds most:"
        f" {top['share']:.0%} with {top['customers']:,} customers.",
        cells[["tier", "momentum", "customers", "part"]].rename(columns={"part": "share"}),
    )


def _styles(scores: pd.DataFrame) -> None:
    """Expected spend by style."""
    table = scores.groupby("style")["expected_spend"].agg(["size", "sum"]).reset_index()
    table = table.set_axis(["style", "customers", "spend"], axis=1)
    table["share"] = table["spend"] / table["spend"].sum()
    table = table.sort_values("spend", ascending=False)
    base = alt.Chart(table).encode(y=alt.Y("style:N", sort=None, title=None, axis=None))
    bars = base.mark_bar(color=look.INK, height=16, cornerRadius=3, yOffset=10).encode(
        x=alt.X("share:Q", title="share of expected spend", axis=alt.Axis(format="%"))
    )
    names = base.mark_text(align="left", dy=-12, fontSize=13, color=look.DARK).encode(
        x=alt.value(0), text="style:N"
    )
    first = table.iloc[0]
    look.chart(
        (bars + names).properties(height=max(120, 75 * len(table))),
        f"{len(table)} styles. {first['style']}: {first['share']:.0%} of the expected spend, "
        f"{first['customers']:,} customers.",
        table.assign(share=table["share"].map("{:.1%}".format)).drop(columns="spend"),
    )


def _migration() -> None:
    """Who moved between segments since the scores published before."""
    moved = published.report("migration.json")
    if "why" in moved:
        st.markdown(f"Nothing to compare yet: {moved['why']}.")
        return
    changed, then, now = moved["changed"], moved["from"], moved["to"]
    st.markdown(
        f"**{changed['changed']:,} of {changed['customers']:,} customers** are in another segment"
        f" than as of {then['as_of']} (model version {then['model_version']}, now"
        f" {now['model_version']})."
    )
    shown = ((why.capitalize(), f"{changed[why]:,}", "customers moved") for why in MOVED)
    look.figures(*shown)
    matrix = pd.DataFrame(moved["matrix"]).T.fillna(0).astype(int)
    with st.expander("From each segment (rows) to each (columns), customers"):
        st.table(matrix, border="horizontal", alt="customers by segment before and now")


def _basis(scores: pd.DataFrame, are: str) -> None:
    """Data and model, in one line each; what is expected in the tense of `are`."""
    metrics = published.champion()["metrics"]
    gini = metrics["holdout"]["gini"]
    quality = "nobody is ranked" if gini is None else f"its Gini is {gini:.3f}"
    first = scores.iloc[0]
    when = datetime.fromtimestamp(SCORED.stat().st_mtime, UTC)
    st.markdown(
        f"- **Data**: {metrics['source']}, {_data(first['data_version'])}\n"
        f"- **Model**: version {first['model_version']}; out of time {quality}"
        f"{_against(metrics['gain'])} (see Health)\n"
        f"- **Scored**: {when:%Y-%m-%d %H:%M} UTC"
    )
    silent = scores.loc[scores["style"] == UNKNOWN, "expected_spend"]
    if len(silent):
        st.markdown(
            f"- **Without history**: {len(silent):,} customers who had not bought yet. They {are}"
            " expected to begin as often as others like them did of late, and to spend"
            f" what those did who began: {look.money(silent.sum())} in all."
        )


def _against(gain: dict[str, Any]) -> str:
    """How far the Gini is from that of the better baseline; empty where nobody is ranked."""
    if not gain:
        return ""
    where = "below" if gain["gini"] < 0 else "above"
    return f", {abs(gain['gini']):.3f} {where} that of the better baseline"


def _data(version: str) -> str:
    """The data version of the scores, and what it holds while data/raw still is that version."""
    changed, short = published.has_changed(version), f"version {version[:8]}"
    if changed is None:
        return short
    if changed:
        return f"{short}; data/raw has changed since and is not scored yet"
    if not MANIFEST.exists():
        return f"{short}; data/raw is not whole: an extraction was interrupted"
    manifest = published.read(MANIFEST)
    months = sorted({p["month"] for p in manifest["partitions"]})
    return f"{manifest['rows']:,} transactions, {months[0]} to {months[-1]}; {short}"
