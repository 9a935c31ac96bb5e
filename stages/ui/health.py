"""Health: whether model, scores and endpoint agree, how good the model is, and its runs."""

from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st

from stages.adapters.endpoint import problem
from stages.adapters.paths import REPORTS
from stages.domain.errors import UserError
from stages.domain.pasted import example
from stages.ui import endpoint, look, published, quality

CALLS = 20


def show() -> None:
    """The page; what MLflow knows comes last, as it is slow to start."""
    st.header("Versions")
    versions, served = st.empty(), _served()
    with versions.container():
        _versions(served, {})
    st.header("Out of time")
    quality.holdout()
    left, right = st.columns(2, gap="large")
    with left:
        st.header("Calibration")
        quality.calibration()
    with right:
        st.header("Coverage")
        quality.coverage()
    st.header("Fairness")
    quality.fairness()
    st.header("Drift")
    _drift()
    st.header("Latency")
    _latency()
    st.header("Runs")
    aliases = _runs()
    with versions.container():
        _versions(served, aliases)


def _versions(answer: tuple[str | None, str], aliases: dict[str, str]) -> None:
    """The champion, what is published and what is served; and what to do where they differ."""
    published_version = published.version()
    served, told = answer
    champion, challenger = aliases.get("champion"), aliases.get("challenger")
    look.figures(
        ("Champion", champion or "–", "alias in the registry"),
        ("Challenger", challenger or "–", "of the result tracked last"),
        ("Published scores", published_version, "of this version"),
        ("Endpoint", served or "–", told),
    )
    if champion and champion != published_version:
        st.warning("The published scores are not the champion's: publish anew with `make score`.")
    if served and (why := problem()):
        st.warning(f"The endpoint {why}. See its log.")
    elif champion and served and champion != served:
        st.warning(
            f"The endpoint serves version {served}, not the champion yet: restart it, or have it"
            " look with `make reload`."
        )


def _served() -> tuple[str | None, str]:
    """The version that the endpoint answers with, and what to say beside it."""
    records = example(published.scores()["as_of"].iloc[0]).to_dict("records")
    try:
        answer = endpoint.ask(records)
    except endpoint.NoEndpointError:
        return None, "not running: make serve"
    except UserError:
        return None, "refuses: try it on Test the model"
    return str(answer.rows["model_version"].iloc[0]), f"answers in {answer.milliseconds:,.0f} ms"


def _drift() -> None:
    """What `make drift` found, and the pages of Evidently, to open beside this one."""
    if (REPORTS / "drift.json").exists():
        report = published.report("drift.json")
        fired = [look.literal(f["sentence"]) for f in report["findings"] if f["fires"]]
        nearest = f"no drift; nearest to it: {look.literal(report['findings'][0]['sentence'])}"
        st.markdown(
            f"Customers as of {report['current']} beside those as of {report['reference']}, for"
            f" whom version {report['champion']} was made: {'; '.join(fired) or nearest}."
        )
        _download(REPORTS / "drift.html", "Download the drift report")
        if report["champion"] != published.version():
            st.markdown("The published scores are of another version: `make drift` compares anew.")
    else:
        st.markdown("The newest data are not compared with the champion's yet: `make drift`.")
    _download(REPORTS / "evidently.html", "Download the holdout report")
    st.caption(
        "Evidently's pages compare features one by one, and open in any browser; that of the"
        " holdout sets it beside the newest training cutoff, which the model has learnt from."
    )


def _download(page: Path, label: str) -> None:
    if page.exists():
        st.download_button(label, page.read_bytes, page.name, "text/html", on_click="ignore")


@st.fragment
def _latency() -> None:
    """The endpoint's time for one customer, asked for now and in turn."""
    if not st.button(f"Ask the endpoint {CALLS} times"):
        st.caption("One customer a request, one request after another, from this machine.")
        return
    records = example(published.scores()["as_of"].iloc[0]).to_dict("records")
    one = [r for r in records if r["customer_id"] == records[0]["customer_id"]]
    try:
        times = np.array([endpoint.ask(one).milliseconds for _ in range(CALLS)])
    except UserError as error:
        look.to_do(error)
        return
    look.figures(
        ("Median", f"{np.median(times):,.1f} ms", f"{CALLS} requests"),
        ("Slowest", f"{times.max():,.1f} ms", "the same requests"),
    )


@st.cache_data(ttl=30, show_spinner="Asking MLflow …")
def _asked() -> tuple[pd.DataFrame, dict[str, str], str]:
    # MLflow takes seconds to import, and no other page needs it.
    from stages.adapters import aliases, registry, runs

    if not runs.exist():
        return pd.DataFrame(), {}, runs.pages()
    return runs.newest(), aliases.numbers(registry.connect()), runs.pages()


def _runs() -> dict[str, str]:
    """The newest runs, with links into MLflow; returns the version of each alias."""
    try:
        table, aliases, pages = _asked()
    except Exception:  # whatever the tracking server's client may raise
        st.info("MLflow does not answer: check MLFLOW_TRACKING_URI.")
        return {}
    if table.empty:
        st.info("MLflow has no run yet: track one with `make run`.")
        return {}
    names = {name: st.column_config.Column(name.capitalize()) for name in table}
    decimals = {
        name: st.column_config.NumberColumn(name.capitalize(), format="%.3f")
        for name in ("gini", "spearman", "bias", "coverage")
    }
    other = {
        "mae": st.column_config.NumberColumn("Mean absolute error", format="%,.0f"),
        "link": st.column_config.LinkColumn("In MLflow", display_text="open"),
    }
    st.dataframe(
        table,
        column_config=names | decimals | other,
        hide_index=True,
        alt="the newest runs, newest first",
    )
    st.markdown(f"Links open {pages}; `make mlflow` shows the runs of this checkout.")
    return aliases
