"""What pages with groups share: which attribute is shown, and means beside the line of all."""

import altair as alt
import pandas as pd
import streamlit as st

from stages.ui import look


def attribute(table: pd.DataFrame) -> str:
    """The one chosen among the table's column `attribute`."""
    return st.pills(
        "Attribute",
        list(dict.fromkeys(table["attribute"])),
        format_func=lambda name: name.replace("_", " ").capitalize(),
        default=table["attribute"].iloc[0],
        required=True,
    )


def intervals(table: pd.DataFrame, label: str, even: float, axis: alt.Axis) -> look.Drawn:
    """`value` with `low` to `high` of each `label`, a dashed line where all is `even`."""
    scale = alt.Scale(zero=False)
    base = alt.Chart(table).encode(
        y=alt.Y(f"{label}:N", sort=None, title=None, axis=alt.Axis(labelLimit=240))
    )
    spread = base.mark_rule(color=look.INK, strokeWidth=2).encode(
        x=alt.X("low:Q", axis=axis, scale=scale), x2="high:Q"
    )
    dots = base.mark_circle(color=look.INK, size=90, opacity=1).encode(
        x=alt.X("value:Q", axis=axis, scale=scale)
    )
    line = (
        alt.Chart()
        .mark_rule(color=look.ACCENT, strokeDash=[4, 3], aria=False)
        .encode(x=alt.datum(even))
    )
    return alt.layer(line, spread, dots, data=table).properties(height=45 + 34 * len(table))
