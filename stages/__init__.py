"""Purchasing capability of bank customers: one thin entry point a step, named by its verb."""

import os

# A bank's runs are its own business; both are read when their libraries are imported.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("DO_NOT_TRACK", "1")  # Evidently's
