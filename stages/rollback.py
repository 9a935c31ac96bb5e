"""Rollback: the former champion takes the alias back; its scores are published by `score`."""

import logging

from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion

from stages.adapters import aliases, config, origin, registry
from stages.adapters.files import locked
from stages.adapters.logs import stage
from stages.domain.errors import UserError
from stages.serving.trial import trial

log = logging.getLogger(__name__)


@stage
def main() -> None:
    """Move the alias champion one version back; nothing moves unless that loads and scores.

    The version left is marked: `make promote` and a nightly build do not bring it back.
    """
    client = registry.connect()
    with locked(registry.LOCK):
        champion = aliases.find(client, "champion")
        former = None if champion is None else _former(client, champion)
        if former is None or champion is None:
            raise UserError("there is no former champion to go back to")
        if not config.forced():
            first = "`make rebuild` with the SET of that source first, or `make rollback FORCE=1`"
            origin.check(client, former, config.load().source, first)
        aliases.step_back(client, champion, former)
    log.info("version %s is champion again, in place of %s", former.version, champion.version)


def _former(client: MlflowClient, champion: ModelVersion) -> ModelVersion | None:
    """The champion before; by force, where that does not score, the newest before it that does."""
    for number in aliases.way_back(champion):
        try:
            former = registry.version(client, number)
            trial(former)
        except UserError as error:
            if not config.forced():
                raise UserError(f"{error}; with FORCE=1 to the champion before it") from error
            log.warning("%s", error)
        else:
            return former
    return None


if __name__ == "__main__":
    main()
