"""Rollback: the former champion takes the alias back; its scores are published by `score`."""

import logging

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
        former = None if champion is None else aliases.former(client, champion)
        if former is None or champion is None:
            raise UserError("there is no former champion to go back to")
        if not config.forced():
            first = "`make rebuild` with the SET of that source first, or `make rollback FORCE=1`"
            origin.check(client, former, config.load().source, first)
        trial(former)
        aliases.step_back(client, champion, former)
    log.info("version %s is champion again, in place of %s", former.version, champion.version)


if __name__ == "__main__":
    main()
