"""Cutoffs: where past ends and future begins, for training, holdout and scoring."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis.backends.sql import SQLBackend

from stages.domain.errors import UserError
from stages.domain.spec import Spec

MOST_CUTOFFS = 6
ENOUGH_CUTOFFS = 3  # below this the targets are made shorter, until there are so many
SHORTEST_TARGET = 7  # days
HALF_MONTH = 15  # days
MONTH = 30.4375  # days, on average
MOST_BESIDE = 10  # days that a horizon of statements may be from whole months
STRAY_GAP = 90  # days without a transaction, of anybody
STRAY_SHARE = 0.001  # of all rows: so few beyond such a gap have wrong dates, such as 1970-01-01


@dataclass(frozen=True)
class History:
    """The days on which transactions were booked, without those that have strayed."""

    first: date
    newest: date
    days: int  # different ones
    strays: int = 0  # transactions months before or after all others

    @classmethod
    def of(cls, days: Sequence[date], rows: Sequence[int]) -> "History":
        """The history with so many `rows` on each of the `days`, ascending."""
        booked = pd.Series(rows, pd.DatetimeIndex(days))
        stretch = (booked.index.diff() > pd.Timedelta(days=STRAY_GAP)).cumsum()
        sizes = booked.groupby(stretch).sum()
        until, since = sizes.cumsum(), sizes[::-1].cumsum()
        many = (until >= STRAY_SHARE * booked.sum()) & (since >= STRAY_SHARE * booked.sum())
        kept = booked[many[stretch].to_numpy()]
        strays = int(booked.sum() - kept.sum())
        return cls(kept.index[0].date(), kept.index[-1].date(), len(kept), strays)

    @property
    def monthly(self) -> bool:
        """Whether these are monthly statements: one day of booking a month."""
        months = (self.newest.year - self.first.year) * 12 + self.newest.month - self.first.month
        return 3 <= self.days <= months + 1

    @property
    def latest(self) -> date:
        """As of when all of it is known: the next day, or midway to the next statement."""
        return self.newest + timedelta(days=HALF_MONTH if self.monthly else 1)


@dataclass(frozen=True)
class Plan:
    """The cutoffs of one pipeline result; every training target ends by the cutoff it serves."""

    first: date  # where the history begins
    as_of: date
    cutoff: date  # of the holdout
    training: tuple[date, ...]  # for the model that the holdout judges
    refit: tuple[date, ...]  # for the model that scores as_of
    target_days: int  # of the training targets; shorter than the horizon in short histories
    monthly: bool  # statements: neither hour nor weekday of a booking means anything

    def spec(self, given: Spec) -> Spec:
        """`given` for these data: of statements, cut midway, half a month more has been seen."""
        return replace(given, lead=HALF_MONTH if self.monthly else 0)

    @property
    def all(self) -> tuple[date, ...]:
        """Every cutoff that needs features, ascending."""
        return tuple(sorted({self.as_of, self.cutoff, *self.trained}))

    @property
    def trained(self) -> tuple[date, ...]:
        """The cutoffs of training, ascending; that of the holdout has a whole horizon as target."""
        return tuple(sorted({*self.training, *self.refit} - {self.cutoff}))


def history(backend: SQLBackend, transactions: ir.Table) -> History:
    """The history of all transactions."""
    by_day = transactions.group_by(day=transactions.booked_at.date()).aggregate(rows=ibis._.count())
    seen = backend.to_pyarrow(by_day.order_by("day")).to_pydict()
    return History.of(seen["day"], seen["rows"])


def plan(
    history: History, horizon: int, as_of: date | None = None, cutoff: date | None = None
) -> Plan:
    """Lay out all cutoffs for a history of transactions.

    `as_of` defaults to the day after the newest transaction, `cutoff` to as_of − horizon.
    Monthly statements are cut midway between two of them, and only at whole months, so that every
    horizon holds the same number of statements. Where the history gives fewer than three cutoffs
    for the horizon, the training targets are the longest that it gives three for.
    Raises UserError where it gives none, where the dates contradict each other, where those of
    monthly statements are not midway between two, or where their horizon is not one or more
    months, give or take ten days.
    """
    months = months_of(horizon) if history.monthly else None
    half_month = timedelta(days=HALF_MONTH if months else 0)
    first = history.first - half_month
    as_of = as_of or history.latest
    if as_of > history.latest:
        raise UserError(
            f"as_of {as_of} lies after {history.latest}, where the data end: days without data "
            "would count as days without spend"
        )
    if horizon >= (as_of - first).days:
        raise _too_short(first, as_of, horizon, months)
    cutoff = cutoff or (_back(as_of, months) if months else as_of - timedelta(days=horizon))
    if (as_of + half_month - cutoff).days < horizon:  # February is a whole month, too
        raise UserError(
            f"cutoff {cutoff} + horizon {horizon} days ends after as_of {as_of}: "
            "choose an earlier cutoff or a shorter horizon"
        )
    training, target_days = _training(first, cutoff, horizon, months)
    if not training:
        raise _too_short(first, cutoff, horizon, months)
    if months:
        _check_midway("as_of", as_of, history.latest)
        _check_midway("cutoff", cutoff, history.latest)
    refit = training_cutoffs(first, as_of, target_days, history.monthly)
    return Plan(first, as_of, cutoff, training, refit, target_days, history.monthly)


def months_of(horizon: int) -> int:
    """How many statements a horizon of days holds; UserError where it is not whole months."""
    months = round(horizon / MONTH) or 1
    if abs(horizon - months * MONTH) <= MOST_BESIDE:
        return months
    near = sorted({round(max(months + more, 1) * MONTH) for more in (-1, 0, 1)})
    raise UserError(
        f"horizon {horizon} is not whole months, as between two statements: give"
        f" horizon={' or '.join(map(str, near))}"
    )


def _check_midway(name: str, day: date, latest: date) -> None:
    """UserError where a cut of monthly statements is not midway between two of them.

    Near a statement, a horizon a day or two beside whole months has one more or one less.
    """
    midway = _back(latest, round((latest - day).days / MONTH))
    if day != midway:
        raise UserError(f"{name} {day} is not midway between two statements: give {name}={midway}")


def _too_short(first: date, end: date, horizon: int, months: int | None) -> UserError:
    least = round(MONTH) if months else SHORTEST_TARGET
    shorter = f"choose a shorter horizon, for example horizon={least}, or "
    return UserError(
        f"the history from {first} to {end} is too short to learn from: "
        f"{shorter if horizon > least else ''}load older transactions"
    )


def _training(
    first: date, cutoff: date, horizon: int, months: int | None
) -> tuple[tuple[date, ...], int]:
    """Cutoffs, and the days of their targets: the longest that give three, else the most.

    Targets of monthly statements are whole ones of the horizon's `months`.
    """
    best: tuple[date, ...] = ()
    target_days = horizon
    shorter: Sequence[int] = range(horizon, min(SHORTEST_TARGET, horizon) - 1, -1)
    if months:
        shorter = [round(horizon * some / months) for some in range(months, 0, -1)]
    for days in shorter if cutoff > first else ():
        training = training_cutoffs(first, cutoff, days, bool(months))
        if len(training) > len(best):
            best, target_days = training, days
        if len(best) >= ENOUGH_CUTOFFS:
            break
    return best, target_days


def training_cutoffs(first: date, end: date, days: int, monthly: bool = False) -> tuple[date, ...]:
    """Cutoffs whose targets of so many `days` end by `end`, newest first, at most six.

    `first` is where the history begins. Steps are a fifth of what the history allows, never closer
    than a third of the target (crowded cutoffs repeat each other) and never wider than it; with
    monthly statements, whole months.
    """
    months = round(days / MONTH) or 1
    shortest_history = max(30, min(30 * months if monthly else days, 90))
    spare = (end - first).days - days - shortest_history
    step = int(min(max(spare / 5, days / 3, 7), days))
    every = round(step / MONTH) or 1
    cutoffs = (
        _back(end, months + every * i) if monthly else end - timedelta(days=days + step * i)
        for i in range(MOST_CUTOFFS)
    )
    return tuple(c for c in cutoffs if (c - first).days >= shortest_history)


def _back(day: date, months: int) -> date:
    """The same day so many months earlier, or the month's last."""
    return (pd.Timestamp(day) - pd.DateOffset(months=months)).date()
