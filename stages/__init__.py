"""Purchasing capability of bank customers: one thin entry point a step, named by its verb."""

import gc
import os

# A bank's runs are its own business; both are read when their libraries are imported.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("DO_NOT_TRACK", "1")  # Evidently's

# Python's collector by default looks at all that was imported again and again: a fifth of the start
# of a step went into it.
gc.set_threshold(50_000, 20, 100)
