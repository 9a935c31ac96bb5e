"""Which answers of the store pass with time, and how long to wait between attempts."""

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from cassandra import CoordinationFailure, OperationTimedOut, Timeout, Unavailable
from cassandra.cluster import NoHostAvailable, ResponseFuture, ResultSet
from cassandra.connection import ConnectionBusy, ConnectionException
from cassandra.protocol import IsBootstrappingErrorMessage, OverloadedErrorMessage

from stages.domain.errors import UserError

log = logging.getLogger(__name__)
T = TypeVar("T")

PAUSES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 10.0)  # seconds before each further attempt
PASSING = (
    ConnectionBusy,
    ConnectionException,
    CoordinationFailure,  # of reads and writes
    IsBootstrappingErrorMessage,
    NoHostAvailable,
    OperationTimedOut,
    OverloadedErrorMessage,
    Timeout,  # of reads and writes
    Unavailable,
)


def gone(error: Exception, what: str = "no longer answers") -> UserError:
    """The last word: only the name of the error, as its text may hold a row."""
    return UserError(
        f"Cassandra {what} ({type(error).__name__}): look at its log and its load, then run this"
        " again; it goes on from what is done"
    )


def gave_up(error: Exception) -> UserError:
    """The same after the last attempt."""
    return gone(error, f"did not answer in {len(PAUSES) + 1} attempts")


def patiently(ask: Callable[[], T]) -> T:
    """Return what `ask` returns; where it fails for a reason that passes, ask again."""
    for pause in PAUSES:
        try:
            return ask()
        except PASSING as error:
            log.warning("%s: asking again in %s s", type(error).__name__, pause)
            time.sleep(pause)
    try:
        return ask()
    except PASSING as error:
        raise gave_up(error) from error


def answer(future: ResponseFuture, again: Callable[[], ResponseFuture]) -> ResultSet:
    """Return the result of a request under way; where it fails for now, send it `again`."""
    under_way = iter([future])
    return patiently(lambda: (next(under_way, None) or again()).result())
