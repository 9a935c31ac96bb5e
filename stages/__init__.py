"""Purchasing capability of bank customers: one thin entry point a step, named by its verb."""

import os

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # a bank's runs are its own business
