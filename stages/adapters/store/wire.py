"""The driver's own session, but result pages and batches of rows cross it as plain bytes."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Self

from cassandra.cluster import EXEC_PROFILE_DEFAULT, ResponseFuture, Session
from cassandra.policies import ConstantSpeculativeExecutionPolicy
from cassandra.protocol import BatchMessage, ProtocolHandler, ResultMessage, read_int
from cassandra.query import BatchStatement, BatchType, PreparedStatement

from stages.adapters.store.alone import read_level
from stages.adapters.store.retry import patiently

PAGE_ROWS = 10_000  # some megabytes; the store takes a tenth longer over pages of half the size
REQUEST_SECONDS = 60.0
DAY_ZERO = 1 << 31  # CQL counts days from here to 1970-01-01, so that a date is unsigned
SLOW_SECONDS = 3.0  # then a second node is asked too, and whichever answers first counts


@dataclass(frozen=True)
class Page:
    """A page of a result: the bytes of the cells of so many rows."""

    rows: int
    content: bytes


@dataclass(frozen=True)
class Rows:
    """Rows of a batch, each `[kind][id of the prepared statement][number of cells]` and cells."""

    count: int
    content: memoryview

    def __len__(self) -> int:
        return self.count


def row_head(statement: PreparedStatement, cells: int) -> bytes:
    """What comes before the cells of a row in a batch."""
    name = statement.query_id
    return struct.pack(f">BH{len(name)}sH", 1, len(name), name, cells)


class Batch(BatchStatement):
    """An unlogged batch of encoded rows of the same replicas; sending it twice changes nothing."""

    def __init__(self, rows: Rows, keyspace: str, partition: Sequence[bytes]) -> None:
        super().__init__(BatchType.UNLOGGED)
        self.is_idempotent = True
        self._statements_and_parameters = rows
        self.keyspace = keyspace
        self.routing_key = list(partition)


# The driver registers a message class for every use, unless its name begins with an underscore.
class _PageMessage(ResultMessage):
    def recv_results_rows(self, body: BytesIO, protocol: int, user_types: dict, *_: Any) -> None:
        self.recv_results_metadata(body, user_types)
        self.parsed_rows = Page(read_int(body), body.read())


class _RowsMessage(BatchMessage):
    queries: Any

    def send_body(self, body: BytesIO, protocol: int) -> None:
        rows, frame = self.queries, BytesIO()
        self.queries = ()
        super().send_body(frame, protocol)  # [byte type][short number of queries] and the rest
        self.queries = rows
        body.write(struct.pack(">BH", self.batch_type.value, rows.count))
        body.write(rows.content)
        body.write(frame.getbuffer()[3:])


class _Protocol(ProtocolHandler):
    message_types_by_opcode = ProtocolHandler.message_types_by_opcode | {
        ResultMessage.opcode: _PageMessage
    }

    @classmethod
    def encode_message(cls, message: Any, *place: Any, **how: Any) -> bytes:
        if isinstance(message, BatchMessage) and isinstance(message.queries, Rows):
            plain, message = message, _RowsMessage.__new__(_RowsMessage)
            vars(message).update(vars(plain))
        return super().encode_message(message, *place, **how)


class Wire:
    """A second session on the cluster of `session`, with its settings, for pages and rows only.

    A context manager; threads may share it.
    """

    def __init__(self, session: Session, page_rows: int = PAGE_ROWS) -> None:
        self._page_rows = page_rows
        self._prepared: dict[str, PreparedStatement] = {}
        self._session = patiently(session.cluster.connect)
        self._session.client_protocol_handler = _Protocol
        self._profile = self._session.execution_profile_clone_update(
            EXEC_PROFILE_DEFAULT,
            request_timeout=REQUEST_SECONDS,
            row_factory=lambda names, page: [page],
            speculative_execution_policy=ConstantSpeculativeExecutionPolicy(SLOW_SECONDS, 1),
        )
        self._reading = self._session.execution_profile_clone_update(
            self._profile, **patiently(lambda: read_level(session))
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.shutdown()

    def prepare(self, query: str) -> PreparedStatement:
        """Prepare a statement for `page` or `row_head`, which changes nothing when sent twice."""
        if query not in self._prepared:
            statement = patiently(lambda: self._session.prepare(query))
            statement.is_idempotent = True
            statement.fetch_size = self._page_rows
            self._prepared[query] = statement
        return self._prepared[query]

    def page(
        self, statement: PreparedStatement, key: Sequence[Any], after: bytes | None
    ) -> ResponseFuture:
        """Ask for the page that comes `after` a paging state; its result's `one()` is a Page."""
        return self._session.execute_async(
            statement, key, paging_state=after, execution_profile=self._reading
        )

    def send(self, batch: Batch) -> ResponseFuture:
        """Send rows. The future may answer twice: where a second node was asked, from both."""
        return self._session.execute_async(batch, execution_profile=self._profile)
