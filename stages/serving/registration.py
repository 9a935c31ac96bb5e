"""From the files of a pipeline result to its MLflow run and registered version."""

import hashlib
import importlib.metadata
import json
import logging
import platform
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import mlflow
import yaml
from mlflow.entities.model_registry import ModelVersion
from omegaconf import OmegaConf

from stages.adapters import aliases, config, models, origin, registry
from stages.adapters.dvc import data_version
from stages.adapters.files import digest, read_json
from stages.adapters.paths import MODELS, PIPELINE, REPORTS, ROOT
from stages.domain.build_summary import headline
from stages.domain.errors import UserError
from stages.domain.model import Model
from stages.domain.style_matching import matched
from stages.serving import interface, request
from stages.serving.answer import answer
from stages.serving.trial import RECORDED, trial

log = logging.getLogger(__name__)

CODE = ROOT / "stages"

# What the registered model imports; their versions are those of requirements.txt.
REQUIREMENTS = ("mlflow", "numpy", "pandas", "pyarrow", "onnxruntime", "pydantic", "pyyaml")
METRICS = REPORTS / "metrics.json"
REPORTED = (
    *("metrics.json", "calibration.csv", "gain.csv", "fairness.csv", "result.svg"),
    *("model-card.md", "data-card.md", "evidently.html"),
)


def made_from() -> dict[str, str]:
    """What a registered version is made from: the data's version, digests of params and code."""
    return {
        "data": data_version(),
        "params": _digest(_params()),
        "code": _digest([digest(file) for file in _code()]),
    }


def content() -> str:
    """The digest of all that makes a registered version: its origin, the model, its figures."""
    return _digest(made_from() | result())


def result() -> dict[str, str]:
    """The digests of the model on disk and of its figures."""
    return {"model": digest(MODELS / "capability"), "metrics": digest(METRICS)}


def _digest(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def register(client: mlflow.MlflowClient, key: str) -> ModelVersion:
    """The version of the result with content `key`: found, or logged and registered now.

    It loads and scores: where the one found does not, the result is registered again.
    """
    version = _found(client, key)
    if version is None:
        return _made(client, key)
    log.info("version %s of %s has this result already", version.version, registry.NAME)
    return version


def _found(client: mlflow.MlflowClient, key: str) -> ModelVersion | None:
    """The version with this content that loads and scores, or None."""
    version = registry.find(client, key)
    if version is not None:
        try:
            trial(version)
        except UserError as error:
            log.warning("%s; the result on disk is registered again", error)
            return None
    return version


def _made(client: mlflow.MlflowClient, key: str) -> ModelVersion:
    """The result on disk, logged and registered; it loads and scores."""
    metrics = read_json(METRICS)
    said = f"{metrics['source']}, {metrics['horizon']} days: {headline(metrics)}"
    with TemporaryDirectory() as folder:
        version = registry.log(
            client,
            key,
            params=_params(),
            metrics=metrics,
            tags=made_from() | {"python": platform.python_version()},
            files=[*(REPORTS / name for name in REPORTED), _environment(Path(folder))],
            model=package(Path(folder), _model(client)),
            said=said,
        )
    trial(version)
    log.info("registered %s version %s", registry.NAME, version.version)
    return version


def challenger(client: mlflow.MlflowClient) -> ModelVersion:
    """The version of the result on disk, under the alias challenger; it loads and scores.

    Where the tracking database or the version's files are lost, it is tracked again from the files.
    """
    tracked = REPORTS / "tracked.json"
    if not tracked.exists():
        raise UserError("nothing to promote: rebuild first with `make run` or `dvc repro`")
    known = read_json(tracked)
    if not known.items() >= result().items():
        raise UserError(
            "the model or its figures on disk are not those that were tracked: `make rebuild` first"
        )
    key = known["content"]
    if registry.find(client, key) is None:
        log.warning("the tracking database does not know this result: tracking it again from files")
    version = _found(client, key)
    if version is None:
        if not known.items() >= made_from().items():  # it would be tracked as made from others
            raise UserError(
                "MLflow has lost this result, and the data, parameters or code are no longer those"
                " that it was made from: `make rebuild` first"
            )
        version = _made(client, key)
    client.set_registered_model_alias(registry.NAME, "challenger", version.version)
    return version


def _code() -> list[Path]:
    """The code by which dvc.yaml tracks a result anew, with the packages that it needs.

    What runs after it makes no other result.
    """
    code = ("stages/", "requirements.txt")
    ours = [ROOT / dep for dep in _track()["deps"] if dep.startswith(code)]
    return sorted(f for path in ours for f in (path.rglob("*.py") if path.is_dir() else [path]))


def _params() -> dict[str, Any]:
    """The parameters by which dvc.yaml tracks a result anew."""
    return OmegaConf.to_container(OmegaConf.masked_copy(config.load(), _track()["params"]))  # type: ignore[return-value]


def _track() -> dict[str, list[str]]:
    """The stage `track` of dvc.yaml."""
    return yaml.safe_load(PIPELINE.read_text())["stages"]["track"]


def _model(client: mlflow.MlflowClient) -> Model:
    """The model on disk; styles that continue the champion's, of its source, take their names."""
    model, champion = models.load(MODELS / "capability"), aliases.find(client, "champion")
    if champion is None or not origin.may_be_of(client, champion, config.load().source):
        return model
    try:
        former = registry.model(champion)
    except UserError as error:
        log.warning("the styles are named without the champion's: %s", error)
        return model
    return replace(model, styles=matched(model.styles, former.styles))


def package(folder: Path, model: Model) -> dict[str, Any]:
    """The arguments of mlflow.pyfunc.log_model; only source code goes along, no caches.

    The metadata hold what the example was answered, to which every loading is held.
    """
    models.save(model, folder / "capability")
    example = interface.example(model.as_of)
    rows = request.transactions(example.to_dict("list"), datetime.now(UTC))
    code = shutil.copytree(
        CODE, folder / "stages", ignore=shutil.ignore_patterns("__pycache__", "ui")
    )
    return {
        "python_model": str(CODE / "serving" / "model.py"),
        "artifacts": {"model": str(folder / "capability"), "holdout": str(MODELS / "holdout")},
        "code_paths": [str(code)],
        "signature": interface.signature(model.as_of),
        "input_example": example,
        "metadata": {RECORDED: answer(model, "unregistered", rows, model.as_of)},
        "pip_requirements": [f"{n}=={importlib.metadata.version(n)}" for n in REQUIREMENTS],
    }


def _environment(folder: Path) -> Path:
    """A file with the version of every installed package."""
    packages = sorted(f"{d.name}=={d.version}" for d in importlib.metadata.distributions())
    file = folder / "environment.txt"
    file.write_text("\n".join(packages) + "\n")
    return file
