"""Evidently's reports as HTML pages: of a forecast beside a former one, of drift alone."""

import re
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
from evidently import DataDefinition, Dataset, Regression, Report
from evidently.presets import DataDriftPreset, RegressionPreset

from stages.domain.audit import FEWEST

MOST_ROWS = 5_000  # of either side
FEWEST_ROWS = 150 * FEWEST  # it draws 150 points: of fewer rows each would be of few customers
DRIFT = "wasserstein"  # for every column: by default it depends on the number of rows
_UUID = re.compile(r"[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}")


def report(current: pd.DataFrame, reference: pd.DataFrame, seed: int) -> bytes:
    """HTML on two tables of the same numeric columns; with `target` and `prediction`, on them too.

    What cannot drift is left out: columns that are constant or null in either table. The same
    tables give the same bytes: Evidently's random ids are numbered instead. Of few customers there
    is a page that says so: its points would be of single ones.
    """
    if min(len(current), len(reference)) < FEWEST_ROWS:
        return _page(f"fewer than {FEWEST_ROWS:,} customers: its points would be of single ones")
    columns = [c for c in reference if all(t[c].nunique() > 1 for t in (current, reference))]
    if not columns:
        return _page("all customers are alike: nothing can drift")
    judged = {"target", "prediction"} <= set(columns)
    definition = DataDefinition(
        regression=[Regression(target="target", prediction="prediction")] if judged else None,
        numerical_columns=columns,
    )
    sides = [
        Dataset.from_pandas(
            table.sample(min(len(table), MOST_ROWS), random_state=seed).reset_index(drop=True),
            data_definition=definition,
        )
        for table in (current[columns], reference[columns])
    ]
    presets = [DataDriftPreset(columns=columns, method=DRIFT)]
    if judged:
        presets.insert(0, RegressionPreset())
    with warnings.catch_warnings(), TemporaryDirectory() as folder:
        warnings.simplefilter("ignore")
        page = Path(folder) / "report.html"
        Report(presets).run(*sides).save_html(str(page))
        content = page.read_text()
    numbers: dict[str, str] = {}
    return _UUID.sub(
        lambda match: numbers.setdefault(match.group(), f"{len(numbers):032x}"), content
    ).encode()


def _page(why: str) -> bytes:
    return f"<!doctype html><title>Drift</title><p>No report by Evidently: {why}.".encode()
