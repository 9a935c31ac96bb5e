"""Ask the store in CQL and print the answer as a table: `python -m demo.cql "SELECT …"`.

Stands in for cqlsh, which is not among the packages; tables are those of the source's keyspace.
"""

import sys

from cassandra.util import OrderedMapSerializedKey

from stages.adapters import config
from stages.adapters.store.session import connect


def main() -> None:
    """Print up to twenty rows."""
    store = config.load().store
    with connect(store) as session:
        session.set_keyspace(store.keyspace)
        for statement in sys.argv[1:]:
            answer = session.execute(statement)
            _print(answer.column_names, [list(row) for row in answer.all()[:20]])


def _print(names: list[str], rows: list[list]) -> None:
    table = [names, *([_cell(value) for value in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    table.insert(1, ["-" * width for width in widths])
    for row in table:
        print(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        )
    print()


def _cell(value: object) -> str:
    if isinstance(value, OrderedMapSerializedKey):
        return ", ".join(f"{k}: {v}" for k, v in value.items())
    return f"{value:,.2f}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    main()
