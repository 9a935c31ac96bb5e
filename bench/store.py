"""The store's benchmark: load and unload beside DSBulk and beside what the driver can receive.

Each operation is a process of its own, as its user would start it, on a Cassandra node of the
benchmark's own. One round does each side once, every other round in reverse order; a round before
the first is not counted: it warms up node, page cache and compiled code.
"""

import shutil

from bench import increments, report
from bench.bed import Bench, Figures, bed, counted, repeated
from bench.dsbulk import VERSION
from bench.report import Goal, Measure
from stages.adapters.logs import stage
from stages.domain.tables import TRANSACTIONS

DSBULK = f"DSBulk {VERSION}"
WARM_ROWS = 200_000  # rows of DSBulk's load before the first round


@stage
def main() -> None:
    """Measure, then write reports/bench/store.json and the table of docs/benchmarks.md."""
    rounds = report.arguments("load and unload beside DSBulk").parse_args().rounds
    with bed() as bench:
        figures = _unload(bench, rounds) | increments.measure(bench, rounds) | _load(bench, rounds)
        measures = _measures(bench.rows, figures)
    document = report.document(measures, rounds)
    report.publish("store", document)
    print(report.table(document))


def _unload(bench: Bench, rounds: int) -> Figures:
    """Seconds of each way out of the store. Whole processes but for what is held to the limit."""
    csv, parquet = bench.folder / "csv", bench.folder / "parquet"

    def dsbulk() -> dict[str, float]:
        shutil.rmtree(csv, ignore_errors=True)
        ran = bench.run_dsbulk(bench.dsbulk.unload(bench.keyspace, TRANSACTIONS.name, csv))
        bench.check("DSBulk's unload", *counted(f"read_csv('{csv}/*.csv', all_varchar = true)"))
        return {"dsbulk unload": ran.seconds}

    def ours() -> dict[str, float]:
        shutil.rmtree(parquet, ignore_errors=True)
        said = bench.ours("unload", bench.keyspace, str(parquet))
        bench.check("our unload", *counted(f"'{parquet}/*.parquet'"))
        return {
            "unload": said["whole"],
            "unload inside": said["seconds"],
            "unload worked": said["worked"],
            "unload node": said["node"],
        }

    def limit() -> dict[str, float]:
        said = bench.ours("receive", bench.keyspace)
        bench.check("receiving", said["rows"], bench.amount)
        return {"receive inside": said["seconds"]}

    def several() -> dict[str, float]:
        """Both again, from the lone node as if it were one of several."""
        shutil.rmtree(parquet, ignore_errors=True)
        unloaded = bench.ours("unload", bench.keyspace, str(parquet), "--several")
        bench.check("our unload as from several nodes", *counted(f"'{parquet}/*.parquet'"))
        received = bench.ours("receive", bench.keyspace, "--several")
        bench.check("receiving as from several nodes", received["rows"], bench.amount)
        return {
            "several unload": unloaded["whole"],
            "several unload inside": unloaded["seconds"],
            "several receive inside": received["seconds"],
        }

    return repeated("unload", [dsbulk, ours, limit, several], rounds)


def _load(bench: Bench, rounds: int) -> Figures:
    """Seconds of each way in: ours from the source's files, DSBulk's from the CSV it unloaded."""
    name, csv = "bench_load", bench.folder / "csv"
    bench.fresh(name)  # our own warm-up was the first load
    bench.run_dsbulk(bench.dsbulk.load(name, TRANSACTIONS.name, csv, most=WARM_ROWS))

    def dsbulk() -> dict[str, float]:
        bench.fresh(name)
        ran = bench.run_dsbulk(bench.dsbulk.load(name, TRANSACTIONS.name, csv))
        bench.check_store("DSBulk's load", name)
        return {"dsbulk load": ran.seconds}

    def ours() -> dict[str, float]:
        bench.fresh(name)
        ran = bench.ours("load", name)
        bench.check_store("our load", name)
        return {"load": ran["whole"]}

    return repeated("load", [dsbulk, ours], rounds, warm=True)


def _measures(rows: int, figures: Figures) -> list[Measure]:
    """The figures as rows of the report, with the goals that they are held to."""

    def speed(
        what: str, name: str, anchor: Measure | None = None, goal: Goal | None = None
    ) -> Measure:
        return Measure(what, "rows/s", [rows / each for each in figures[name]], anchor, goal)

    def took(
        what: str, name: str, anchor: Measure | None = None, goal: Goal | None = None
    ) -> Measure:
        return Measure(what, "s", figures[name], anchor, goal)

    dsbulk = speed(f"unload, {DSBULK} to CSV", "dsbulk unload")
    limit = speed("pages received, nothing decoded", "receive inside")
    several = speed("pages received, as from one of several nodes", "several receive inside")
    dsbulk_load = speed(f"load, {DSBULK} from CSV", "dsbulk load")
    full = took("extract, everything", "extract")
    months = int(figures["months"][0])
    return [
        dsbulk,
        speed("unload to zstd Parquet", "unload", dsbulk, Goal("≥", 4)),
        limit,
        speed("unload, without Python's start", "unload inside", limit, Goal("≥", 0.75)),
        speed("unload, as from one of several nodes", "several unload", dsbulk),
        several,
        speed("the same unload, without Python's start", "several unload inside", several),
        took("processor time of the node for an unload, all cores", "unload node"),
        took("processor time of the unload itself, all cores", "unload worked"),
        dsbulk_load,
        speed("load from the source's files", "load", dsbulk_load, Goal("≥", 1)),
        full,
        took(f"extract, one of {months} months changed", "extract one month", full, Goal("≤", 0.2)),
        took("extract, nothing changed", "extract nothing", full),
        took("the store's own count of its rows", "count", full),
        Measure("rows read where nothing changed", "rows", figures["rows read"], goal=Goal("=", 0)),
        Measure("extract's peak memory", "MB", figures["extract peak"], goal=Goal("<", 1000)),
    ]


if __name__ == "__main__":
    main()
