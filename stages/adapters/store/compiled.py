"""Functions on arrays compiled by numba: beside other threads, and kept from run to run."""

from collections.abc import Callable
from typing import TypeVar, cast

from numba import njit
from numba.np import linalg

F = TypeVar("F", bound=Callable)


def _no_blas() -> None:
    raise ImportError("no function compiled here multiplies matrices")


# numba looks for scipy's BLAS before it loads the first function; importing that takes longer than
# all else that it does then.
linalg.ensure_blas = _no_blas


def compiled(function: F) -> F:
    """Compile `function` at its first call, to run without Python's global lock.

    numba keeps the machine code in NUMBA_CACHE_DIR, else beside the source, else in the user's
    cache folder; where it may write to none of them, every process compiles for itself.
    """
    try:
        return cast(F, njit(nogil=True, cache=True)(function))
    except RuntimeError:
        return cast(F, njit(nogil=True)(function))
