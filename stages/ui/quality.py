"""How good and how fair the newest result is on its holdout; a part of the page Health."""

import altair as alt
import pandas as pd
import streamlit as st

from stages.domain.baselines import LABELS
from stages.domain.errors import UserError
from stages.ui import look, published

FIGURES = {
    "Gini": ("gini", ".3f"),
    "Spearman": ("spearman", ".3f"),
    "Mean absolute error": ("mae", ",.0f"),
    "Bias": ("bias", ".2f"),
    "Coverage": ("coverage", ".1%"),
}


def holdout() -> None:
    """The figures of the newest result beside the baselines, and the gate's checks."""
    report = published.report("metrics.json")
    forecasts = {"model": report["holdout"], **report["baselines"]}
    table = pd.DataFrame(
        {"Figure": FIGURES.keys()}
        | {
            LABELS[name]: [
                "–" if figures[column] is None else format(figures[column], how)
                for column, how in FIGURES.values()
            ]
            for name, figures in forecasts.items()
        }
    )
    if report != published.champion()["metrics"]:
        st.warning(
            "Out of time, Calibration, Coverage and Fairness are of the newest result, whose model"
            f" is not the one of the published scores (version {published.version()}).",
            icon=":material/warning:",
        )
    st.markdown(
        f"Holdout of {report['horizon']} days from {report['cutoff']},"
        f" {report['customers']:,} customers whose future the model had not seen."
    )
    st.table(table, border="horizontal", hide_index=True, alt="figures on the holdout")
    st.caption(
        "Gini and Spearman: 1 is the true order of customers. Bias: expected over actual total."
        " Coverage: customers inside their 80 % interval."
    )
    try:
        gate = published.report("gate.json")
    except UserError:
        st.caption("No gate has judged a result yet: `make promote`.")
        return
    if gate.get("content") != published.report("tracked.json")["content"]:
        st.caption("The last gate judged another result: `make gate`.")
        return
    st.markdown(
        f"**Version {gate['version']} {'passed' if gate['passed'] else 'failed'} the gate**"
    )
    for check in gate["checks"]:
        icon = ":green[:material/check_circle:]" if check["passed"] else ":red[:material/cancel:]"
        said = "" if check["passed"] else " (failed)"
        st.markdown(f"{icon} {check['check'][:1].upper()}{check['check'][1:]}{said}")


def _by_tenth(table: pd.DataFrame) -> alt.Chart:
    return alt.Chart(table).encode(
        x=alt.X("decile:O", title="tenth of customers", axis=alt.Axis(labelAngle=0))
    )


def calibration() -> None:
    """Expected beside actual spend by tenth of customers."""
    table = published.report("calibration.csv")
    base = _by_tenth(table)
    axis = alt.Axis(title="mean spend over the horizon", format=",.0f")
    actual = base.mark_bar(**look.BAR).encode(y=alt.Y("actual:Q", axis=axis))
    line = base.mark_line(color=look.INK, point={"color": look.INK, "size": 50})
    line = line.encode(y=alt.Y("predicted:Q", axis=axis))
    off = (table["predicted"] / table["actual"].where(table["actual"] > 0) - 1).abs()
    look.chart(
        (actual + line).properties(height=260),
        f"Actual spend (bars) and expected spend (line), lowest expected first. Farthest"
        f" apart: tenth {table.loc[off.idxmax(), 'decile']:.0f}, {off.max():.0%}."
        if off.notna().any()
        else "Nobody spent in the holdout.",
        table[["decile", "actual", "predicted", "customers"]].round(0).astype(int),
    )


def coverage() -> None:
    """How many customers lie inside their 80 % interval, by tenth."""
    table = published.report("calibration.csv")
    base = _by_tenth(table)
    axis = alt.Axis(title="customers inside", format=".0%")
    scale = alt.Scale(domain=[0.4, 1], zero=False, clamp=True)
    dots = base.mark_circle(color=look.INK, size=90, opacity=1).encode(
        y=alt.Y("coverage:Q", axis=axis, scale=scale)
    )
    aim = alt.Chart().mark_rule(color=look.ACCENT, strokeDash=[4, 3], aria=False)
    aim = aim.encode(y=alt.datum(0.8, scale=scale))
    look.chart(
        alt.layer(aim, dots, data=table).properties(height=260),
        f"Share of customers inside their 80 % interval, by tenth: {table['coverage'].min():.0%} to"
        f" {table['coverage'].max():.0%}; the aim is 80 % (dashed).",
        pd.DataFrame(
            {
                "decile": table["decile"],
                "inside": table["coverage"].map("{:.1%}".format),
                "spent nothing": table["zeros"].map("{:.1%}".format),
            }
        ),
    )


def fairness() -> None:
    """Whether expected and actual spend agree in each protected group."""
    table = published.report("fairness.csv")
    if table.empty:
        st.markdown("The source knows no protected attribute: there is nothing to compare.")
        return
    own = table[table["attribute"] == look.attribute(table)].astype({"group": str})
    if own["bias"].isna().all():
        st.markdown("Nobody spent in the holdout: there is no bias to compare.")
        return
    far = own.loc[(own["bias"] - 1).abs().idxmax()]
    axis = alt.Axis(title="bias: expected over actual spend", format=".2f", tickCount=7)
    drawn = own.rename(columns={"bias": "value", "bias_low": "low", "bias_high": "high"})
    look.chart(
        look.intervals(drawn, "group", 1, axis),
        "Bias by group with its 95 % interval; 1 (dashed) is none. Farthest from it:"
        f" {far['group']}, {far['bias']:.2f} ({far['customers']:,} customers)."
        " No group enters a score.",
        pd.DataFrame(
            {
                "group": own["group"],
                "customers": own["customers"].map("{:,}".format),
                "bias": _ratios(own["bias"]),
                "error over spend": _ratios(own["mae_ratio"]),
                "coverage": own["coverage"].map("{:.0%}".format),
                "in Top": own["Top"].map("{:.0%}".format),
            }
        ),
    )


def _ratios(values: pd.Series) -> pd.Series:
    """As text; a group that spent nothing has none."""
    return values.map("{:.2f}".format, na_action="ignore").fillna("–")
