"""The servers that are measured beside one another, and what each is asked.

All run at once and are asked in turn, so that what else the machine does meets each. The naive
model is what one would log without this project: the same regressor, fitted on the same frame,
given finished features; ours is given transactions and adds reasons.
"""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import mlflow
import numpy as np
import pandas as pd
from mlflow.models import infer_signature

from bench.client import request
from stages.adapters import config, models, registry
from stages.adapters.local.listening import free_port
from stages.adapters.paths import MODELS, PROCESSED, ROOT
from stages.adapters.recipes import recipe
from stages.domain import frame
from stages.domain.errors import UserError

SECONDS_TO_START = 180
NOTHING, NAIVE = "no-op FastAPI", "naive scikit-learn model, `mlflow models serve`"
PLAIN, OURS = "ours, `mlflow models serve`", "ours, `make serve`"
ONE, MANY, ALL, ID = "100 transactions", "600 transactions", "1,000 customers", "lookup by id"


@dataclass(frozen=True)
class Question:
    """A request, to a server."""

    server: str
    what: str
    wire: bytes
    port: int


@contextmanager
def questions(sent: Mapping[str, bytes]) -> Iterator[list[Question]]:
    """Start all servers; what each is asked."""
    tracking = os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{registry.DATABASE}"
    with TemporaryDirectory(prefix="bench-serve-") as name, ExitStack() as running:
        naive, rows = _naive(Path(name) / "naive")
        ours = f"models:/{registry.NAME}@champion"
        mlflow_serve = ("mlflow", "models", "serve", "--env-manager", "local", "-h", "127.0.0.1")
        commands: dict[str, Callable[[int], tuple[str, ...]]] = {
            NOTHING: lambda port: (
                *(sys.executable, "-m", "uvicorn", "bench.noop:app", "--log-level", "warning"),
                *("--no-access-log", "--port", str(port)),
            ),
            NAIVE: lambda port: (*mlflow_serve, "-m", str(naive), "-p", str(port)),
            PLAIN: lambda port: (*mlflow_serve, "-m", ours, "-p", str(port)),
            OURS: lambda port: (sys.executable, "-m", "stages.serve"),
        }
        environment = {
            **os.environ,
            **{"MLFLOW_TRACKING_URI": tracking, "OMP_NUM_THREADS": "1", "SERVE_RATE": "0"},
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        }
        ports = {
            server: running.enter_context(_server(command, environment))
            for server, command in commands.items()
        }
        features = {ONE: rows[:1], ALL: rows}
        customer = json.loads(sent[ONE])["dataframe_records"][0]["customer_id"]
        yield [
            Question(NOTHING, ID, request("/ping"), ports[NOTHING]),
            Question(OURS, ID, request(f"/customers/{customer}"), ports[OURS]),
            *(
                Question(NAIVE, what, request("/invocations", _json(given)), ports[NAIVE])
                for what, given in features.items()
            ),
            *(
                Question(server, what, request("/invocations", body), ports[server])
                for server in (PLAIN, OURS)
                for what, body in sent.items()
            ),
        ]


@contextmanager
def _server(
    command: Callable[[int], tuple[str, ...]], environment: Mapping[str, str]
) -> Iterator[int]:
    """Start a server; its port, once it answers."""
    port = free_port("127.0.0.1")
    process = subprocess.Popen(
        command(port),
        cwd=ROOT,
        env={**environment, "SERVE_PORT": str(port)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + SECONDS_TO_START
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise UserError(f"{' '.join(command(port))} does not start: is there a champion?")
            time.sleep(0.5)
        yield port
    finally:
        with suppress(ProcessLookupError):  # it ended by itself
            os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def _answers(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/ping", timeout=5)
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def _naive(path: Path) -> tuple[Path, pd.DataFrame]:
    """The regressor alone, logged as anyone would; and 1,000 rows of its features."""
    model, rows = models.load(MODELS / "capability"), pd.read_parquet(PROCESSED / "frame.parquet")
    past = rows[rows["target"].notna() & (rows["cutoff"] < pd.Timestamp(model.as_of))]
    features = past[list(model.columns)]
    fitted = recipe(config.load()).regressor.fit(features, past["target"])
    now = frame.at(rows, [model.as_of])[list(model.columns)]
    mlflow.sklearn.save_model(
        fitted,
        str(path),
        signature=infer_signature(features, past["target"].to_numpy()),
        serialization_format="cloudpickle",
    )
    return path, pd.concat([now] * (1 + 1000 // len(now)))[:1000]


def bodies(as_of: date) -> dict[str, bytes]:
    """Transactions as callers send them: one customer's 100 or 600, a 1,000 customers' 100 each."""
    draw, newest = np.random.default_rng(0), np.datetime64(as_of) - np.timedelta64(1, "s")

    def rows_of(customer: int, count: int) -> list[dict]:
        when = newest - draw.integers(0, 365 * 86_400, count).astype("timedelta64[s]")
        return [
            {
                "customer_id": str(customer),
                "booked_at": f"{at}Z",
                "transaction_id": str(number),
                "amount": round(float(amount), 2),
                "category": f"category {draw.integers(20)}",
                "merchant": f"merchant {draw.integers(9)}",
            }
            for number, (at, amount) in enumerate(zip(when, draw.gamma(2, 20, count), strict=True))
        ]

    asked = {
        ONE: rows_of(1, 100),
        MANY: rows_of(1, 600),
        ALL: [row for number in range(1000) for row in rows_of(number, 100)],
    }
    return {what: json.dumps({"dataframe_records": rows}).encode() for what, rows in asked.items()}


def _json(rows: pd.DataFrame) -> bytes:
    return json.dumps({"dataframe_records": rows.to_dict("records")}).encode()
