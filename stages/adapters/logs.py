"""Logging: human lines on the terminal, JSON lines in logs/, and how a stage begins and ends."""

import functools
import gc
import json
import logging
import os
import re
import signal
import sys
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path

import yaml

from stages.adapters.files import digest
from stages.adapters.paths import LOGS, PIPELINE, ROOT
from stages.domain.errors import UserError

RUN_ID = "PURCHASING_RUN_ID"  # environment: the same for all steps of one `make run`
# What the world does to a stage, by the words of whoever noticed, and what to do about it.
_FAULTS = {
    "No space left on device": "the disk is full",
    "database or disk is full": "the disk is full",
    "File too large": "a file may not become so large here (ulimit -f)",
    "database is locked": "another program holds mlflow.db locked, and did not let go of it",
    "/api/2.0/mlflow-artifacts/": "MLflow does not give files as it should (MLFLOW_TRACKING_URI)",
    "/api/2.0/mlflow/": "MLflow does not answer as it should (MLFLOW_TRACKING_URI)",
}
# What `dvc repro` makes, in the words of whoever did not find it.
_MADE = re.compile(rf"{re.escape(str(ROOT))}/((?:data/raw|data/processed|models|reports)/[^'\"]+)")
_PASSWORD = re.compile(r"//[^/\s\"]*@")  # of an address
_STANDARD = set(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


class _JsonLines(logging.Formatter):
    """One JSON object a line: when, level, stage, run, message and the facts given as `extra`."""

    def __init__(self, stage: str, run: str) -> None:
        super().__init__()
        self.common = {"stage": stage, "run": run}

    def format(self, record: logging.LogRecord) -> str:
        when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line = {"when": when, "level": record.levelname, **self.common}
        line["message"] = record.getMessage()
        line |= {k: v for k, v in vars(record).items() if k not in _STANDARD}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return _PASSWORD.sub("//***@", json.dumps(line, default=str, ensure_ascii=False))


class _Lines(logging.Formatter):
    """Lines for a person."""

    def format(self, record: logging.LogRecord) -> str:
        return _PASSWORD.sub("//***@", super().format(record))


def configure(stage: str) -> None:
    """Send this process's log to the terminal and to logs/stages.jsonl."""
    LOGS.mkdir(exist_ok=True)
    file = RotatingFileHandler(LOGS / "stages.jsonl", maxBytes=10_000_000, backupCount=5)
    file.setFormatter(_JsonLines(stage, os.environ.get(RUN_ID) or uuid.uuid4().hex[:12]))
    terminal = logging.StreamHandler(sys.stderr)
    terminal.setFormatter(_Lines(f"%(asctime)s {stage:<10} %(message)s", "%H:%M:%S"))
    terminal.addFilter(lambda record: record.exc_info is None)  # tracebacks are for the file
    logging.raiseExceptions = False  # a log that cannot be written stops nothing
    logging.basicConfig(level=logging.WARNING, handlers=[file, terminal], force=True)
    for ours in ("stages", "bench", "__main__"):
        logging.getLogger(ours).setLevel(logging.INFO)


def _digests(stage: str) -> dict[str, dict[str, str]]:
    """Digests of what dvc.yaml says that the stage reads and writes, code apart."""
    if not PIPELINE.exists():  # an image that only serves
        return {}
    entry = yaml.safe_load(PIPELINE.read_text())["stages"].get(stage, {})
    reads = [name for name in entry.get("deps", []) if not name.startswith("stages/")]
    writes = [
        next(iter(out)) if isinstance(out, dict) else out
        for kind in ("outs", "metrics", "plots")
        for out in entry.get(kind, [])
    ]
    return {
        what: {name: _digest(ROOT / name) for name in names}
        for what, names in (("inputs", reads), ("outputs", writes))
        if names
    }


def _digest(path: Path) -> str:
    """Of a folder with a manifest, that of the manifest: it has the digest of each file."""
    manifest = path / "_manifest.json"
    return digest(manifest if manifest.exists() else path)


def _fault(error: BaseException | None) -> str | None:
    """The known fault that `error` or what caused it tells of, in one line without addresses."""
    if isinstance(error, FileNotFoundError) and (missing := _MADE.search(str(error))):
        return f"{missing[1]} is missing: `dvc repro` makes it"
    while error is not None:
        for words, said in _FAULTS.items():
            if words in str(error):
                return f"{said}; once that is mended, running it again goes on from here"
        error = error.__cause__ or error.__context__
    return None


def stage(main: Callable[[], None]) -> Callable[[], None]:
    """Run `main` as the stage named by its module: logged, timed, its errors one clear line."""

    @functools.wraps(main)
    def run() -> None:
        name = sys.modules[main.__module__].__spec__.name.rpartition(".")[2]  # type: ignore[union-attr]
        configure(name)
        if "_duckdb" not in sys.modules:  # frozen, its binding would speak of leaks
            gc.freeze()  # what is imported stays: to take it apart took half a second at the end
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # it tidies up as on Ctrl+C
        log = logging.getLogger("stages")
        began = time.perf_counter()
        try:
            main()
        except KeyboardInterrupt:
            log.error("interrupted; running it again goes on from here")
            sys.exit(130)
        except Exception as error:
            said = _fault(error) or (str(error) if isinstance(error, UserError) else None)
            if said is None:
                log.error("failed", exc_info=True)
                said = f"{type(error).__name__}: see the end of {LOGS / 'stages.jsonl'}"
            log.error("%s", said)
            sys.exit(1)
        seconds = time.perf_counter() - began
        facts = {"seconds": round(seconds, 3), **_digests(name)}
        log.info("done in %.1f s", seconds, extra=facts)

    return run
