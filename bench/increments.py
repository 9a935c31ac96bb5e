"""The extract stage measured: everything, one month changed, unchanged, and the least of all."""

import os
import shutil
import sys
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

from bench.bed import Bench, Figures, counted, repeated
from bench.process import Ran, run
from stages.adapters.files import read_json
from stages.adapters.paths import PARAMS, PIPELINE, ROOT
from stages.adapters.store import keyspace, summary
from stages.domain.errors import UserError
from stages.domain.tables import TRANSACTIONS


def measure(bench: Bench, rounds: int) -> Figures:
    """Seconds of the stage in a copy of the project, and of the store's count of its rows."""
    project = bench.folder / "project"
    shutil.copytree(ROOT / "stages", project / "stages")
    for file in (PARAMS, PIPELINE):
        shutil.copy2(file, project)
    raw = project / "data" / "raw"
    months = defaultdict(list)
    for partition, said in summary.summaries(bench.session, bench.keyspace).items():
        months[partition[0]].append((said.rows, partition))
    changing = max(months.values(), key=lambda month: sum(rows for rows, _ in month))

    def extract() -> tuple[Ran, int]:
        """Extract; the process, and how many rows are in files that were written anew."""
        before = _written(raw)
        ran = run([sys.executable, "-m", "stages.extract"], os.environ, project)
        manifest = read_json(raw / "_manifest.json")
        bench.check("extract", manifest["rows"], Decimal(manifest["amount"]))
        anew = [file for file, inode in _written(raw).items() if before.get(file) != inode]
        return ran, counted(f"read_parquet({anew})")[0] if anew else 0

    def increments() -> dict[str, float]:
        shutil.rmtree(project / "data", ignore_errors=True)
        full, rows = extract()
        bench.check("a full extract", rows, bench.amount)
        for _, partition in changing:
            _touch(bench, partition)
        one, rows = extract()
        if rows != sum(rows for rows, _ in changing):
            raise UserError(f"one month changed, but extract read {rows} rows")
        none, rows = extract()
        return {
            "extract": full.seconds,
            "extract peak": full.peak_mb,
            "extract one month": one.seconds,
            "extract nothing": none.seconds,
            "rows read": rows,
            "count": bench.ours("count", bench.keyspace)["seconds"],
        }

    return repeated("extract", [increments], rounds) | {"months": [len(months)]}


def _written(raw: Path) -> dict[str, int]:
    """The transactions' files by inode: a file written anew has another one."""
    return {str(file): file.stat().st_ino for file in (raw / "transactions").glob("*.parquet")}


def _touch(bench: Bench, partition: tuple[str, int]) -> None:
    """Write one row of a partition once more, as it is: its write time is all that changes."""
    table = keyspace.qualified(bench.keyspace, TRANSACTIONS.name)
    key = "month, shard, customer_id, booked_at, transaction_id"
    row = bench.session.execute(
        f"SELECT {key}, quantity FROM {table} WHERE month = %s AND shard = %s LIMIT 1", partition
    ).one()
    bench.session.execute(
        f"INSERT INTO {table} ({key}, quantity) VALUES (%s, %s, %s, %s, %s, %s)", row
    )
