"""The champion as it is served, and how another takes its place while requests go on.

A version is loaded and tried before it is served; one that does not pass leaves the former one
serving and is told as a problem. What is served is swapped by one assignment: a request that has
begun ends with the version that it began with.
"""

import gc
import logging
import sys
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import mlflow
from mlflow.entities.model_registry import ModelVersion
from mlflow.pyfunc import PyFuncModel, scoring_server
from starlette.types import ASGIApp

from stages.adapters import aliases
from stages.domain.errors import UserError
from stages.serving.trial import trial

if TYPE_CHECKING:
    from stages.serving.model import CapabilityModel

log = logging.getLogger(__name__)
AGAIN = 300.0  # seconds until a version that was refused is tried once more


@dataclass(frozen=True)
class Served:
    """One version, ready to answer."""

    version: str
    model: "CapabilityModel"
    loaded: PyFuncModel  # the same model as MLflow asks it
    mlflow_app: ASGIApp  # MLflow's own scoring app around the same model
    loaded_at: datetime

    @classmethod
    def load(cls, version: ModelVersion) -> "Served":
        """Load and try a version; UserError where it does not load, or does not answer well."""
        before = list(sys.path)
        try:
            loaded = trial(version)
        finally:
            sys.path[:] = before  # MLflow adds the version's copy of the code, each time
        app, model = scoring_server.init(loaded), loaded.unwrap_python_model()
        # All that was loaded goes out of the garbage collector's sight: its pauses were long.
        gc.unfreeze()
        gc.collect()
        gc.freeze()
        return cls(str(version.version), model, loaded, app, datetime.now(UTC))


class Champion:
    """What is served under the alias champion."""

    def __init__(self, client: mlflow.MlflowClient) -> None:
        """Load the champion; UserError where there is none that can be served."""
        self._client = client
        self._lock = threading.Lock()
        self._refused: tuple[str, str] | None = None  # the version tried last, and why it fails
        self._again = 0.0  # when it is tried once more: a store of files that did not answer may
        self.problem: str | None = None  # why what the alias names is not what is served
        self.failures = 0  # versions that were refused
        version = aliases.find(client, "champion")
        if version is None:
            raise UserError("there is no champion to serve: run `make promote`")
        self.served = Served.load(version)

    def refresh(self, again: bool = False) -> None:
        """Serve what the alias names now, if it passes its trial; `again`: even if it has failed.

        Never raises: what is served goes on being served, and `problem` says why.
        """
        with self._lock:
            try:
                version = aliases.find(self._client, "champion")
                if version is None:
                    self.problem = "the registry has no champion"
                elif str(version.version) == self.served.version:
                    self.problem = self._refused = None
                elif again or not self._waits(str(version.version)):
                    self._replace(version)
                else:
                    self.problem = self._refused and self._refused[1]
            except Exception as error:
                said = f"the registry does not answer: {type(error).__name__}"
                if said != self.problem:  # once, not at every look
                    log.warning("%s", said)
                self.problem = said

    def _waits(self, version: str) -> bool:
        """Whether it was refused of late."""
        refused = self._refused is not None and self._refused[0] == version
        return refused and time.monotonic() < self._again

    def _replace(self, version: ModelVersion) -> None:
        try:
            self.served = Served.load(version)
        except UserError as error:
            self.problem, refused = str(error), (str(version.version), str(error))
            self._again = time.monotonic() + AGAIN
            if refused != self._refused:  # once, not each time
                self.failures += 1
                log.error("%s; version %s goes on serving", error, self.served.version)
            self._refused = refused
        else:
            self.problem = self._refused = None
            log.info("version %s serves", version.version)
