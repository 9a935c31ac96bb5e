"""Cutoffs: where past ends and future begins, for training, holdout and scoring."""

from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from stages.domain.errors import UserError

MOST_CUTOFFS = 6


@dataclass(frozen=True)
class Plan:
    """The cutoffs of one pipeline result; every training target ends by the cutoff it serves."""

    first: date  # day of the oldest transaction
    as_of: date
    cutoff: date  # of the holdout
    training: tuple[date, ...]  # for the model that the holdout judges
    refit: tuple[date, ...]  # for the model that scores as_of

    @property
    def all(self) -> tuple[date, ...]:
        """Every cutoff that needs features, ascending."""
        return tuple(sorted({self.as_of, *self.complete}))

    @property
    def complete(self) -> tuple[date, ...]:
        """The cutoffs whose whole horizon lies in the data, ascending: they have targets."""
        return tuple(sorted({self.cutoff, *self.training, *self.refit}))

    def to_json(self) -> dict[str, Any]:
        """Dates as ISO text."""
        return {
            name: value.isoformat() if isinstance(value, date) else [d.isoformat() for d in value]
            for name, value in asdict(self).items()
        }

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "Plan":
        """The inverse of `to_json`."""
        day = date.fromisoformat
        return cls(
            first=day(content["first"]),
            as_of=day(content["as_of"]),
            cutoff=day(content["cutoff"]),
            training=tuple(map(day, content["training"])),
            refit=tuple(map(day, content["refit"])),
        )


def training_cutoffs(first: date, end: date, horizon: int) -> tuple[date, ...]:
    """Cutoffs whose targets end by `end`, newest first, at most six.

    `first` is the day of the oldest transaction. Steps are a fifth of what the history allows,
    never closer than a third of the horizon (crowded cutoffs repeat each other) and never wider
    than the horizon.
    """
    shortest_history = max(30, min(horizon, 90))
    spare = (end - first).days - horizon - shortest_history
    step = int(min(max(spare / 5, horizon / 3, 7), horizon))
    newest = end - timedelta(days=horizon)
    candidates = (newest - timedelta(days=step * i) for i in range(MOST_CUTOFFS))
    return tuple(c for c in candidates if (c - first).days >= shortest_history)


def plan(
    first: date, newest: date, horizon: int, as_of: date | None = None, cutoff: date | None = None
) -> Plan:
    """Lay out all cutoffs for transactions booked from `first` to `newest`.

    `as_of` defaults to the day after the newest transaction, `cutoff` to as_of − horizon.
    Raises UserError where the history is too short or the dates contradict each other.
    """
    as_of = as_of or newest + timedelta(days=1)
    cutoff = cutoff or as_of - timedelta(days=horizon)
    if cutoff + timedelta(days=horizon) > as_of:
        raise UserError(
            f"cutoff {cutoff} + horizon {horizon} days ends after as_of {as_of}: "
            "choose an earlier cutoff or a shorter horizon"
        )
    training = training_cutoffs(first, cutoff, horizon)
    if not training:
        raise UserError(
            f"the history from {first} to the cutoff {cutoff} is too short for a horizon of "
            f"{horizon} days: choose a shorter horizon, for example horizon={horizon // 3}"
        )
    return Plan(first, as_of, cutoff, training, training_cutoffs(first, as_of, horizon))
