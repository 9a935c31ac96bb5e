"""Functions on arrays compiled by numba: beside other threads, and kept from run to run."""

from collections.abc import Callable
from typing import TypeVar, cast

from numba import njit

F = TypeVar("F", bound=Callable)


def compiled(function: F) -> F:
    """Compile `function` at its first call, to run without Python's global lock.

    numba keeps the machine code in NUMBA_CACHE_DIR, else beside the source, else in the user's
    cache folder; where it may write to none of them, every process compiles for itself.
    """
    try:
        return cast(F, njit(nogil=True, cache=True)(function))
    except RuntimeError:
        return cast(F, njit(nogil=True)(function))
