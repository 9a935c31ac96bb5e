"""Segments: who they are by the four kinds of data, and what to do with them."""

import re
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from stages.domain.audit import FEWEST
from stages.domain.campaign import EXPORTED
from stages.domain.catalogue import BEHAVIOUR, MIND, feature
from stages.domain.momentum import EVERYBODY
from stages.domain.profiles import FIGURES
from stages.domain.totals import Totals
from stages.ui import look, published

SIGNED = "-1 to 1"  # the unit of figures that have no meaning as a ratio
TOPICS = {
    "pricing": "Pricing",
    "campaigns": "Campaigns",
    "distribution": "Distribution",
    "products": "Product priorities",
}
PLACES = {"region": "Region", "merchant": "Place", "channel": "Channel", "category": "Category"}
MOST = 12  # names of places or categories


def show() -> None:
    """The page."""
    scores, report, model = (
        published.scores(),
        published.report("segments.json"),
        published.champion(),
    )
    there = set(scores["segment"])
    names = [row["segment"] for row in report["segments"] if row["segment"] in there]
    if not names:
        st.info(f"No segment has {FEWEST} customers or more: there is nothing to say of them.")
        return
    name = st.selectbox("Segment", names, width=320)
    _too_small(scores["segment"], names)
    members = scores[scores["segment"] == name]
    look.over(scores, model["horizon"])
    _headline(name, members, scores, model)
    st.header("Playbook")
    _playbook(report["playbook"].get(name, {}))
    st.header("Profile")
    habits = pd.DataFrame(report["habits"], columns=FIGURES)
    tabs = st.tabs(["Behaviour", "Psychographic", "Demographic", "Geographic", "Products"])
    with tabs[0]:
        _habits(habits[habits["kind"] == BEHAVIOUR], name, model["horizon"])
    with tabs[1]:
        _habits(habits[habits["kind"] == MIND], name, model["horizon"])
    with tabs[2]:
        _groups(report["groups"], name)
    with tabs[3]:
        _mix(report["places"], [p for p in PLACES if p != "category"], name)
    with tabs[4]:
        _mix(report["places"], ["category"], name)


def _too_small(segment: pd.Series, names: list[str]) -> None:
    """Which segments the menu lacks, and why."""
    sizes = segment[~segment.isin(names)].value_counts()
    if len(sizes):
        few = ", ".join(f"{name} ({size})" for name, size in sizes.items())
        st.caption(
            f"Not in the menu: {few}. Fewer than {FEWEST} customers are too few to describe."
        )


def _headline(
    name: str, members: pd.DataFrame, scores: pd.DataFrame, model: dict[str, Any]
) -> None:
    whole = Totals(**model["totals"]).of(members)
    look.figures(
        ("Customers", f"{len(members):,}", f"{len(members) / len(scores):.1%} of all"),
        ("Expected spend in all", look.money(whole.expected), look.between(whole.low, whole.high)),
        ("Expected of each", look.money(whole.expected / len(members)), "on average"),
    )
    file = f"members-{name.lower().replace(' · ', '-')}"
    exported = members[[name for name in EXPORTED if name in members]]
    look.download(exported, "members", file, scores, model["horizon"])


def _playbook(book: dict[str, list[str]]) -> None:
    """What the figures mean for each topic; a topic without evidence says so."""
    for column, (topic, title) in zip(st.columns(len(TOPICS)), TOPICS.items(), strict=True):
        with column.container(border=True, height="stretch"):
            st.markdown(f"**{title}**")
            items = [f"- {look.literal(sentence)}" for sentence in book.get(topic, [])]
            st.markdown("\n".join(items) or ":gray[Nothing stands out.]")


def _habits(habits: pd.DataFrame, name: str, horizon: int) -> None:
    """Each habit's mean beside that of all customers, with its 95 % interval."""
    own = habits[habits["segment"] == name].set_index("figure")
    everybody = habits[habits["segment"] == EVERYBODY].set_index("figure")["value"]
    table = own.join(everybody.rename("all"))
    table = table[(table["value"] != 0) | (table["all"] != 0)]  # what the source does not know
    table = table.assign(habit=table.index.map(_meaning))
    ratio = table[(table["all"] > 0) & (table["unit"] != SIGNED)]
    if ratio.empty:
        st.markdown("Nothing is known of these habits.")
        return
    relative = ratio[["value", "low", "high"]].div(ratio["all"], axis=0) - 1
    drawn = relative.assign(habit=ratio["habit"])
    axis = alt.Axis(format="+.0%", title="against all customers", tickCount=7)
    far = relative["value"].abs().idxmax()
    look.chart(
        look.intervals(drawn, "habit", 0, axis),
        f"{name} against all customers (dashed), mean with 95 % interval. Farthest apart:"
        f" {_meaning(far)}, {relative.loc[far, 'value']:+.0%}.",
        pd.DataFrame(
            {
                "habit": table["habit"],
                name: _written(table, "value", horizon),
                "95 % interval": list(
                    map("{} – {}".format, _written(table, "low"), _written(table, "high"))
                ),
                "all customers": _written(table, "all", horizon),
                "customers": [f"{n:,}" for n in table["n"]],
            }
        ),
    )


def _written(table: pd.DataFrame, column: str, horizon: int | None = None) -> list[str]:
    return [figure(v, u, horizon) for v, u in zip(table[column], table["unit"], strict=True)]


def _meaning(habit: str) -> str:
    """The name of a habit for people."""
    name, unit = look.plain(habit), feature(habit).unit
    return f"{name} ({unit})" if unit == SIGNED else name


def figure(value: float, unit: str, horizon: int | None = None) -> str:
    """A figure and, where `horizon` is given, its unit in words."""
    if unit == "share":
        return f"{value:.1%}"
    number = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    if horizon is None or unit == SIGNED:  # the habit's name says it
        return number
    words = unit.replace("/horizon", f" in {horizon} days").replace("money", "").strip()
    return f"{number} {words}".strip()


def _groups(groups: list[dict[str, Any]], name: str) -> None:
    """Shares of demographic groups among those known; they never enter the score."""
    table = pd.DataFrame(groups)
    if table.empty:
        st.markdown("The source knows no demographic attribute of its customers.")
        return
    table = table[table["attribute"] == look.attribute(table)]
    _beside(
        table[table["segment"] == name],
        table[table["segment"] == EVERYBODY],
        "group",
        name,
        "share of customers with a known group, 95 % interval. Demographic data describe; they"
        " never enter a score",
    )


def _beside(own: pd.DataFrame, everybody: pd.DataFrame, label: str, name: str, what: str) -> None:
    """Shares of a segment as bars, those of all customers as ticks."""
    if own.empty:
        st.markdown(f"Nothing here is known of {FEWEST} customers or more of this segment.")
        return
    order = list(own[label]) if label == "name" else sorted(own[label], key=_natural)
    table = own.merge(everybody[[label, "value"]], on=label, suffixes=("", "_all"), how="left")
    base = alt.Chart(table).encode(
        y=alt.Y(f"{label}:N", sort=order, title=None, axis=alt.Axis(labelLimit=160))
    )
    axis = alt.Axis(format="%", title="share", tickCount=7)
    bars = base.mark_bar(height=16, **look.BAR).encode(x=alt.X("value:Q", axis=axis))
    ticks = base.mark_tick(color=look.ACCENT, thickness=3, size=22).encode(
        x=alt.X("value_all:Q", axis=axis)
    )
    layers = [bars, ticks]
    if "low" in table:
        spread = base.mark_rule(color=look.INK, strokeWidth=2)
        layers.insert(1, spread.encode(x=alt.X("low:Q", axis=axis), x2="high:Q"))
    first = table.loc[table["value"].idxmax()]
    shown = table.set_index(label).reindex(order).reset_index()
    look.chart(
        alt.layer(*layers).properties(height=40 + 30 * len(table)),
        f"{name} (bars) and all customers (ticks): {what}. Largest: {first[label]}"
        f" {first['value']:.1%}, all {first['value_all']:.1%}.",
        pd.DataFrame(
            {
                label: shown[label],
                name: shown["value"].map("{:.1%}".format),
                "all customers": shown["value_all"].map("{:.1%}".format),
                "customers": shown["n"].map("{:,}".format),
            }
        ),
    )


def _natural(group: str) -> tuple[bool, int, str]:
    """Bands in the order of their numbers: Under 15K, 15-24K, 100-124K."""
    number = re.search(r"\d+", str(group))
    below = str(group).lower().startswith(("under", "<"))
    return (number is None, int(number.group()) - below if number else 0, str(group))


def _mix(places: dict[str, list[dict[str, Any]]], asked: list[str], name: str) -> None:
    """Shares of the segment's spend of the last year, the largest first."""
    known = [p for p in asked if p in places]
    if not known:
        st.markdown("The source has no such data of its transactions.")
        return
    place = known[0]
    if len(known) > 1:
        place = st.pills(
            "By", known, format_func=PLACES.__getitem__, default=known[0], required=True
        )
    table = pd.DataFrame(places[place]).assign(name=lambda t: t["name"].astype(str))
    own = table[table["segment"] == name].nlargest(MOST, "value")
    everybody = table[table["segment"] == EVERYBODY]
    largest = f"the {len(own)} largest shares of the last year's spend with a known one"
    what = f"{PLACES[place].lower()}, {largest}"
    _beside(own, everybody, "name", name, what)
