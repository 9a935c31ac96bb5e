"""What decides the features of a customer."""

from dataclasses import dataclass
from functools import cached_property

EVENING = 18  # o'clock, UTC
SATURDAY = 5  # days of the week count from Monday, 0


@dataclass(frozen=True)
class Spec:
    """What decides the features: days of the horizon, of windows, of half-lives."""

    horizon: int
    windows: tuple[int, ...]
    half_lives: tuple[int, ...]
    shortest_tenure: int  # days; a newcomer's rate is over at least so many
    kinds: tuple[str, ...]  # of transaction that count as spend
    lead: int = 0  # days before its date that a customer's first booking, a statement, speaks of

    @cached_property
    def all_windows(self) -> tuple[int, ...]:
        """The windows, the horizon among them, ascending."""
        return tuple(sorted({*self.windows, self.horizon}))
