"""The endpoint's benchmark: ours beside MLflow's own server and beside a naive scikit-learn model.

What is measured and how: bench/servers.py. Latencies are of every request, as a client sees them.
"""

import json
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import matplotlib.pyplot as plt
import numpy as np

from bench import client, report
from bench.client import Load, percentile
from bench.report import Goal, Measure
from bench.servers import ALL, ID, MANY, NAIVE, NOTHING, ONE, OURS, PLAIN, bodies, questions
from stages.adapters import models
from stages.adapters.files import replacing
from stages.adapters.logs import stage
from stages.adapters.paths import MODELS, ROOT
from stages.domain import online
from stages.domain.model import Model
from stages.serving.answer import answer
from stages.serving.invocations import columns_of
from stages.serving.request import transactions

log = logging.getLogger(__name__)
PICTURE = ROOT / "docs" / "images" / "serve.svg"
CLIENTS = (1, 8)
SECONDS, LEAST = 3.0, 100  # that each is asked a round; 1,000 customers are asked a few times
Key = tuple[str, str, int]  # server, question, clients


@stage
def main() -> None:
    """Measure, then write reports/bench/serve.json, docs/benchmarks.md's table and picture."""
    rounds = report.arguments("the endpoint beside MLflow's own server").parse_args().rounds
    loads: dict[Key, list[Load]] = defaultdict(list)
    steps: dict[str, list[float]] = defaultdict(list)
    model = models.load(MODELS / "capability")
    sent = bodies(model.as_of)
    with questions(sent) as all_asked:
        for number in range(rounds + 1):
            order = all_asked if number % 2 else all_asked[::-1]
            for asked in order:
                for clients in CLIENTS if asked.what != ALL else (1,):
                    seconds = SECONDS if number else 0.5  # the first round warms up
                    least = 5 if asked.what == ALL else LEAST if number else 20
                    load = client.ask(
                        asked.port, asked.wire, clients, seconds, least // clients + 1
                    )
                    if number:
                        loads[asked.server, asked.what, clients].append(load)
            if number:
                for name, took in _steps(model, sent[ONE]).items():
                    steps[name].append(took)
                log.info("round %d of %d", number, rounds)
    document = report.document(_measures(loads, steps), rounds)
    report.publish("serve", document)
    _draw(loads)
    print(report.table(document))


def _steps(model: Model, body: bytes, times: int = 300) -> dict[str, float]:
    """Milliseconds, the median, of each step of an answer within the process, one after another."""
    now, took = datetime.now(UTC), defaultdict(list)

    def timed(name: str, step: Callable[..., Any], *given: Any) -> Any:
        began = time.perf_counter()
        made = step(*given)
        took[name].append(time.perf_counter() - began)
        return made

    def whole() -> str:
        rows = transactions(columns_of(body)[0], now)
        return json.dumps({"predictions": answer(model, "1", rows, model.as_of)})

    for _ in range(times):
        columns, _ = timed("JSON to columns", columns_of, body)
        rows = timed("columns to transactions, checked", transactions, columns, now)
        known = timed("features", online.features, rows, model.as_of, model.spec)
        timed("expectation, interval, tier, style, reasons", model.explained, known)
        timed("all of it", whole)
    return {name: percentile(seconds, 0.5) for name, seconds in took.items()}


def _measures(loads: Mapping[Key, list[Load]], steps: Mapping[str, list[float]]) -> list[Measure]:
    """The figures as rows of the report, with the goals that they are held to."""

    def within(
        share: float, key: Key, anchor: Measure | None = None, goal: Goal | None = None
    ) -> Measure:
        server, what, clients = key
        name = f"{server}: {what}, {clients} client{'s' * (clients > 1)}, p{share * 100:g}"
        figures = [percentile(load.latencies, share) for load in loads[key]]
        return Measure(name, "ms", figures, anchor, goal)

    def rate(key: Key, anchor: Measure | None = None, goal: Goal | None = None) -> Measure:
        server, what, clients = key
        figures = [load.rate for load in loads[key]]
        return Measure(f"{server}: {what}, {clients} clients", "requests/s", figures, anchor, goal)

    nothing = within(0.5, (NOTHING, ID, 1))
    naive, naive_rate = within(0.5, (NAIVE, ONE, 1)), rate((NAIVE, ONE, 8))
    naive_all = within(0.5, (NAIVE, ALL, 1))
    ours = within(0.5, (OURS, ONE, 1), naive, Goal("≤", 1 / 8))
    measures = [
        nothing,
        within(0.5, (OURS, ID, 1), nothing, Goal("≤", 8)),
        naive,
        within(0.99, (NAIVE, ONE, 1)),
        within(0.5, (PLAIN, ONE, 1), naive, Goal("≤", 1)),
        within(0.99, (PLAIN, ONE, 1)),
        ours,
        within(0.99, (OURS, ONE, 1), ours, Goal("≤", 3)),
        within(0.5, (PLAIN, MANY, 1)),
        within(0.5, (OURS, MANY, 1)),
        within(0.99, (OURS, MANY, 1)),
        naive_rate,
        rate((PLAIN, ONE, 8), naive_rate, Goal("≥", 1)),
        rate((OURS, ONE, 8), naive_rate, Goal("≥", 10)),
        rate((OURS, MANY, 8)),
        within(0.5, (OURS, ONE, 8)),
        within(0.99, (OURS, ONE, 8)),
        naive_all,
        within(0.5, (PLAIN, ALL, 1)),
        within(0.5, (OURS, ALL, 1)),
    ]
    inside = [Measure(f"inside, {ONE}: {name}", "ms", took) for name, took in steps.items()]
    return [*measures, *inside]


def _draw(loads: Mapping[Key, list[Load]]) -> None:
    """A picture of the answer to one customer's 100 transactions: p50 to p99, and requests/s."""
    servers = (NAIVE, PLAIN, OURS)
    figure, (latency, rate) = plt.subplots(1, 2, figsize=(9, 2.4), sharey=True)
    for place, server in enumerate(servers):
        half, most = (
            np.median([percentile(load.latencies, share) for load in loads[server, ONE, 1]])
            for share in (0.5, 0.99)  # as the table has them
        )
        latency.plot([half, most], [place, place], color="tab:blue", linewidth=3)
        latency.plot(half, place, "o", color="tab:blue")
        rate.barh(place, np.median([load.rate for load in loads[server, ONE, 8]]), color="tab:blue")
    latency.set(xscale="log", xlabel="ms to an answer, 1 client: p50 to p99")
    latency.set_yticks(range(len(servers)), [s.replace("`", "") for s in servers])
    latency.invert_yaxis()
    rate.set(xlabel="answers a second, 8 clients")
    figure.tight_layout()
    with replacing(PICTURE) as beside:
        figure.savefig(beside, format="svg", metadata={"Date": None})
    plt.close(figure)


if __name__ == "__main__":
    main()
