"""What Prometheus is told of the endpoint."""

import os

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

disable_created_metrics()  # a second series for each, which nobody asks for
SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)
PATHS = ("/invocations", "/segments", "/health", "/ping", "/version", "/metrics", "/reload")
SEVERAL = "PROMETHEUS_MULTIPROC_DIR"  # environment: where several processes put their counts


class Measures:
    """The metrics of one process; where there are several, `text` adds them up."""

    def __init__(self) -> None:
        self._registry = here = CollectorRegistry()
        self.requests = Counter("purchasing_requests", "answers", ["path", "status"], registry=here)
        self.seconds = Histogram(
            "purchasing_seconds", "until the answer", ["path"], registry=here, buckets=SECONDS
        )
        self.invocations = Counter(
            "purchasing_invocations", "by who answered: fast or mlflow", ["by"], registry=here
        )
        self.refused = Gauge(
            "purchasing_refused_versions",
            "versions that did not load and score",
            registry=here,
            multiprocess_mode="max",
        )
        self.version = Gauge(
            "purchasing_model_version",
            "that is served",
            registry=here,
            multiprocess_mode="mostrecent",
        )

    def answered(self, path: str, status: int, seconds: float) -> None:
        """Count one answer; a path with an id in it is counted under its beginning."""
        known = (
            path if path in PATHS else "/customers" if path.startswith("/customers/") else "other"
        )
        self.requests.labels(known, status).inc()
        self.seconds.labels(known).observe(seconds)

    def text(self) -> bytes:
        """All metrics as Prometheus reads them."""
        if SEVERAL not in os.environ:
            return generate_latest(self._registry)
        together = CollectorRegistry()
        MultiProcessCollector(together)
        return generate_latest(together)
