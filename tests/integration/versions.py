"""Registers another version of the project's model by hand; run in a copy of the project.

`python -m tests.integration.versions KIND…`: `1.5` has its level times 1.5; `no load`, `no score`
and `other code` are what must never serve. Prints each version's number.
"""

import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from stages.adapters import models, registry
from stages.adapters.paths import MODELS
from stages.serving import registration

BROKEN = {
    "no load": "def load_context(self, context):\n        raise ValueError('secret')",
    "no score": "def load_context(self, context):\n        pass",
}
CODE = """
import mlflow


class Broken(mlflow.pyfunc.PythonModel):
    {method}

    def predict(self, context, model_input, params=None):
        return 1 / 0


mlflow.models.set_model(Broken())
"""


def main(kind: str) -> None:
    """Log it and register it, as `track` does."""
    client = registry.connect()
    model = models.load(MODELS / "capability")
    if kind[0].isdigit():
        model = replace(model, level=model.level * float(kind))
    with TemporaryDirectory() as name:
        package = registration.package(Path(name), model)
        if kind in BROKEN:
            file = Path(name) / "model.py"
            file.write_text(CODE.format(method=BROKEN[kind]))
            package["python_model"] = str(file)
        if kind == "other code":
            package["metadata"]["example_answer"][0]["expected_spend"] *= 1.01
        del package["input_example"]
        version = registry.log(client, kind, {"kind": kind}, {"by_hand": 1}, {}, [], model=package)
    print(f"version={version.version}")


if __name__ == "__main__":
    for kind in sys.argv[1:]:
        main(kind)
