"""The trial of a registered version: it must load, score its example, and answer as recorded."""

from math import isclose
from typing import Any

import pandas as pd
from mlflow.entities.model_registry import ModelVersion
from mlflow.pyfunc import PyFuncModel

from stages.adapters import registry
from stages.domain.errors import UserError
from stages.serving import interface

RECORDED = "example_answer"  # in the model's metadata: what it answered when it was registered
FIGURES = ("expected_spend", "low", "high", "percentile")
NAMES = ("customer_id", "tier", "segment", "style", "confidence")
CLOSE = 1e-6  # relative: another machine may add in another order


def trial(version: ModelVersion) -> PyFuncModel:
    """Load `version` as serving does and try it; UserError unless its answer is the recorded one.

    MLflow registers a broken model without a word, so this comes before any alias moves and
    before any version is served. A version whose code is not what runs here shows, too: its
    answers differ.
    """
    loaded = registry.load(version)
    try:
        example = loaded.input_example  # its own: another version of the code may have another
        if example is None:
            example = interface.example(loaded.unwrap_python_model().model.as_of)
        found = pd.DataFrame(loaded.predict(example)).to_dict("records")
        recorded = (loaded.metadata.metadata or {}).get(RECORDED)
    except Exception as error:
        raise UserError(
            f"version {version.version} does not score its own example: {type(error).__name__}; "
            "the champion stays; rebuild with `dvc repro --force`"
        ) from error
    sane = all(0 <= row["expected_spend"] < float("inf") for row in found)
    if not sane or {row["customer_id"] for row in found} != set(example["customer_id"]):
        raise UserError(f"version {version.version} does not score its own example sensibly")
    if recorded is not None and not same(found, recorded):
        raise UserError(
            f"version {version.version} does not answer its example as it did when it was "
            "registered: it was made by other code; restart with that code, or rebuild"
        )
    return loaded


def same(found: list[dict[str, Any]], recorded: list[dict[str, Any]]) -> bool:
    """Whether two answers say the same of the same customers."""
    return len(found) == len(recorded) and all(
        all(isclose(ours[name], theirs[name], rel_tol=CLOSE) for name in FIGURES)
        and all(ours[name] == theirs[name] for name in NAMES)
        for ours, theirs in zip(found, recorded, strict=True)
    )
