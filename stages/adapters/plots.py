"""Pictures of a result, as SVG: for MLflow and for people without DVC."""

from io import BytesIO

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure

from stages.domain.baselines import LABELS

# Names of shapes would be random and the time of drawing differs: neither belongs in the bytes.
mpl.rcParams["svg.hashsalt"] = "result"
LINES = (("-", "#1f4e79"), ("--", "#c7702e"), (":", "#2e7d32"))


def result(calibration: pd.DataFrame, gain: pd.DataFrame) -> bytes:
    """Calibration by decile (domain/calibration.py) beside cumulative gain (domain/ranking.py)."""
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.bar(calibration["decile"], calibration["actual"], color="#c9d6df", label="actual")
    left.plot(calibration["decile"], calibration["predicted"], "o-", color="#1f4e79", label="model")
    left.set(
        title="Calibration, out of time",
        xlabel="tenth of customers, lowest predicted first",
        ylabel="mean spend over the horizon",
        xticks=calibration["decile"],
    )
    for (name, label), (style, color) in zip(LABELS.items(), LINES, strict=True):
        right.plot(gain["customers"], gain[name], style, color=color, label=label)
    right.plot([0, 1], [0, 1], color="#999999", linewidth=0.8, label="random")
    right.set(
        title="Cumulative gain",
        xlabel="share of customers, best predicted first",
        ylabel="share of all spend",
    )
    for axes in (left, right):
        axes.legend(frameon=False)
        axes.spines[["top", "right"]].set_visible(False)
    content = BytesIO()
    figure.savefig(content, format="svg", metadata={"Date": None})
    return content.getvalue()
