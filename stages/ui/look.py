"""The one look of all pages: figures in words, charts with a text beside them, what to do."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

import altair as alt
import pandas as pd
import streamlit as st

from stages.domain.campaign import EXPORTED
from stages.domain.errors import UserError
from stages.ui import published

Drawn = alt.Chart | alt.LayerChart | alt.FacetChart
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # how a spreadsheet's formulas begin
INK, ACCENT, DARK = "#1f4e79", "#c7702e", "#0b1622"
MUTED = "#7696ae"  # 3:1 to white, as lines and shapes need
# A bar's fill is so light that ink and accent are seen on it; on white its line is.
BAR: dict[str, Any] = {"color": "#e3ebf1", "stroke": INK, "strokeWidth": 1}
NAMES = {name: name.replace("_", " ").capitalize() for name in EXPORTED} | {
    "customer_id": "Customer",
    "low": "80 % interval from",
    "high": "to",
}
PLAIN = {  # families of reasons and figures of segments, where everyday words are plainer
    "ticket": "spend a visit",
    "ticket_mean": "spend a visit",
    "recency": "time since buying",
    "recency_in_gaps": "time since buying, against their habit",
}
FORMATS = {"expected_spend": "%,.0f", "low": "%,.0f", "high": "%,.0f", "percentile": "%.1f"}
WORDS = """
- **Expected spend**: what a customer is expected to spend in the time that the page names.
- **80 % interval**: of ten customers like this one, about eight spend an amount inside it; it may
  begin at 0. Where most spend nothing, it may end at 0, too: the figure is then the mean of many
  who spend nothing and few who do.
- **Percentile**: the share of customers who are expected to spend less; customers alike stand in
  the middle of their block.
- **Tier**: Top, Middle or Base by expected spend. A customer leaves the tier that was published
  last only clearly past its cut, so that few move by chance.
- **Momentum**: *fading* is away for longer than their own habit, or spends clearly less than in the
  period before; *growing* spends clearly more; *steady* is neither. Who comes seldom is told by
  absence alone.
- **Segment**: tier and momentum, "Top · steady". **Style**: how they buy, however much they spend.
- **Confidence**: low where the history is too short or there are too few customers to be sure.
"""


def money(amount: float) -> str:
    """An amount in the source's currency: 1.18 M, 534,295, 12.50, 0."""
    if abs(amount) >= 1e6:
        return f"{amount / 1e6:,.2f} M"
    return f"{amount:,.0f}" if abs(amount) >= 100 or amount == 0 else f"{amount:,.2f}"


def between(low: float | None, high: float | None) -> str:
    """An 80 % interval of money."""
    if low is None or high is None:
        return "interval not known"
    return f"80 % interval {money(low)} – {money(high)}"


def day(value: date) -> str:
    """2 January 2018."""
    return f"{value.day} {value:%B %Y}"


def window(scores: pd.DataFrame, horizon: int) -> str:
    """The time that scores speak of."""
    return f"the {horizon} days from {day(scores['as_of'].iloc[0])}"


def end(scores: pd.DataFrame, horizon: int) -> date:
    """The first day after that time."""
    return scores["as_of"].iloc[0] + timedelta(days=horizon)


def days_left(scores: pd.DataFrame, horizon: int) -> int:
    """How many days of that time are to come; 0 or less when it is over.

    All, before it begins: monthly statements are scored up to half a month ahead.
    """
    return min((end(scores, horizon) - datetime.now(UTC).date()).days, horizon)


def percentile(value: float) -> float:
    """Down to a tenth, at most 99.9: nobody is expected to spend more than all customers."""
    return min(int(10 * value), 999) / 10


def over(scores: pd.DataFrame, horizon: int) -> bool:
    """Whether that time is over; the page then says so, and what to do."""
    if days_left(scores, horizon) > 0:
        return False
    st.warning(
        f"The forecast of {window(scores, horizon)} is over: have the customers scored again before"
        " you use it.",
        icon=":material/warning:",
    )
    return True


def plain(name: str) -> str:
    """A family or figure in everyday words, with a capital letter."""
    return PLAIN.get(name, name.replace("_", " ")).capitalize()


def sentence(reason: str) -> str:
    """A reason of the endpoint, its family in everyday words."""
    family, verb, rest = reason.partition(" raises" if " raises" in reason else " lowers")
    both = "Time since the first or last purchase"  # which of the two, the figure says
    return f"{both if family == 'recency' else plain(family)}{verb}{rest}"


def literal(text: str) -> str:
    """Text that Markdown leaves as it is: names come from data."""
    return "".join(f"\\{c}" if c in r"\`*_{}[]()#+-.!|<>~:$" else c for c in text)


def csv(table: pd.DataFrame) -> str:
    """The table to take away; a spreadsheet must not take a name from the data for a formula."""

    def harmless(cell: object) -> object:
        return f"'{cell}" if isinstance(cell, str) and cell[:1] in FORMULA else cell

    return table.map(harmless).to_csv(index=False)


def download(table: pd.DataFrame, what: str, file: str, scores: pd.DataFrame, horizon: int) -> None:
    """A button for some customers of `scores` as a CSV, each row with what it is made from."""
    first = scores.iloc[0]
    stamp = {"model_version": first["model_version"], "as_of": first["as_of"]}

    def written() -> bytes:
        whole = table.assign(percentile=table["percentile"].map(percentile), **stamp)
        cents = dict.fromkeys(("expected_spend", "low", "high"), 2)
        # A spreadsheet reads signs such as · and é only after a mark of its own.
        return csv(whole.assign(horizon_days=horizon).round(cents)).encode("utf-8-sig")

    st.download_button(
        f"Download the {len(table):,} {what} (CSV)",
        written,
        file_name=f"{file}-{first['as_of']}.csv",
        mime="text/csv",
        on_click="ignore",
        type="primary",
    )


def figures(*shown: tuple[str, str, str]) -> None:
    """Cards of (what, figure, what belongs to it), in a row that wraps on a phone."""
    with st.container(horizontal=True):
        for what, figure, more in shown:
            st.metric(what, figure, more, delta_color="off", delta_arrow="off", border=True)


def chart(drawn: Drawn, says: str, table: pd.DataFrame) -> None:
    """A chart; what it says, for those who do not see it too; and its figures as a table."""
    st.altair_chart(drawn, width="stretch", alt=says)
    st.caption(literal(says))
    with st.expander("The figures"):
        table = table.map(lambda cell: literal(cell) if isinstance(cell, str) else cell)
        st.table(table, border="horizontal", hide_index=True, alt=f"figures of: {says}")


def rows(table: pd.DataFrame, says: str, height: int | Literal["auto"] = "auto") -> None:
    """Many rows under the names that all pages use."""
    if "percentile" in table:
        table = table.assign(percentile=table["percentile"].map(percentile))
    columns = {
        name: st.column_config.NumberColumn(label, format=FORMATS[name])
        if name in FORMATS
        else st.column_config.Column(label)
        for name, label in NAMES.items()
        if name in table
    }
    st.dataframe(table, column_config=columns, hide_index=True, alt=says, height=height)


def to_do(error: UserError) -> None:
    """Something lacks: what, and what to do."""
    st.info(str(error), icon=":material/info:")


def footer() -> None:
    """What the words mean, and what the figures rest on."""
    scores, horizon = published.scores(), published.champion()["horizon"]
    first = scores.iloc[0]
    st.divider()
    with st.expander("What the words mean"):
        st.markdown(WORDS)
    st.caption(
        f"Expected spend of {window(scores, horizon)}, in the currency of the source · model"
        f" version {first['model_version']} · data {first['data_version'][:8]}"
    )


def attribute(table: pd.DataFrame) -> str:
    """The one chosen among the table's column `attribute`."""
    return st.pills(
        "Attribute",
        list(dict.fromkeys(table["attribute"])),
        format_func=lambda name: name.replace("_", " ").capitalize(),
        default=table["attribute"].iloc[0],
        required=True,
    )


def intervals(table: pd.DataFrame, label: str, even: float, axis: alt.Axis) -> Drawn:
    """`value` with `low` to `high` of each `label`, a dashed line where all is `even`."""
    scale = alt.Scale(zero=False)
    base = alt.Chart(table).encode(
        y=alt.Y(f"{label}:N", sort=None, title=None, axis=alt.Axis(labelLimit=240))
    )
    spread = base.mark_rule(color=INK, strokeWidth=2).encode(
        x=alt.X("low:Q", axis=axis, scale=scale), x2="high:Q"
    )
    dots = base.mark_circle(color=INK, size=90, opacity=1).encode(
        x=alt.X("value:Q", axis=axis, scale=scale)
    )
    line = (
        alt.Chart().mark_rule(color=ACCENT, strokeDash=[4, 3], aria=False).encode(x=alt.datum(even))
    )
    return alt.layer(line, spread, dots, data=table).properties(height=45 + 34 * len(table))
