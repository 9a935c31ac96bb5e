"""What a place with 512 MB holds: model and scores in one process, without an MLflow server.

`make bench-edge` writes reports/bench/edge.json and the table of docs/deployment.md. It needs a
finished `make run`. Each size is a process of its own, whose peak memory counts imports and all.
"""

import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq

from bench import report
from bench.process import run
from bench.report import Goal, Measure
from stages.adapters.paths import MODELS, ROOT, SCORED

PAGE = ROOT / "docs" / "deployment.md"
SIZES = (100_000, 1_000_000, 2_000_000)  # scores held beside the model
LIMIT = Goal("<", 512)
TRANSACTIONS, ANSWERS = 100, 50


def main() -> None:
    """Measure every size, and publish."""
    measures = []
    with TemporaryDirectory() as folder:
        for size in SIZES:
            file = Path(folder) / f"{size}.parquet"
            pq.write_table(_scores(size), file)
            command = [sys.executable, "-m", "bench.edge", str(file)]
            ran = run(command, os.environ | {"OMP_NUM_THREADS": "1"}, ROOT)
            name = f"model and {size:,} scores, peak memory"
            measures.append(Measure(name, "MB", [ran.peak_mb], goal=LIMIT))
            file.unlink()
    what = f"one customer with {TRANSACTIONS} transactions, reasons and all"
    measures.append(Measure(what, "ms", [float(ran.output)]))
    document = report.document(measures, rounds=1)
    report.publish("edge", document, PAGE)
    print(report.table(document))


def _scores(size: int) -> pa.Table:
    """The scores of this result as often as needed, under ids of their own."""
    scores = pq.read_table(SCORED)
    rows = pa.array([place % scores.num_rows for place in range(size)])
    ids = pa.array([f"customer {place}" for place in range(size)])
    return scores.take(rows).set_column(0, "customer_id", ids)


def hold(scores: Path) -> None:
    """Hold the model and `scores`, answer, and print the median answer's milliseconds."""
    from stages.adapters import models
    from stages.serving.answer import answer
    from stages.serving.published import Scores
    from stages.serving.request import transactions

    model, held = models.load(MODELS / "capability"), Scores.read(scores)
    assert held.of("customer 7") is not None
    noon = f"{model.as_of.year - 1}-06-15T12:00:{{:02d}}"
    columns: dict[str, list] = {
        "customer_id": ["anna"] * TRANSACTIONS,
        "booked_at": [noon.format(place % 60) for place in range(TRANSACTIONS)],
        "amount": [float(place) for place in range(TRANSACTIONS)],
    }
    took = []
    for _ in range(ANSWERS):
        began = time.perf_counter()
        answer(model, "1", transactions(columns, datetime.now(UTC)), model.as_of)
        took.append(1000 * (time.perf_counter() - began))
    print(median(took))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        hold(Path(sys.argv[1]))
    else:
        main()
