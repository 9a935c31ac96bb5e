"""Rows whose partitions are rows: those of the same replicas, so that they can travel together.

A batch that spans nodes has its coordinator send most of it on; one that does not is as good as a
batch of a partition (as DataStax's bulk loader has it, batch.mode = REPLICA_SET).
"""

import numpy as np
import pyarrow as pa
from cassandra.cluster import Session
from cassandra.metadata import Murmur3Token


class Replicas:
    """Which nodes hold a row of a keyspace, by the cluster's ring of now."""

    def __init__(self, session: Session, keyspace: str) -> None:
        token_map = session.cluster.metadata.token_map
        ring = token_map.ring if token_map else []
        sets = [frozenset(token_map.get_replicas(keyspace, token)) for token in ring]
        names = list(dict.fromkeys(sets))
        self._ring = np.array([token.value for token in ring], np.int64)
        self._set = np.array([names.index(s) for s in sets] or [0])

    def together(self, rows: pa.Table, key: str) -> tuple[pa.Table, pa.Table]:
        """`rows`, those of the same replicas side by side, and beside them the sets' numbers."""
        keys = rows[key].to_pylist()
        tokens = np.array([Murmur3Token.hash_fn(k.encode()) for k in keys], np.int64)
        place = np.searchsorted(self._ring, tokens)  # a node has all up to its token
        numbers = self._set[place % len(self._set)]
        order = np.argsort(numbers, kind="stable")
        return rows.take(order), pa.table({"replicas": numbers[order]})
