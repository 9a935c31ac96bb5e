"""Capability models on disk: a folder with ensemble.onnx and model.json, no pickle."""

from pathlib import Path

from stages.adapters.files import read_json, write_bytes, write_json
from stages.domain.model import Model


def save(model: Model, folder: Path) -> None:
    """Write `model` into `folder`; the same model gives the same bytes."""
    write_bytes(folder / "ensemble.onnx", model.ensemble)
    write_json(folder / "model.json", model.description())


def load(folder: Path) -> Model:
    """Read the model that `save` wrote."""
    return Model.restore(read_json(folder / "model.json"), (folder / "ensemble.onnx").read_bytes())
